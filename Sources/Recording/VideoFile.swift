import Capture
import Glibc
import Imaging
import System

/// A video that the `ffmpeg` program makes of raw frames; its ending says in which format.
///
/// It grows at its place, which was free before, and can be played as far as it is written: whatever ends it, the
/// recording so far is kept. Frames of another size begin another file.
final class VideoFile: FrameTarget {
    private let path: String
    private let program: String
    private let frameRate: Double
    private let patience: EncoderPatience
    private let cancellation: Cancellation
    private let say: @Sendable (String) -> Void
    private var part: Part?
    private var parts = 0

    /// One file, and the encoder that writes it.
    private struct Part {
        let path: String
        let encoder: ChildProcess
        let size: (width: Int, height: Int)
        var clock = RecordingClock()
    }

    /// - Parameters:
    ///   - frameRate: of formats that can't have the frames' own times.
    ///   - encoder: the program; ffmpeg in PATH where nil.
    ///   - patience: how long it may take no frame, or take to end, before it is given up.
    ///   - cancellation: ends every wait.
    ///   - say: told of what a person may want to know.
    init(
        path: String, frameRate: Double, encoder: String?, patience: EncoderPatience,
        cancellation: Cancellation,
        say: @escaping @Sendable (String) -> Void
    ) throws(RecordingError) {
        self.path = path
        self.frameRate = frameRate
        self.patience = patience
        self.cancellation = cancellation
        self.say = say
        guard let program = encoder ?? FileSystem.program("ffmpeg") else {
            throw .cannotWrite(
                path: path, reason: "there is no ffmpeg: install the Debian package ffmpeg, or name a folder")
        }
        self.program = program
        let folder = FileSystem.folder(of: path)
        guard access(folder, W_OK | X_OK) == 0 else {
            throw .cannotWrite(path: path, reason: "its folder: \(Errno.last.description)")
        }
    }

    func write(_ image: ColorImage, _ frame: Frame) throws(RecordingError) {
        if let part, part.size != (image.width, image.height) { try finish() }
        if part == nil { try begin(image) }
        guard let time = part?.clock.time(of: frame.sourceTime) else { return }
        try send(RawMatroska.frameHeader(time: time, byteCount: image.pixels.count))
        try send(image.pixels)
        part?.encoder.drainMessages()
    }

    private func begin(_ image: ColorImage) throws(RecordingError) {
        let place: String
        do throws(Errno) {
            place = try NewFile.make(path)
        } catch {
            throw .cannotWrite(path: path, reason: error.description)
        }
        if parts > 0 {
            say("frames are \(image.width)x\(image.height) now: recording goes on in \(place)")
        } else if place != path {
            say("\(path) is there already: recording to \(place)")
        }
        do throws(Errno) {
            let encoder = try ChildProcess(
                program, VideoEncoding.arguments(path: place, frameRate: frameRate), input: .pipe,
                output: .nothing)
            _ = fcntl(encoder.input, F_SETFL, fcntl(encoder.input, F_GETFL) | O_NONBLOCK)
            part = Part(path: place, encoder: encoder, size: (image.width, image.height))
        } catch {
            NewFile.removeIfEmpty(place)
            throw .cannotWrite(path: path, reason: "ffmpeg: \(error.description)")
        }
        parts += 1
        try send(RawMatroska.header(width: image.width, height: image.height))
    }

    private func send(_ bytes: [UInt8]) throws(RecordingError) {
        guard let part else { return }
        var sent = 0
        while sent < bytes.count {
            let count = bytes.withUnsafeBytes {
                Glibc.write(part.encoder.input, $0.baseAddress?.advanced(by: sent), $0.count - sent)
            }
            if count > 0 {
                sent += count
                continue
            }
            let error = Errno.last
            guard error == .tryAgain || error == .interrupted else { throw failure(part) }
            part.encoder.drainMessages()
            let wait = patience.wait(for: part.encoder) { deadline in
                let outcome = cancellation.wait(for: part.encoder.input, .writing, until: deadline)
                return outcome == .timedOut ? nil : outcome
            }
            switch wait.outcome {
            case .cancelled: throw stuck(part, "there was no time left for the encoder")
            case nil: throw stuck(part, "ffmpeg has taken no frame for \(wait.seconds) seconds")
            default: continue
            }
        }
    }

    func finish() throws(RecordingError) {
        guard let part else { return }
        part.encoder.closeInput()
        let wait = patience.wait(for: part.encoder) { deadline -> ChildProcess.Ending?? in
            let ending = part.encoder.wait(until: deadline, cancellation)
            return ending == nil && !cancellation.isRaised ? nil : .some(ending)
        }
        guard let ending = wait.outcome ?? nil else { throw stuck(part, "ffmpeg does not end") }
        guard ending == .status(0) else { throw failure(part) }
        self.part = nil
    }

    func abandon() {
        guard let part else { return }
        part.encoder.end()
        NewFile.removeIfEmpty(part.path)
        self.part = nil
    }

    private func stuck(_ part: Part, _ reason: String) -> RecordingError {
        .cannotWrite(path: part.path, reason: "\(reason): what is written is kept")
    }

    /// Why, in ffmpeg's words: its first line, because those after it tell what came of that.
    private func failure(_ part: Part) -> RecordingError {
        let ending = part.encoder.end(grace: 0.5)
        var line = part.encoder.lastMessages.first ?? "it ended before the video did (\(ending.words))"
        // "[libx264 @ 0x55d0]" before it names a part of ffmpeg.
        if line.hasPrefix("["), let end = line.firstRange(of: "] ") { line = String(line[end.upperBound...]) }
        let reason = line.replacing("file:\(part.path)", with: part.path)
        var status = stat()
        let isKept = stat(part.path, &status) == 0 && status.st_size > 0
        return .cannotWrite(
            path: part.path, reason: "ffmpeg: \(reason)\(isKept ? ": what is written is kept" : "")")
    }
}

extension ChildProcess.Ending {
    /// How it ended, for a message.
    fileprivate var words: String {
        switch self {
        case .status(let number): "exit status \(number)"
        case .signal(let number): "signal \(number)"
        }
    }
}

/// The time of a recording: the source's own, without the gaps in which it was away.
struct RecordingClock {
    private var last: (source: UInt64, recording: UInt64)?

    /// A gap in the frames longer than this, in nanoseconds, is left out.
    private static let longestGap: UInt64 = 2_000_000_000
    /// What is put in its place, and where a source begins its time anew.
    private static let usualStep: UInt64 = 33_333_333

    /// Nanoseconds from the recording's first frame, always more than before; nil for a frame that was written already.
    mutating func time(of source: UInt64) -> UInt64? {
        guard let last else {
            self.last = (source, 0)
            return 0
        }
        guard source != last.source else { return nil }
        let isGap = source < last.source || source - last.source > Self.longestGap
        let time = last.recording + (isGap ? Self.usualStep : source - last.source)
        self.last = (source, time)
        return time
    }
}
