import DemoPicture
import Glibc
import Imaging
import System

/// Drawn faces that show one emotion after another, moved about the frame: nearer and farther, out of view and back.
///
/// What a frame shows depends on its number alone. A round takes 600 frames: 450 in view, 60 on the way out to the
/// right, 30 without anybody, 60 on the way in from the left. Each of the seven emotions is shown for 64 frames, the
/// last one also on the way out, the first one on the way in.
final class DemoSource: FrameSource, Sendable {
    let name = "demo"
    let width: Int
    let height: Int
    let frameRate: Double?
    private let signal: Cancellation
    private let showing: Guarded<Showing>

    /// How far it is; of one thread at a time.
    private struct Showing {
        let pictures: [PlanarPicture]
        var pacer: Pacer?
        var count = 0
        var scratch = PlanarPicture.Scratch()
    }

    private let interval: UInt64

    /// Decodes the picture and starts at frame 1.
    ///
    /// - Parameters:
    ///   - size: the frame's size.
    ///   - framesPerSecond: the pace.
    ///   - isPaced: false to give frames as fast as they are taken.
    ///   - signal: ends each wait.
    init(
        size: FrameSize, framesPerSecond: Double, isPaced: Bool, signal: Cancellation = Cancellation()
    ) throws(CaptureError) {
        self.signal = signal
        width = size.width
        height = size.height
        frameRate = framesPerSecond
        let pacer = Pacer(framesPerSecond: framesPerSecond)
        interval = pacer.interval
        let pictures = try PlanarPicture.squares(jpeg: DemoPicture.jpeg)
        guard !pictures.isEmpty else { throw .cannotOpen(source: "demo", reason: "its picture is broken") }
        showing = Guarded(Showing(pictures: pictures, pacer: isPaced ? pacer : nil))
    }

    func next(into frame: inout Frame) throws(CaptureError) -> Bool {
        showing.withLock { showing in
            guard let due = showing.pacer.wait(signal) else { return false }
            showing.count += 1
            let number = showing.count
            frame.monotonicTime = due
            frame.number = number
            frame.sourceTime = UInt64(number - 1) &* interval
            frame.width = width
            frame.height = height
            let shown = showing.pictures[Self.square(ofFrame: number) % showing.pictures.count]
            shown.draw(placement(ofFrame: number), into: &frame, scratch: &showing.scratch)
            return true
        }
    }

    func cancel() { signal.raise() }

    /// Frames of a round.
    static let round = 600
    /// Frames for which one emotion is shown.
    static let framesPerEmotion = 64
    /// Between the eyes in a square of 240 pixels.
    private static let face = (x: 120.0, y: 144.0)

    /// Which square a frame shows, `number` counting from 1: the first one is there when the face comes in.
    private static func square(ofFrame number: Int) -> Int {
        let step = (number - 1) % round
        return step < 540 ? min(6, step / framesPerEmotion) : 0
    }

    /// Where the picture lies in a frame, `number` counting from 1.
    private func placement(ofFrame number: Int) -> PlanarPicture.Placement {
        let step = Double((number - 1) % Self.round)
        func wave(_ period: Double) -> Double { sin(2 * .pi * step / period) }
        let away: Double =
            switch step {
            case ..<450: 0
            case ..<510: (step - 450) / 60
            case ..<540: 1
            default: (step - 600) / 60
            }
        // A face of some 120 pixels in the square; at 640×480 from 110 to 190.
        let scale = (1.42 + 0.36 * wave(300)) * Double(height) / 480
        let x = Double(width) * (0.5 + 0.2 * wave(200) + 1.6 * away)
        let y = Double(height) * (0.42 + 0.08 * wave(150))
        return PlanarPicture.Placement(
            left: x - Self.face.x * scale, top: y - Self.face.y * scale, scale: scale)
    }
}
