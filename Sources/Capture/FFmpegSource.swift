import Glibc
import System

/// A video file or network stream, decoded by the `ffmpeg` program as a child that hands over raw frames with their
/// own times.
///
/// A child and no library within this process: a decoder that crashes or hangs on what a stranger sends is ended like
/// any other child (see `docs/decisions/ffmpeg.md`). Files are held to their own pace unless asked for speed; live
/// streams come as they come.
package final class FFmpegSource: RecoverableSource, @unchecked Sendable {
    // Unchecked: the protocol promises one thread at a time but for cancel(), and Cancellation is safe.

    package var name: String { command.name }
    package private(set) var width = 0
    package private(set) var height = 0
    package private(set) var frameRate: Double?
    /// True for what comes from the network and has no end of its own.
    package private(set) var canComeBack: Bool
    private var command: FFmpegCommand
    private let isPaced: Bool
    private let signal: Cancellation
    private var child: FFmpegChild?
    private var pacer = FramePacer()
    private var count = 0
    private var framesOfThisChild = 0
    /// The last frame's time by the source's clock.
    private var lastTime: UInt64 = 0
    /// What was read of a file before it was asked for: whether there is more than one frame shows with the second.
    private var ahead: [Ahead] = []
    /// True for a video of one frame.
    package private(set) var givesStills = false

    private enum Ahead {
        case frame(Frame, time: Int64)
        case end
        case fault(FFmpegChild.Fault)
    }

    /// Starts the child and reads as far as the video's size.
    ///
    /// - Parameters:
    ///   - command: what is asked of the child.
    ///   - isPaced: false to read a file as fast as frames are taken.
    ///   - signal: ends each wait, that for the first frame too.
    /// - Throws: ``CaptureError/cannotOpen(source:reason:)`` without `ffmpeg`, or with its own words where it
    ///   can't read the video; ``CaptureError/cancelled`` where the signal came first.
    package init(
        _ command: FFmpegCommand, isPaced: Bool, signal: Cancellation = Cancellation()
    ) throws(CaptureError) {
        self.command = command
        self.isPaced = isPaced
        self.signal = signal
        canComeBack = command.isLive
        try start()
    }

    package func next(into frame: inout Frame) throws(CaptureError) -> Bool {
        guard let child, !signal.isRaised else {
            stop()
            return false
        }
        let time: Int64
        do throws(FFmpegChild.Fault) {
            time = try nextTime(of: child, into: &frame) ?? .min
        } catch {
            stop()
            switch error {
            case .cancelled: return false
            case .silent(let seconds):
                throw canComeBack
                    ? .lost(source: name, reason: "nothing came for \(seconds.formatted) seconds")
                    : .invalidData(source: name, reason: "nothing came for \(seconds.formatted) seconds")
            case .broken(let reason):
                throw canComeBack
                    ? .lost(source: name, reason: reason) : .invalidData(source: name, reason: reason)
            }
        }
        if time == .min { return try end(of: child) }
        count += 1
        framesOfThisChild += 1
        frame.number = count
        if canComeBack {
            // By the stream's clock, as far as it goes with ours.
            frame.monotonicTime = pacer.liveTime(of: time)
            frame.sourceTime = frame.monotonicTime
            return true
        }
        frame.sourceTime = max(lastTime, pacer.place(of: time))
        lastTime = frame.sourceTime
        guard isPaced else {
            frame.monotonicTime = MonotonicClock.now
            return true
        }
        guard let due = pacer.wait(for: time, signal) else {
            stop()
            return false
        }
        frame.monotonicTime = due
        return true
    }

    package func reopen() throws(CaptureError) {
        stop()
        try start()
    }

    /// The same from another place, as a camera's under another number.
    func reopen(_ command: FFmpegCommand) throws(CaptureError) {
        stop()
        self.command = command
        try start()
    }

    /// Ends the child.
    func close() { stop() }

    package func cancel() { signal.raise() }

    private func start() throws(CaptureError) {
        let child = try FFmpegChild(command, signal)
        self.child = child
        let header = child.header
        (width, height) = (header.size.width, header.size.height)
        frameRate = header.frameRate.map { min($0, command.frameRate ?? $0) } ?? command.frameRate
        canComeBack = command.isLive && !child.hasDuration
        framesOfThisChild = 0
        pacer.restart()
        if command.address == nil, !command.isLive { try lookAhead(child) }
    }

    private func lookAhead(_ child: FFmpegChild) throws(CaptureError) {
        ahead = []
        while ahead.count < 2 {
            var frame = Frame()
            do throws(FFmpegChild.Fault) {
                if let time = try child.next(into: &frame, signal) {
                    ahead.append(.frame(frame, time: time))
                    continue
                }
                ahead.append(.end)
            } catch .cancelled {
                throw .cancelled
            } catch {
                ahead.append(.fault(error))
            }
            break
        }
        if case .end? = ahead.last, ahead.count == 2 { givesStills = true }
    }

    /// The next frame and its time in the stream; nil at the end.
    private func nextTime(
        of child: FFmpegChild, into frame: inout Frame
    ) throws(FFmpegChild.Fault) -> Int64? {
        guard !ahead.isEmpty else { return try child.next(into: &frame, signal) }
        switch ahead.removeFirst() {
        case .frame(let early, let time):
            frame = early
            return time
        case .end: return nil
        case .fault(let fault): throw fault
        }
    }

    /// The stream's end: fine for a file where the child says so too; what is live has none.
    private func end(of child: FFmpegChild) throws(CaptureError) -> Bool {
        let ending = child.finish(signal)
        let reason = child.reason
        stop()
        if signal.isRaised { return false }
        if canComeBack { throw .lost(source: name, reason: reason ?? "the stream ended") }
        switch ending {
        case .status(0): return false
        case .status:
            throw .invalidData(
                source: name,
                reason: "ffmpeg stopped after \(framesOfThisChild) frames: \(reason ?? "it said nothing")")
        case .signal(let number):
            throw .invalidData(
                source: name, reason: "ffmpeg was ended by signal \(number) after \(framesOfThisChild) frames"
            )
        case nil:
            throw .invalidData(
                source: name,
                reason: "ffmpeg closed its output after \(framesOfThisChild) frames and did not end")
        }
    }

    private func stop() { child = nil }
}

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
