import System

/// The times of a stream's frames, brought to the clock that all frames have.
struct FramePacer {
    /// A frame that by its time is to come so much later than the one before is shown after this long, in nanoseconds.
    static let longestPause: UInt64 = 2_000_000_000
    /// How far a live stream's clock may be from ours before it is set anew.
    static let largestDrift: UInt64 = 1_000_000_000

    private var first: Int64?
    private var previous: Int64 = 0
    private var due: UInt64 = 0

    /// Forgets the stream: another begins, with times of its own.
    mutating func restart() { first = nil }

    /// Nanoseconds from the first frame to this one.
    mutating func place(of time: Int64) -> UInt64 {
        let first = self.first ?? time
        self.first = first
        return time > first ? UInt64(clamping: time &- first) : 0
    }

    /// Waits until a frame's turn has come, at the stream's own pace; long pauses are cut short, and after a pause of
    /// ours the pace goes on from now instead of catching up.
    ///
    /// - Returns: when it was due, on the monotonic clock, or nil where the signal was raised.
    mutating func wait(for time: Int64, _ signal: Cancellation) -> UInt64? {
        let now = MonotonicClock.now
        if first == nil || due == 0 { due = now } else { due = due &+ step(to: time) }
        first = first ?? time
        previous = time
        if now >= due &+ 1_000_000_000 { due = now }
        guard signal.sleep(until: Deadline(at: due)) else { return nil }
        return due
    }

    /// When a live frame was taken, on the monotonic clock: never later than now.
    mutating func liveTime(of time: Int64) -> UInt64 {
        let now = MonotonicClock.now
        if first == nil { due = now } else { due = due &+ step(to: time) }
        first = first ?? time
        previous = time
        if due > now || now - due > Self.largestDrift {
            due = now
        } else {
            // A clock that is slower than ours must not make frames older and older.
            due += (now - due) / 32
        }
        return due
    }

    private func step(to time: Int64) -> UInt64 {
        let step = time > previous ? UInt64(clamping: time &- previous) : 0
        return min(step, Self.longestPause)
    }
}
