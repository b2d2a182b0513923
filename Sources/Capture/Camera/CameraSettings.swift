/// What is asked of a camera.
package struct CameraSettings: Equatable, Sendable {
    /// Which camera: a device, a name in `/dev/v4l/by-id`, a part of the card's name; nil for the first.
    package var name: String?
    /// The size asked for; the nearest that is offered is taken.
    package var size: FrameSize?
    /// Frames a second asked for.
    package var frameRate: Double?
    /// The format, where it is not to be chosen by what size and rate it allows.
    package var format: PixelFormat?
    /// Buffers that the driver fills while others are read; drivers give more where they need more.
    package var bufferCount = 4
    /// How long a running camera may give nothing before it counts as lost, in nanoseconds.
    package var stallTime: UInt64 = 2_000_000_000

    /// The size taken where none is asked for.
    package static let usualSize = FrameSize(width: 640, height: 480)
    /// The rate taken where none is asked for.
    package static let usualRate = 30.0

    /// Asks for a camera by name, or for the first one.
    package init(
        name: String? = nil, size: FrameSize? = nil, frameRate: Double? = nil, format: PixelFormat? = nil
    ) {
        self.name = name
        self.size = size
        self.frameRate = frameRate
        self.format = format
    }
}

extension CameraSettings {
    /// How long a camera may give nothing, in nanoseconds: the time asked for, or three frames of the slower of the rates
    /// that were asked for and promised.
    package func stallTime(atRate promised: Double?) -> UInt64 {
        let slowest = [frameRate, promised].compactMap { $0 }.filter { $0 > 0 }.min() ?? Self.usualRate
        return max(stallTime, UInt64(3e9 / max(slowest, 0.001)))
    }
}

extension Double {
    /// A rate or time as people write it: 30, 29.97.
    var formatted: String {
        let hundredths = (self * 100).rounded() / 100
        return hundredths == hundredths.rounded() ? "\(Int(hundredths))" : "\(hundredths)"
    }
}
