import System

/// Holds frames that could come faster to their rate.
struct Pacer {
    /// Nanoseconds from one frame to the next.
    let interval: UInt64
    private var due: UInt64?

    /// Paces to so many frames a second; rates outside 0.001…1000 are taken as the nearest of these.
    init(framesPerSecond: Double) {
        interval = UInt64(1e9 / min(max(framesPerSecond, 0.001), 1000))
    }

    /// Waits until the next frame is due; after a pause the pace goes on from now instead of catching up.
    ///
    /// - Returns: when the frame was due, on the monotonic clock, or nil where the signal was raised.
    mutating func wait(_ signal: Cancellation) -> UInt64? {
        let now = MonotonicClock.now
        guard let due, now < due &+ 1_000_000_000 else {
            self.due = now &+ interval
            return signal.isRaised ? nil : now
        }
        guard signal.sleep(until: Deadline(at: due)) else { return nil }
        self.due = due &+ interval
        return due
    }
}

extension Pacer? {
    /// The same; without a pace a frame is due at once.
    mutating func wait(_ signal: Cancellation) -> UInt64? {
        guard self != nil else { return signal.isRaised ? nil : MonotonicClock.now }
        return self?.wait(signal)
    }
}
