import Glibc
import System

/// A V4L2 camera, streaming through memory-mapped buffers.
///
/// Format, size and rate are negotiated when it is opened; what the driver took stands in ``mode``. Of the formats
/// that are read natively the best is taken; a camera that has none is read through libv4l's conversion to `yu12`.
package final class Camera: RecoverableSource, @unchecked Sendable {
    // Unchecked: the protocol promises one thread at a time but for cancel(), and Cancellation is safe.

    /// What the driver took.
    package struct Mode: Equatable, Sendable {
        /// How the frames' bytes hold pixels.
        package var format: PixelFormat
        /// Columns and rows.
        package var size: FrameSize
        /// Frames a second; nil where the driver does not say.
        package var rate: Double?
        /// Bytes from row to row, 0 for compressed formats.
        var bytesPerRow: Int
        /// How luma and chroma stand for colours.
        var encoding: ColorEncoding
    }

    /// What there is while the camera is open.
    private struct Running {
        var device: CameraDevice
        var buffers: CameraDevice.Buffers
        var health = StreamHealth()
    }

    /// Which camera it is.
    package private(set) var identity: CameraDescription
    /// What the driver took of what was asked.
    package private(set) var mode: Mode
    private let settings: CameraSettings
    private let signal: Cancellation
    private var running: Running?
    private var count = 0
    /// The cameras that were there beside this one: never taken for this one when it has gone.
    private var others: [CameraDescription]
    /// True where nobody named it: then a camera that is newly plugged in may take its place.
    package var isChosenFreely = false

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
        identity = found
        others = cameras.cameras.filter { $0 != found }
        (running, mode) = try Self.start(found, settings)
    }

    /// Waits for the first frame without taking it.
    package func awaitFrame(seconds: Double) -> WaitOutcome {
        signal.wait(for: running?.device.descriptor, until: .after(seconds))
    }

    /// How long it may give nothing: a camera of one frame in five seconds is not lost after two.
    private var stallTime: UInt64 { Self.stallTime(settings, rate: mode.rate) }

    /// The time asked for, or three frames of the slower of the rates that were asked for and promised.
    package static func stallTime(_ settings: CameraSettings, rate: Double?) -> UInt64 {
        let slowest =
            [settings.frameRate, rate].compactMap { $0 }.filter { $0 > 0 }.min() ?? CameraSettings.usualRate
        return max(settings.stallTime, UInt64(3e9 / max(slowest, 0.001)))
    }

    /// Waits for a whole frame; those that the driver marks as broken are passed over.
    package func next(into frame: inout Frame) throws(CaptureError) -> Bool {
        guard running != nil else { throw .lost(source: name, reason: "it is closed") }
        // Counted from here, not from the last frame: it is no fault of the camera's where we come late.
        let deadline = MonotonicClock.now &+ stallTime
        while true {
            let now = MonotonicClock.now
            guard let running, now < deadline else {
                close()
                let seconds = Double(stallTime) / 1e9
                throw .lost(source: name, reason: "no frame for \(seconds.formatted) seconds")
            }
            switch signal.wait(for: running.device.descriptor, until: Deadline(at: deadline)) {
            case .cancelled: return false
            case .timedOut: continue
            case .ready: break
            }
            if try take(from: running, into: &frame) { return true }
        }
    }

    /// Makes a waiting `next` return false.
    package func cancel() { signal.raise() }

    /// Frames that the driver dropped or broke, said once.
    package func takeChange() -> SourceChange? { running?.health.takeChange() }

    /// Finds the same camera, under whatever number it is now, and starts it again as it was asked for first.
    package func reopen() throws(CaptureError) {
        close()
        do throws(CameraError) {
            let found = try CameraDirectory.find(
                again: identity, name: isChosenFreely ? nil : settings.name, others: others)
            (running, mode) = try Self.start(found, settings)
            identity = found
            others = CameraDirectory.list().cameras.filter { $0 != found }
        } catch .notThere {
            throw .lost(source: name, reason: "it is not there")
        } catch {
            throw error.captureError
        }
    }

    /// What was taken of what was asked, where that is something else: one line each.
    package var notes: [String] {
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

    // MARK: - Frames

    /// Takes a filled buffer's bytes and gives the buffer back; false where there was no whole frame.
    private func take(from running: Running, into frame: inout Frame) throws(CaptureError) -> Bool {
        let device = running.device
        let filled: CameraDevice.Filled
        do throws(CameraDevice.StreamFault) {
            guard let next = try device.dequeue() else {
                // poll(2) and the driver disagree: not worth a full core.
                _ = signal.sleep(until: .after(nanoseconds: 1_000_000))
                return false
            }
            filled = next
        } catch {
            close()
            throw .lost(source: name, reason: Self.reason(error.number))
        }
        let isWhole = copy(filled, of: running, into: &frame)
        do throws(CameraError) {
            try device.queue(filled.index)
        } catch {
            close()
            throw .lost(source: name, reason: error.reason)
        }
        guard isWhole else {
            self.running?.health.count(brokenFrame: filled.sequence)
            return false
        }
        self.running?.health.count(goodFrame: filled.sequence)
        let now = MonotonicClock.now
        count += 1
        frame.number = count
        // A stamp from the future or from long ago is none.
        frame.monotonicTime =
            filled.monotonicTime.flatMap { $0 <= now && now - $0 < 10_000_000_000 ? $0 : nil } ?? now
        frame.sourceTime = frame.monotonicTime
        return true
    }

    private func copy(_ filled: CameraDevice.Filled, of running: Running, into frame: inout Frame) -> Bool {
        guard !filled.isBroken, let bytes = running.device.bytes(of: filled, in: running.buffers),
            let source = bytes.baseAddress
        else { return false }
        frame.format = mode.format
        frame.width = mode.size.width
        frame.height = mode.size.height
        frame.bytesPerRow = mode.bytesPerRow
        frame.encoding = mode.encoding
        let needed = mode.format == .mjpeg ? max(bytes.count, 4) : frame.byteCountOfPlanes
        guard needed > 0, bytes.count >= needed else { return false }
        frame.setByteCount(needed)
        frame.bytes.withUnsafeMutableBytes { $0.baseAddress?.copyMemory(from: source, byteCount: needed) }
        return true
    }

    private static func reason(_ number: Int32) -> String {
        switch number {
        case ENODEV: "it was unplugged"
        case EIO: "the stream failed"
        default: Errno(number).description
        }
    }

    private func close() {
        running?.device.stopStreaming()
        running = nil
    }

    // MARK: - Opening

    private static func start(
        _ camera: CameraDescription, _ settings: CameraSettings
    ) throws(CameraError) -> (Running, Mode) {
        let device = try CameraDevice(path: camera.device)
        device.followSignal()
        let mode = try negotiate(device, settings)
        let buffers = try device.mapBuffers(max(settings.bufferCount, 2))
        for index in 0..<buffers.count { try device.queue(index) }
        try device.startStreaming()
        return (Running(device: device, buffers: buffers), mode)
    }

    private static func negotiate(
        _ device: CameraDevice, _ settings: CameraSettings
    ) throws(CameraError) -> Mode {
        let size = settings.size ?? CameraSettings.usualSize
        let rate = settings.frameRate ?? CameraSettings.usualRate
        let offers = device.formats().compactMap { offer in
            PixelFormat(code: offer.code).map {
                (code: offer.code, format: $0, isConverted: offer.isConverted)
            }
        }
        let wanted = offers.filter { settings.format == nil || $0.format == settings.format }
        let native = wanted.filter { !$0.isConverted }
        let candidates = (native.isEmpty ? wanted : native).map { offer in
            let nearest = device.sizes(of: offer.code).nearest(to: size) ?? size
            return CameraChoice.Candidate(
                code: offer.code, format: offer.format, size: nearest,
                rates: device.rates(of: offer.code, size: nearest))
        }
        guard let choice = CameraChoice.best(of: candidates, size: size, rate: rate) else {
            throw .noFormat(
                path: device.path, offered: device.formats().map { CameraDevice.name(of: $0.code) })
        }
        let given = try device.setPicture(code: choice.code, size: choice.size)
        guard let format = PixelFormat(code: given.code), given.size.isValid else {
            throw .noFormat(path: device.path, offered: [CameraDevice.name(of: given.code)])
        }
        // Some drivers leave the length of a row out.
        let bytesPerRow =
            format.usedBytesPerRow(width: given.size.width).map { max($0, given.bytesPerRow) } ?? 0
        return Mode(
            format: format, size: given.size, rate: device.setRate(rate), bytesPerRow: bytesPerRow,
            encoding: format == .mjpeg ? .jpeg : given.encoding)
    }
}

extension Double {
    /// A rate or time as people write it: 30, 29.97.
    var formatted: String {
        let hundredths = (self * 100).rounded() / 100
        return hundredths == hundredths.rounded() ? "\(Int(hundredths))" : "\(hundredths)"
    }
}
