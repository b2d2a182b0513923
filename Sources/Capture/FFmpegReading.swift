import System

/// A video as its frames are read, by one thread at a time.
struct FFmpegReading {
    /// What others may ask while a frame is waited for.
    struct Facts: Sendable {
        var name: String
        var width = 0
        var height = 0
        var frameRate: Double?
        /// True for what comes from the network and has no end of its own.
        var canComeBack: Bool
        /// True for a video of one frame.
        var givesStills = false
        /// True where colours were left out on purpose.
        var leavesOutColors = false
    }

    private var command: FFmpegCommand
    private let isPaced: Bool
    private let signal: Cancellation
    private let facts: Guarded<Facts>
    private var child: FFmpegChild?
    private var pacer = FramePacer()
    private var count = 0
    private var framesOfThisChild = 0
    /// The last frame's time by the source's clock.
    private var lastTime: UInt64 = 0
    /// What was read of a file before it was asked for: whether there is more than one frame shows with the second.
    private var ahead: [Ahead] = []

    private enum Ahead {
        case frame(Frame, time: Int64)
        case end
        case fault(FFmpegChild.Fault)
    }

    /// Reads nothing yet; what becomes of the video stands in `facts`.
    init(
        _ command: FFmpegCommand, isPaced: Bool, _ signal: Cancellation, _ facts: Guarded<Facts>
    ) {
        (self.command, self.isPaced, self.signal, self.facts) = (command, isPaced, signal, facts)
    }

    private var name: String { command.name }
    private var canComeBack: Bool { facts.withLock { $0.canComeBack } }

    mutating func next(into frame: inout Frame) throws(CaptureError) -> Bool {
        guard let child, !signal.isRaised else {
            stop()
            return false
        }
        let time: Int64
        do throws(FFmpegChild.Fault) {
            if isPaced, !canComeBack, let later = pacer.readingTime {
                _ = signal.sleep(until: Deadline(at: later))
            }
            let start = MonotonicClock.now
            time = try nextTime(of: child, into: &frame) ?? .min
            pacer.note(readingTook: MonotonicClock.now - start)
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

    /// Ends the child and starts another one, from another place where one is given.
    mutating func reopen(_ new: FFmpegCommand?) throws(CaptureError) {
        stop()
        if let new {
            command = new
            facts.withLock { $0.name = new.name }
        }
        try start()
    }

    /// Starts the child and reads as far as the video's size, and of a file its first two frames.
    mutating func start() throws(CaptureError) {
        let child = try FFmpegChild(command, signal)
        self.child = child
        let header = child.header
        let rate = header.frameRate.map { min($0, command.frameRate ?? $0) } ?? command.frameRate
        let canComeBack = command.isLive && !child.hasDuration
        facts.withLock { facts in
            (facts.width, facts.height) = (header.size.width, header.size.height)
            (facts.frameRate, facts.canComeBack) = (rate, canComeBack)
        }
        framesOfThisChild = 0
        pacer.restart()
        if command.address == nil, !command.isLive { try lookAhead(child) }
    }

    private mutating func lookAhead(_ child: FFmpegChild) throws(CaptureError) {
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
        if case .end? = ahead.last, ahead.count == 2 { facts.withLock { $0.givesStills = true } }
    }

    /// The next frame and its time in the stream; nil at the end.
    private mutating func nextTime(
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
    private mutating func end(of child: FFmpegChild) throws(CaptureError) -> Bool {
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

    /// Ends the child.
    mutating func stop() { child = nil }
}
