import Glibc
import System

/// `ffmpeg` at work on one video: its frames, and its words where there are no more.
final class FFmpegChild {
    /// Why a frame did not come.
    enum Fault: Error, Equatable {
        case cancelled
        case silent(seconds: Double)
        case broken(reason: String)
    }

    /// What the video is.
    var header: NUTHeader { reader.header }
    /// True where ffmpeg knows how long the video is: what is live has no length.
    let hasDuration: Bool
    private let command: FFmpegCommand
    private let process: ChildProcess
    private let pipe: PipeReader
    private let reader: NUTReader
    private var count = 0

    /// How long a stream from the network may say nothing, in seconds.
    private static let patience = 10.0
    /// How long a file may take to give a frame: disks that sleep and broken indexes take theirs.
    private static let patienceWithFiles = 60.0
    /// How long a child that has closed its output may take to say why, in seconds.
    private static let lastWords = 1.0

    /// Starts ffmpeg and reads up to the first frame.
    ///
    /// - Throws: ``CaptureError/cannotOpen(source:reason:)`` or ``CaptureError/cancelled``.
    init(_ command: FFmpegCommand, _ signal: Cancellation) throws(CaptureError) {
        self.command = command
        let name = command.name
        guard let program = command.program ?? FileSystem.program("ffmpeg") else {
            throw .cannotOpen(
                source: name,
                reason: "videos take the ffmpeg program, which is not installed: apt install ffmpeg")
        }
        let process: ChildProcess
        do {
            process = try ChildProcess(
                program, command.arguments, input: command.input == nil ? .nothing : .pipe)
        } catch {
            throw .cannotOpen(source: name, reason: "\(program): \(error)")
        }
        self.process = process
        if let input = command.input {
            // Shorter than what a pipe holds: no wait.
            _ = input.withCString { write(process.input, $0, strlen($0)) }
            process.closeInput()
        }
        let seconds = command.patience ?? (command.isLive ? Self.patience : Self.patienceWithFiles)
        pipe = PipeReader(process.output, signal: signal)
        pipe.patience = UInt64(seconds * 1e9)
        do {
            reader = try NUTReader(pipe)
        } catch {
            let fault = error as? PipeReader.End
            if fault == .cancelled { throw .cancelled }
            if fault == .stalled {
                throw .cannotOpen(source: name, reason: "nothing came for \(seconds.formatted) seconds")
            }
            // What is no NUT is no fault of the video's, and no reason to wait for more of it.
            if fault == nil { process.end() }
            _ = process.wait(until: .after(Self.lastWords), signal)
            if signal.isRaised { throw .cancelled }
            let said = Self.reason(process.lastMessages, command)
            throw .cannotOpen(source: name, reason: said.map(Self.explained) ?? Self.unexplained(error))
        }
        process.drainMessages()
        hasDuration = Self.hasDuration(process.lastMessages)
    }

    /// Fills a frame and returns its time in nanoseconds of the stream; nil at the end.
    func next(into frame: inout Frame, _ signal: Cancellation) throws(Fault) -> Int64? {
        if count % 256 == 0 { process.drainMessages() }
        count += 1
        do {
            guard let time = try reader.next(into: &frame.bytes) else { return nil }
            (frame.width, frame.height) = (header.size.width, header.size.height)
            frame.format = header.format
            frame.encoding = .video
            frame.bytesPerRow = header.size.width
            guard frame.byteCountOfPlanes == frame.bytes.count else {
                throw NUTError("a frame has not the size of the first")
            }
            return time
        } catch PipeReader.End.cancelled {
            throw .cancelled
        } catch PipeReader.End.stalled {
            throw .silent(seconds: Double(pipe.patience ?? 0) * 1e-9)
        } catch {
            // What it says of its end is worth more than what we see of it.
            _ = process.wait(until: .after(0.2), signal)
            throw .broken(reason: reason ?? Self.unexplained(error))
        }
    }

    /// Waits for the child, which has closed its output; nil where it does not end, or the signal came.
    func finish(_ signal: Cancellation) -> ChildProcess.Ending? {
        process.wait(until: .after(Self.lastWords), signal)
    }

    /// What ffmpeg says of why there is no more, without anything secret; nil where it says nothing.
    var reason: String? {
        process.drainMessages()
        return Self.reason(process.lastMessages, command)
    }

    // MARK: - Its words

    /// What ffmpeg says of the source, without its name; where it says nothing of it, the last of what it says.
    static func reason(_ messages: [String], _ command: FFmpegCommand) -> String? {
        let errors = messages.compactMap(Self.error)
        // Of what it was told to take, not of the file; on the line after it says how to get round that.
        if errors.contains(where: { $0.hasPrefix("Stream map") }) { return "there is no video in it" }
        let names = [
            "file:\(command.location): ", "\(command.address?.reveal() ?? command.location): ", "pipe:0: ",
        ]
        var chosen: String?
        for message in errors.reversed() {
            if let name = names.first(where: { message.hasPrefix($0) }) {
                chosen = String(message.dropFirst(name.count))
                break
            }
        }
        return (chosen ?? errors.last).map { command.address?.redacted($0) ?? $0 }
    }

    /// The text of a message that is an error: `[tcp @ 0x55e0] [error] …` or `[fatal] …`.
    private static func error(_ message: String) -> String? {
        for level in ["[error] ", "[fatal] ", "[panic] "] {
            if let range = message.firstRange(of: level) { return String(message[range.upperBound...]) }
        }
        return nil
    }

    /// Adds to ffmpeg's words what they mean where they say little.
    private static func explained(_ reason: String) -> String {
        reason.hasPrefix("Invalid data") ? "ffmpeg finds no video in it: \(reason)" : reason
    }

    private static func unexplained(_ error: any Error) -> String {
        switch error {
        case let error as NUTError: "what ffmpeg sends is no video: \(error.reason)"
        case PipeReader.End.failed(let number): "the pipe from ffmpeg broke: \(Errno(number))"
        default: "ffmpeg finds no video in it"
        }
    }

    /// True where a line such as `Duration: 00:00:10.00, start: …` tells a length, and not `N/A`.
    static func hasDuration(_ messages: [String]) -> Bool {
        messages.contains { message in
            guard let range = message.firstRange(of: "Duration: ") else { return false }
            return message[range.upperBound...].first?.isNumber == true
        }
    }
}
