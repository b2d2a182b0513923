import Glibc
import Synchronization
import System

/// A moment by two clocks, as events carry it: for people UTC to the millisecond, which somebody may set while the
/// program runs; for programs the monotonic clock, which only goes on.
package struct EventTime: Hashable, Sendable {
    /// Milliseconds since 1970-01-01T00:00:00Z.
    package var milliseconds: Int64
    /// Nanoseconds of `CLOCK_MONOTONIC`, or of a clip's own time where that is played as fast as possible.
    package var monotonic: UInt64

    /// A moment given by its milliseconds since 1970, from the years 0 to 9999; others are moved to the nearest.
    package init(milliseconds: Int64, monotonic: UInt64 = 0) {
        self.milliseconds = max(-62_167_219_200_000, min(253_402_300_799_999, milliseconds))
        self.monotonic = monotonic
    }

    /// The present by the system's clocks.
    package static var now: EventTime {
        EventTime(milliseconds: wallMilliseconds, monotonic: MonotonicClock.now)
    }

    /// When a frame was taken, by the monotonic clock, and when that was by the wall clock as it is set now.
    package static func of(monotonic: UInt64) -> EventTime {
        let now = MonotonicClock.now
        let age = now > monotonic ? min(now - monotonic, 1_000_000_000_000_000) : 0
        return EventTime(
            milliseconds: wallMilliseconds - Int64(age / 1_000_000), monotonic: min(monotonic, now))
    }

    /// The clock that somebody may set.
    private static var wallMilliseconds: Int64 {
        var time = timespec()
        clock_gettime(CLOCK_REALTIME, &time)
        return Int64(time.tv_sec) * 1000 + Int64(time.tv_nsec) / 1_000_000 + WallClock.offset
    }

    /// Year, month and day of the proleptic Gregorian calendar.
    ///
    /// Howard Hinnant, "chrono-Compatible Low-Level Date Algorithms", `civil_from_days`: eras of 400 years that begin
    /// on the first of March.
    var date: (year: Int, month: Int, day: Int) {
        let days = Int(floorDivide(milliseconds, 86_400_000)) + 719_468
        let era = Int(floorDivide(Int64(days), 146_097))
        let dayOfEra = days - era * 146_097
        let yearOfEra = (dayOfEra - dayOfEra / 1460 + dayOfEra / 36524 - dayOfEra / 146_096) / 365
        let dayOfYear = dayOfEra - (365 * yearOfEra + yearOfEra / 4 - yearOfEra / 100)
        let month = (5 * dayOfYear + 2) / 153
        let day = dayOfYear - (153 * month + 2) / 5 + 1
        let civilMonth = month < 10 ? month + 3 : month - 9
        return (yearOfEra + era * 400 + (civilMonth <= 2 ? 1 : 0), civilMonth, day)
    }

    /// Milliseconds since midnight.
    var millisecondOfDay: Int {
        Int(milliseconds - floorDivide(milliseconds, 86_400_000) * 86_400_000)
    }

    private func floorDivide(_ value: Int64, _ divisor: Int64) -> Int64 {
        let quotient = value / divisor
        return value % divisor < 0 ? quotient - 1 : quotient
    }
}

/// The clock of the wall, which a test can set without touching the machine's.
package enum WallClock {
    private static let shift = Atomic<Int64>(0)

    /// Milliseconds by which it is set forward.
    package static var offset: Int64 {
        get { shift.load(ordering: .relaxed) }
        set { shift.store(newValue, ordering: .relaxed) }
    }
}
