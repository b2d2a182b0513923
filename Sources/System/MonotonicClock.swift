import Glibc

/// The one clock of frames and waits: `CLOCK_MONOTONIC`, which nobody can set.
package enum MonotonicClock {
    /// Nanoseconds since some moment before the program began.
    package static var now: UInt64 {
        var time = timespec()
        clock_gettime(CLOCK_MONOTONIC, &time)
        return UInt64(clamping: time.tv_sec) &* 1_000_000_000 &+ UInt64(clamping: time.tv_nsec)
    }

    /// The same in seconds.
    package static var seconds: Double { Double(now) * 1e-9 }
}

/// A point in time at which a wait ends.
package struct Deadline: Equatable, Sendable {
    /// Nanoseconds of the monotonic clock; the largest number is never.
    package let time: UInt64

    /// At a time of the monotonic clock, in nanoseconds.
    package init(at time: UInt64) { self.time = time }

    /// A wait without an end: only for what a ``Cancellation`` or a lock's owner surely ends.
    package static let never = Deadline(at: .max)

    /// So many seconds from now; less than none is now.
    package static func after(_ seconds: Double) -> Deadline {
        // 292 years in nanoseconds are as good as never.
        seconds > 9e9 ? .never : after(nanoseconds: seconds > 0 ? UInt64(seconds * 1e9) : 0)
    }

    /// So many nanoseconds from now.
    package static func after(nanoseconds: UInt64) -> Deadline {
        let (time, overflows) = MonotonicClock.now.addingReportingOverflow(nanoseconds)
        return overflows ? .never : Deadline(at: time)
    }

    /// True once it has come.
    package var isOver: Bool { self != .never && MonotonicClock.now >= time }

    /// Nanoseconds left; 0 once it is over, the largest number for never.
    package var remaining: UInt64 {
        guard self != .never else { return .max }
        let now = MonotonicClock.now
        return time > now ? time - now : 0
    }

    /// Seconds left.
    package var seconds: Double { self == .never ? .infinity : Double(remaining) * 1e-9 }

    /// The earlier of two.
    package func or(_ other: Deadline) -> Deadline { time < other.time ? self : other }
}

/// Pauses between tries that grow from one to the next, up to a longest.
package struct Backoff: Equatable, Sendable {
    private let first: Double
    private let longest: Double
    private let factor: Double
    private var current: Double

    /// Pauses in seconds: the first, the longest, and how much longer each is than the one before.
    package init(first: Double, longest: Double, factor: Double) {
        (self.first, self.longest, self.factor) = (first, longest, factor)
        current = first
    }

    /// The pause before the next try, in seconds.
    package mutating func next() -> Double {
        defer { current = min(longest, current * factor) }
        return current
    }

    /// Begins again with the first pause, after a try that succeeded.
    package mutating func reset() { current = first }
}
