/// What is asked of a camera.
public struct CameraSettings: Equatable, Sendable {
    /// Which camera: a device, a name in `/dev/v4l/by-id`, a part of the card's name; nil for the first.
    public var name: String?
    /// The size asked for; the nearest that is offered is taken.
    public var size: FrameSize?
    /// Frames a second asked for.
    public var frameRate: Double?
    /// The format, where it is not to be chosen by what size and rate it allows.
    public var format: PixelFormat?
    /// Buffers that the driver fills while others are read; drivers give more where they need more.
    public var bufferCount = 4
    /// How long a running camera may give nothing before it counts as lost, in nanoseconds.
    public var stallTime: UInt64 = 2_000_000_000

    /// The size taken where none is asked for.
    public static let usualSize = FrameSize(width: 640, height: 480)
    /// The rate taken where none is asked for.
    public static let usualRate = 30.0

    /// Asks for a camera by name, or for the first one.
    public init(
        name: String? = nil, size: FrameSize? = nil, frameRate: Double? = nil, format: PixelFormat? = nil
    ) {
        self.name = name
        self.size = size
        self.frameRate = frameRate
        self.format = format
    }
}
