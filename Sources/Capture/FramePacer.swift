import System

/// Brings the times of a stream's frames to the monotonic clock, which all frames have.
package struct FramePacer {
    /// The longest wait between two frames, in nanoseconds: a larger gap in the stream's times is cut to
    /// this.
    static let longestPause: UInt64 = 2_000_000_000
    /// How far a live stream's clock may lag behind ours before it is set anew, in nanoseconds.
    static let largestLag: UInt64 = 250_000_000
    /// How often a stream may lag: more often, and its clock is not used any more.
    static let bearableLags = 2

    private var first: Int64?
    private var previous: Int64 = 0
    private var due: UInt64 = 0
    private var lags = 0
    /// From the frame before to the last one that was waited for, in nanoseconds.
    private var pause: UInt64 = 0
    /// Whether the last frame was there as soon as it was read.
    private var comesEasily = false

    /// A stream of which no frame has come.
    package init() {}

    /// Forgets the stream: another begins, with times of its own.
    package mutating func restart() { (first, lags, pause, comesEasily) = (nil, 0, 0, false) }

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
    package mutating func wait(for time: Int64, _ signal: Cancellation) -> UInt64? {
        let now = MonotonicClock.now
        if first == nil || due == 0 {
            (due, pause) = (now, 0)
        } else {
            pause = step(to: time)
            due = due &+ pause
        }
        first = first ?? time
        previous = time
        if now >= due &+ 1_000_000_000 { due = now }
        guard signal.sleep(until: Deadline(at: due)) else { return nil }
        return due
    }

    /// When the frame after the one that was waited for is best read: halfway to its turn. Reading wakes the decoder for one
    /// more frame, which would take the processor, and its caches, from those who work on the last one. Nil to read at
    /// once: a frame that took long to come leaves no time to waste.
    package var readingTime: UInt64? { comesEasily ? due &+ pause / 2 : nil }

    /// Says how long it took to read a frame, in nanoseconds.
    package mutating func note(readingTook duration: UInt64) { comesEasily = duration < pause / 4 }

    /// When a live frame was taken, on the monotonic clock: by the stream's steps from frame to frame, never later than
    /// now. A stream whose steps lag again and again has no clock of its own, as Motion JPEG over HTTP, to which ffmpeg
    /// gives 25 frames a second whatever comes: then a frame is taken when it comes.
    ///
    /// - Parameters:
    ///   - time: the frame's time in the stream, in nanoseconds.
    ///   - now: the monotonic clock.
    package mutating func liveTime(of time: Int64, at now: UInt64 = MonotonicClock.now) -> UInt64 {
        if first == nil || lags > Self.bearableLags { due = now } else { due = due &+ step(to: time) }
        first = first ?? time
        previous = time
        if due > now {
            due = now
        } else if now - due > Self.largestLag {
            due = now
            lags += 1
        } else {
            // A clock that is a little slower than ours must not make frames older and older.
            due += (now - due) / 32
        }
        return due
    }

    private func step(to time: Int64) -> UInt64 {
        let step = time > previous ? UInt64(clamping: time &- previous) : 0
        return min(step, Self.longestPause)
    }
}
