import System

/// A file or folder that begins again when it ends, until it is cancelled: numbers and times go on.
final class LoopingSource: FrameSource {
    let name: String
    let width: Int
    let height: Int
    let frameRate: Double?
    let givesStills: Bool
    let leavesOutColors: Bool
    private let signal: Cancellation
    private let isPaced: Bool
    private let open: @Sendable () throws(CaptureError) -> any FrameSource
    private let state: Guarded<State>

    fileprivate struct State {
        var source: any FrameSource
        /// What the frames of this round count from.
        var frames = 0
        var time: UInt64 = 0
        var lastNumber = 0
        var lastTime: UInt64 = 0
        var gaveFrames = false
        /// When the last frame was given, on the monotonic clock.
        var given: UInt64 = 0
    }

    /// Repeats what `open` opens, of which the first is open already.
    init(
        _ first: any FrameSource, isPaced: Bool, _ signal: Cancellation,
        open: @escaping @Sendable () throws(CaptureError) -> any FrameSource
    ) {
        name = first.name
        width = first.width
        height = first.height
        frameRate = first.frameRate
        givesStills = first.givesStills
        leavesOutColors = first.leavesOutColors
        self.isPaced = isPaced
        self.signal = signal
        self.open = open
        state = Guarded(State(source: first))
    }

    func next(into frame: inout Frame) throws(CaptureError) -> Bool {
        while true {
            let source = state.withLock { $0.source }
            if try source.next(into: &frame) {
                state.withLock { $0.shift(&frame) }
                return true
            }
            // A source without a frame would be opened again and again.
            guard !signal.isRaised, state.withLock({ $0.gaveFrames }) else { return false }
            let again = try open()
            // The first frame follows on the last as others do: else a video of one frame would be opened without a pause.
            let interval = UInt64(1e9 / max(frameRate ?? 30, 0.01))
            let due = state.withLock { state in
                state.begin(again, interval: interval)
                return Deadline(at: state.given &+ interval)
            }
            if isPaced, !signal.sleep(until: due) { return false }
        }
    }

    func cancel() {
        signal.raise()
        state.withLock { $0.source }.cancel()
    }

    func takeChange() -> SourceChange? { state.withLock { $0.source }.takeChange() }
}

extension LoopingSource.State {
    fileprivate mutating func shift(_ frame: inout Frame) {
        frame.number += frames
        frame.sourceTime &+= time
        (lastNumber, lastTime, gaveFrames) = (frame.number, frame.sourceTime, true)
        given = MonotonicClock.now
    }

    fileprivate mutating func begin(_ again: any FrameSource, interval: UInt64) {
        source = again
        (frames, time, gaveFrames) = (lastNumber, lastTime &+ interval, false)
    }
}
