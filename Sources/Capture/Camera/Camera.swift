import Glibc
import System

/// A V4L2 camera, streaming through memory-mapped buffers.
///
/// Format, size and rate are negotiated when it is opened; what the driver took stands in ``mode``. Of the formats
/// that are read natively the best is taken; a camera that has none is read through libv4l's conversion to `yu12`.
package final class Camera: RecoverableSource {
    private let settings: CameraSettings
    private let signal: Cancellation
    private let facts: Guarded<CameraReading.Facts>
    private let reading: Guarded<CameraReading>

    /// Which camera it is.
    package var identity: CameraDescription { facts.withLock { $0.identity } }
    /// What the driver took of what was asked.
    package var mode: NegotiatedMode { facts.withLock { $0.mode } }
    /// True where nobody named it: then a camera that is newly plugged in may take its place.
    package var isChosenFreely: Bool {
        get { facts.withLock { $0.isChosenFreely } }
        set { facts.withLock { $0.isChosenFreely = newValue } }
    }

    /// `/dev/videoN`.
    package var name: String { identity.device }
    /// Columns of a frame.
    package var width: Int { mode.size.width }
    /// Rows of a frame.
    package var height: Int { mode.size.height }
    /// Frames a second that the driver promised.
    package var frameRate: Double? { mode.rate }
    /// A camera may be plugged in again.
    package var canComeBack: Bool { true }

    /// The cameras of this machine, and why other video devices could not be looked at.
    package static func listing() -> (cameras: [CameraDescription], failures: [CaptureError]) {
        let listing = CameraDirectory.list()
        return (listing.cameras, listing.failures.map(\.captureError))
    }

    /// Every camera, by its number; those that may not be looked at are left out.
    package static func list() -> [CameraDescription] { listing().cameras }

    /// The formats, sizes and rates that the driver offers itself, without what libv4l would make of them.
    package static func modes(of camera: CameraDescription) throws(CaptureError) -> [CameraMode] {
        do throws(CameraError) {
            let device = try CameraDevice(path: camera.device)
            return device.formats().filter { !$0.isConverted }.flatMap { offer in
                device.sizes(of: offer.code).listed.map { size in
                    CameraMode(
                        format: CameraDevice.name(of: offer.code), size: size,
                        rates: device.rates(of: offer.code, size: size))
                }
            }
        } catch {
            throw error.captureError
        }
    }

    /// Opens a camera and starts it.
    ///
    /// - Throws: ``CameraError`` with what is wrong and what to do about it.
    package convenience init(_ settings: CameraSettings) throws(CameraError) {
        try self.init(settings, signal: Cancellation())
    }

    /// The same, with the signal that ends each wait for a frame.
    package init(_ settings: CameraSettings, signal: Cancellation) throws(CameraError) {
        self.settings = settings
        self.signal = signal
        let cameras = CameraDirectory.list()
        let found = try CameraDirectory.find(settings.name, in: cameras)
        let (running, mode) = try CameraReading.start(found, settings)
        facts = Guarded(
            CameraReading.Facts(
                identity: found, mode: mode, others: cameras.cameras.filter { $0 != found }))
        reading = Guarded(CameraReading(running, settings, signal, facts))
    }

    /// Waits for the first frame without taking it.
    package func awaitFrame(seconds: Double) -> WaitOutcome {
        reading.withLock { $0.awaitFrame(seconds: seconds) }
    }

    /// Waits for a whole frame; those that the driver marks as broken are passed over.
    package func next(into frame: inout Frame) throws(CaptureError) -> Bool {
        try reading.withLock { reading throws(CaptureError) in try reading.next(into: &frame) }
    }

    /// Makes a waiting `next` return false.
    package func cancel() { signal.raise() }

    /// Frames that the driver dropped or broke, said once.
    package func takeChange() -> SourceChange? { reading.withLock { $0.takeChange() } }

    /// Finds the same camera, under whatever number it is now, and starts it again as it was asked for first.
    package func reopen() throws(CaptureError) {
        try reading.withLock { reading throws(CaptureError) in try reading.reopen() }
    }

    /// What was taken of what was asked, where that is something else: one line each.
    package var notes: [String] {
        let (name, mode) = (name, mode)
        var notes: [String] = []
        if let size = settings.size, size != mode.size {
            notes.append("\(name) does not offer \(size): taking \(mode.size)")
        }
        if let wish = settings.frameRate, let rate = mode.rate, abs(rate - wish) > 0.01 * wish {
            notes.append(
                "\(name) does not offer \(wish.formatted) frames/s at \(mode.size): taking \(rate.formatted)")
        }
        return notes
    }
}
