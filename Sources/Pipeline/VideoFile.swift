import Capture
import Foundation
import Imaging
import System

/// A video that the `ffmpeg` program makes of raw frames; its ending says in which format.
///
/// Written beside its place and renamed when it is whole.
final class VideoFile: FrameTarget {
    private let path: String
    private let unfinished: String
    private let program: String
    private let frameRate: Double
    private var encoder: Process?
    private var input: FileHandle?
    private var messages: Pipe?
    private var size = (width: 0, height: 0)
    private var firstTime: UInt64?
    private var written = 0

    /// A gap in the frames longer than this, in seconds, is left out of the video.
    private static let longestGap = 2.0

    init(path: String, frameRate: Double) throws(RecordingError) {
        self.path = path
        self.frameRate = frameRate
        let name = path as NSString
        unfinished = "\(name.deletingPathExtension).part.\(name.pathExtension)"
        guard let program = Self.find("ffmpeg") else {
            throw .cannotWrite(
                path: path, reason: "there is no ffmpeg: install the Debian package ffmpeg, or name a folder")
        }
        self.program = program
        let folder = name.deletingLastPathComponent
        guard access(folder.isEmpty ? "." : folder, W_OK | X_OK) == 0 else {
            throw .cannotWrite(path: path, reason: "its folder: \(Errno.last.description)")
        }
    }

    func write(_ image: ColorImage, _ frame: Frame) throws(RecordingError) {
        if encoder == nil { try start(image) }
        // A camera that came back with another size can't go on in the same video.
        guard image.width == size.width, image.height == size.height else { return }
        for _ in 0..<copies(until: frame.sourceTime) { try send(image) }
    }

    /// How often a frame must be written so that the video's time is the source's.
    private func copies(until time: UInt64) -> Int {
        guard let first = firstTime, time >= first else {
            firstTime = time &- UInt64(Double(written) / frameRate * 1e9)
            return 1
        }
        let due = Int((Double(time - first) * 1e-9 * frameRate).rounded()) + 1
        guard due - written <= Int(Self.longestGap * frameRate) + 1 else {
            firstTime = time &- UInt64(Double(written) / frameRate * 1e9)
            return 1
        }
        return max(0, due - written)
    }

    private func start(_ image: ColorImage) throws(RecordingError) {
        size = (image.width, image.height)
        let encoder = Process()
        encoder.executableURL = URL(fileURLWithPath: program)
        encoder.arguments =
            ["-hide_banner", "-loglevel", "error", "-y", "-f", "rawvideo", "-pix_fmt", "rgb24"]
            + ["-s", "\(image.width)x\(image.height)", "-r", "\(frameRate)", "-i", "pipe:0", "-an"]
            // Most players want even sides and halved chroma.
            + ["-vf", "crop=trunc(iw/2)*2:trunc(ih/2)*2", "-pix_fmt", "yuv420p", "file:\(unfinished)"]
        let (input, messages) = (Pipe(), Pipe())
        encoder.standardInput = input
        encoder.standardOutput = FileHandle.nullDevice
        encoder.standardError = messages
        do {
            try encoder.run()
        } catch {
            throw .cannotWrite(path: path, reason: "ffmpeg: \(error.localizedDescription)")
        }
        self.encoder = encoder
        self.input = input.fileHandleForWriting
        self.messages = messages
    }

    private func send(_ image: ColorImage) throws(RecordingError) {
        guard let descriptor = input?.fileDescriptor else { return }
        var sent = 0
        while sent < image.pixels.count {
            let count = image.pixels.withUnsafeBytes {
                Glibc.write(descriptor, $0.baseAddress?.advanced(by: sent), $0.count - sent)
            }
            if count < 0, errno != EINTR { throw failure() }
            sent += max(0, count)
        }
        written += 1
    }

    func finish() throws(RecordingError) {
        guard let encoder else { return }
        try? input?.close()
        input = nil
        encoder.waitUntilExit()
        guard encoder.terminationStatus == 0 else { throw failure() }
        guard rename(unfinished, path) == 0 else {
            throw .cannotWrite(path: path, reason: Errno.last.description)
        }
        self.encoder = nil
    }

    func abandon() {
        try? input?.close()
        if let encoder, encoder.isRunning { encoder.terminate() }
        unlink(unfinished)
    }

    /// Why, in ffmpeg's words: its first line, because those after it tell what came of that.
    private func failure() -> RecordingError {
        if let encoder, encoder.isRunning { encoder.terminate() }
        let text =
            messages.map { String(decoding: $0.fileHandleForReading.availableData, as: UTF8.self) } ?? ""
        var line = text.split(whereSeparator: \.isNewline).first ?? "it ended before the video did"
        // "[libx264 @ 0x55d0]" before it names a part of ffmpeg.
        if line.hasPrefix("["), let end = line.firstRange(of: "] ") { line = line[end.upperBound...] }
        let reason = line.replacingOccurrences(of: "file:\(unfinished)", with: path)
        return .cannotWrite(path: path, reason: "ffmpeg: \(reason)")
    }

    private static func find(_ program: String) -> String? {
        let folders = ProcessInfo.processInfo.environment["PATH"] ?? "/usr/local/bin:/usr/bin:/bin"
        return folders.split(separator: ":").map { "\($0)/\(program)" }.first { access($0, X_OK) == 0 }
    }
}
