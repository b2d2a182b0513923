import Glibc
import System

/// A video file or network stream, decoded by the `ffmpeg` program as a child that hands over raw frames.
///
/// The child gives YUV4MPEG2 with 4:2:0 chroma at a constant rate; it reads files at their own pace (`-re`) unless
/// asked for speed, and live streams as they come.
final class FFmpegSource: RecoverableSource, @unchecked Sendable {
    // Unchecked: the protocol promises one thread at a time but for cancel(), and Cancellation is safe.

    /// What is asked of the child.
    struct Settings: Equatable, Sendable {
        /// A path or a URL.
        var location: String
        /// The size to scale to, or nil for the video's own.
        var size: FrameSize?
        /// The rate to convert to, or nil for the video's own.
        var frameRate: Double?
        /// False to read as fast as frames are taken.
        var isPaced = true

        /// True for what is sent live and may come back after it ended: `rtsp://…`, `udp://…` and the like.
        var isLive: Bool {
            ["rtsp", "rtsps", "rtmp", "rtmps", "rtp", "udp", "tcp", "srt", "mms"].contains(scheme)
        }

        private var scheme: String {
            guard let range = location.firstRange(of: "://") else { return "file" }
            return location[..<range.lowerBound].lowercased()
        }

        /// The child's command line.
        var arguments: [String] {
            var words = ["-nostdin", "-hide_banner", "-loglevel", "error"]
            if isPaced && !isLive { words.append("-re") }
            // Without the prefix a name such as "a:b.mp4" or "-x.mp4" would be taken for something else.
            words += ["-i", scheme == "file" && !location.contains("://") ? "file:\(location)" : location]
            words += ["-map", "0:v:0", "-an", "-sn", "-dn"]
            if let size { words += ["-vf", "scale=\(size.width):\(size.height)"] }
            if let frameRate { words += ["-r", "\(frameRate)"] }
            return words + ["-pix_fmt", "yuv420p", "-f", "yuv4mpegpipe", "pipe:1"]
        }
    }

    let name: String
    private(set) var width = 0
    private(set) var height = 0
    private(set) var frameRate: Double?
    let canComeBack: Bool
    private let settings: Settings
    private let signal = Cancellation()
    private var child: ChildProcess?
    private var stream: YUV4MPEGReader?
    private var count = 0
    private var framesOfThisChild = 0

    /// How long a stream from the network may say nothing, in nanoseconds.
    private static let patience: UInt64 = 10_000_000_000
    /// How long a child that has closed its output may take to say why, in seconds.
    private static let lastWords = 2.0

    /// Starts the child and reads as far as the video's size.
    ///
    /// - Throws: ``CaptureError/cannotOpen(source:reason:)`` without `ffmpeg`, or with its own words where it
    ///   can't read the video.
    init(_ settings: Settings) throws(CaptureError) {
        self.settings = settings
        name = settings.location
        canComeBack = settings.isLive
        try start()
    }

    func next(into frame: inout Frame) throws(CaptureError) -> Bool {
        guard let stream, let child else { return false }
        // What is buffered would keep it from waiting, and so from seeing the signal.
        guard !signal.isRaised else {
            stop()
            return false
        }
        do {
            guard try stream.next(into: &frame) else { return try end(of: child) }
        } catch let error as PipeReader.End {
            switch error {
            case .cancelled:
                stop()
                return false
            case .stalled:
                stop()
                throw .lost(source: name, reason: "nothing came for \(Self.patience / 1_000_000_000) seconds")
            case .ended, .failed, .tooLong:
                stop()
                throw .lost(source: name, reason: "the pipe from ffmpeg broke")
            }
        } catch {
            stop()
            throw .invalidData(source: name, reason: "what ffmpeg sends is no video")
        }
        if count % 256 == 0 { child.drainMessages() }
        count += 1
        framesOfThisChild += 1
        frame.number = count
        frame.monotonicTime = MonotonicClock.now
        frame.sourceTime = UInt64(Double(count - 1) * 1e9 / (frameRate ?? 25))
        return true
    }

    func reopen() throws(CaptureError) {
        stop()
        try start()
    }

    func cancel() { signal.raise() }

    private func start() throws(CaptureError) {
        guard let program = FileSystem.program("ffmpeg") else {
            throw .cannotOpen(
                source: name,
                reason: "videos take the ffmpeg program, which is not installed: apt install ffmpeg")
        }
        do {
            let child = try ChildProcess(program, settings.arguments)
            self.child = child
            let reader = PipeReader(child.output, signal: signal)
            if settings.location.contains("://") { reader.patience = Self.patience }
            let stream = try YUV4MPEGReader(reader)
            self.stream = stream
            width = stream.header.size.width
            height = stream.header.size.height
            frameRate = stream.header.frameRate
            framesOfThisChild = 0
        } catch let error as Errno {
            throw .cannotOpen(source: name, reason: "\(program): \(error.description)")
        } catch PipeReader.End.stalled {
            stop()
            throw .cannotOpen(
                source: name, reason: "nothing came for \(Self.patience / 1_000_000_000) seconds")
        } catch {
            _ = child?.wait(until: .after(Self.lastWords), signal)
            let said = child.flatMap(message)
            stop()
            guard let said else { throw .cannotOpen(source: name, reason: "ffmpeg finds no video in it") }
            let isNoVideo = said.hasPrefix("Invalid data")
            throw .cannotOpen(
                source: name, reason: isNoVideo ? "ffmpeg finds no video in it: \(said)" : said)
        }
    }

    /// What ffmpeg says of the source, without its name; where it says nothing of it, the last of what it says.
    private func message(of child: ChildProcess) -> String? {
        let messages = child.lastMessages
        let prefixes = ["file:\(name): ", "\(name): "]
        for message in messages.reversed() {
            for prefix in prefixes where message.hasPrefix(prefix) {
                return String(message.dropFirst(prefix.count))
            }
        }
        // Of what it was told to take, not of the file; on the line after it says how to get round that.
        if messages.contains(where: { $0.hasPrefix("Stream map") }) { return "there is no video in it" }
        return messages.last
    }

    /// The stream's end: fine where the child says so too.
    private func end(of child: ChildProcess) throws(CaptureError) -> Bool {
        let ending = child.wait(until: .after(Self.lastWords), signal)
        let reason = message(of: child)
        stop()
        if settings.isLive { throw .lost(source: name, reason: reason ?? "the stream ended") }
        if ending == .status(0) || ending == nil { return false }
        throw .invalidData(
            source: name,
            reason: "ffmpeg stopped after \(framesOfThisChild) frames: \(reason ?? "it said nothing")")
    }

    private func stop() {
        child?.end()
        child = nil
        stream = nil
    }
}
