import System

/// A camera that gives nothing but compressed video, such as H.264: ffmpeg takes it from the driver and decodes it.
package final class CompressedCamera: RecoverableSource {
    private struct State: Sendable {
        var identity: CameraDescription
        /// The cameras that were there beside this one: never taken for this one when it has gone.
        var others: [CameraDescription]
        /// True where nobody named it: then a camera that is newly plugged in may take its place.
        var isChosenFreely = false
    }

    private let settings: CameraSettings
    private let turn: FrameTurn
    private let isGray: Bool
    private let input: CameraInput?
    private let patience: Double?
    private let signal: Cancellation
    private let stream: FFmpegSource
    private let state: Guarded<State>

    /// True where nobody named it: then a camera that is newly plugged in may take its place.
    var isChosenFreely: Bool {
        get { state.withLock { $0.isChosenFreely } }
        set { state.withLock { $0.isChosenFreely = newValue } }
    }

    /// The formats that ffmpeg decodes, by V4L2's four characters.
    private static let formats = [
        "H264": "h264", "MPG4": "mpeg4", "HEVC": "hevc", "VP80": "vp8", "VP90": "vp9",
    ]

    /// True where ffmpeg decodes one of the formats, named by their four characters.
    package static func canRead(_ offered: [String]) -> Bool { offered.contains { formats[$0] != nil } }

    /// Opens a camera.
    ///
    /// - Parameters:
    ///   - settings: which one, and what is asked of it.
    ///   - turn: how its picture is turned.
    ///   - isGray: true where nobody will see the colours: luma alone comes.
    ///   - input: what to ask the driver for; nil for the first format that it offers and ffmpeg decodes.
    ///   - patience: seconds that ffmpeg may say nothing; nil for what it may of a stream.
    ///   - signal: ends each wait.
    /// - Throws: ``CaptureError``.
    package init(
        _ settings: CameraSettings, turn: FrameTurn = FrameTurn(), isGray: Bool = false,
        input: CameraInput? = nil, patience: Double? = nil, signal: Cancellation = Cancellation()
    ) throws(CaptureError) {
        (self.settings, self.turn, self.input, self.signal) = (settings, turn, input, signal)
        (self.isGray, self.patience) = (isGray, patience)
        let cameras = CameraDirectory.list()
        let found: CameraDescription
        do throws(CameraError) {
            found = try CameraDirectory.find(settings.name, in: cameras)
        } catch {
            throw error.captureError
        }
        state = Guarded(State(identity: found, others: cameras.cameras.filter { $0 != found }))
        stream = try FFmpegSource(
            Self.command(found, settings, turn, isGray: isGray, input, patience), isPaced: false,
            signal: signal)
    }

    package var name: String { state.withLock { $0.identity.device } }
    package var width: Int { stream.width }
    package var height: Int { stream.height }
    package var frameRate: Double? { stream.frameRate }
    package var leavesOutColors: Bool { stream.leavesOutColors }
    /// A camera may be plugged in again.
    package var canComeBack: Bool { true }

    /// How it is read, to be said once.
    package var note: String { "\(name) gives compressed video alone: ffmpeg decodes it" }

    package func next(into frame: inout Frame) throws(CaptureError) -> Bool { try stream.next(into: &frame) }

    package func cancel() { signal.raise() }

    package func reopen() throws(CaptureError) {
        stream.close()
        let old = state.withLock { $0 }
        let found: CameraDescription
        do throws(CameraError) {
            found = try CameraDirectory.find(
                again: old.identity, name: old.isChosenFreely ? nil : settings.name, others: old.others)
        } catch .notThere {
            throw .lost(source: name, reason: "it is not there")
        } catch {
            throw error.captureError
        }
        try stream.reopen(Self.command(found, settings, turn, isGray: isGray, input, patience))
        let others = CameraDirectory.list().cameras.filter { $0 != found }
        state.withLock { ($0.identity, $0.others) = (found, others) }
    }

    private static func command(
        _ camera: CameraDescription, _ settings: CameraSettings, _ turn: FrameTurn, isGray: Bool,
        _ input: CameraInput?, _ patience: Double?
    ) throws(CaptureError) -> FFmpegCommand {
        var command = FFmpegCommand(location: camera.device)
        (command.turn, command.isGray) = (turn, isGray)
        command.patience = patience
        if let input {
            command.camera = input
            return command
        }
        do throws(CameraError) {
            // Closed again before ffmpeg opens it.
            let device = try CameraDevice(path: camera.device)
            let offers = device.formats().filter { !$0.isConverted }
            let wish = settings.size ?? CameraSettings.usualSize
            for offer in offers {
                guard let format = formats[CameraDevice.name(of: offer.code)] else { continue }
                command.camera = CameraInput(
                    format: format, size: device.sizes(of: offer.code).nearest(to: wish) ?? wish,
                    frameRate: settings.frameRate ?? CameraSettings.usualRate)
                return command
            }
            throw .noFormat(path: camera.device, offered: offers.map { CameraDevice.name(of: $0.code) })
        } catch {
            throw error.captureError
        }
    }
}
