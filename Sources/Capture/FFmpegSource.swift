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
