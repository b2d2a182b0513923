import Glibc
import System

/// What a camera's driver took of what was asked.
package struct NegotiatedMode: Equatable, Sendable {
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

/// A camera as its frames are read, by one thread at a time.
struct CameraReading {
    /// What others may ask while a frame is waited for.
    struct Facts: Sendable {
        var identity: CameraDescription
        var mode: NegotiatedMode
        /// The cameras that were there beside this one: never taken for this one when it has gone.
        var others: [CameraDescription]
        /// True where nobody named it.
        var isChosenFreely = false
    }

    /// What there is while the camera is open.
    struct Running {
        var device: CameraDevice
        var buffers: CameraDevice.Buffers
        var health = StreamHealth()
    }

    private let settings: CameraSettings
    private let signal: Cancellation
    private let facts: Guarded<Facts>
    private var running: Running?
    private var count = 0

    /// Reads from a camera that was started; what becomes of it stands in `facts`.
    init(
        _ running: Running, _ settings: CameraSettings, _ signal: Cancellation, _ facts: Guarded<Facts>
    ) {
        (self.running, self.settings, self.signal, self.facts) = (running, settings, signal, facts)
    }

    private var name: String { facts.withLock { $0.identity.device } }
    private var mode: NegotiatedMode { facts.withLock { $0.mode } }

    func awaitFrame(seconds: Double) -> WaitOutcome {
        signal.wait(for: running?.device.descriptor, until: .after(seconds))
    }

    mutating func takeChange() -> SourceChange? { running?.health.takeChange() }

    mutating func next(into frame: inout Frame) throws(CaptureError) -> Bool {
        guard running != nil else { throw .lost(source: name, reason: "it is closed") }
        // Counted from here, not from the last frame: it is no fault of the camera's where we come late. A camera of one
        // frame in five seconds is not lost after two.
        let stallTime = settings.stallTime(atRate: mode.rate)
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

    mutating func reopen() throws(CaptureError) {
        close()
        let known = facts.withLock { $0 }
        do throws(CameraError) {
            let found = try CameraDirectory.find(
                again: known.identity, name: known.isChosenFreely ? nil : settings.name, others: known.others)
            let mode: NegotiatedMode
            (running, mode) = try Self.start(found, settings)
            let others = CameraDirectory.list().cameras.filter { $0 != found }
            facts.withLock { ($0.identity, $0.mode, $0.others) = (found, mode, others) }
        } catch .notThere {
            throw .lost(source: known.identity.device, reason: "it is not there")
        } catch {
            throw error.captureError
        }
    }

    // MARK: - Frames

    /// Takes a filled buffer's bytes and gives the buffer back; false where there was no whole frame.
    private mutating func take(from running: Running, into frame: inout Frame) throws(CaptureError) -> Bool {
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
            let refusal = CameraError.claiming(name, call: "VIDIOC_DQBUF", number: error.number)
            throw .lost(source: name, reason: refusal.reasonWhileStreaming)
        }
        let isWhole = copy(filled, of: running, into: &frame)
        do throws(CameraError) {
            try device.queue(filled.index)
        } catch {
            close()
            throw .lost(source: name, reason: error.reasonWhileStreaming)
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
        let mode = mode
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

    private mutating func close() {
        running?.device.stopStreaming()
        running = nil
    }

    // MARK: - Opening

    /// Opens a camera and has the driver fill buffers.
    ///
    /// - Throws: ``CameraError``.
    static func start(
        _ camera: CameraDescription, _ settings: CameraSettings
    ) throws(CameraError) -> (Running, NegotiatedMode) {
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
    ) throws(CameraError) -> NegotiatedMode {
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
        return NegotiatedMode(
            format: format, size: given.size, rate: device.setRate(rate), bytesPerRow: bytesPerRow,
            encoding: format == .mjpeg ? .jpeg : given.encoding)
    }
}
