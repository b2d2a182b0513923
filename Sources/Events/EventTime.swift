import Glibc

/// A moment in UTC to the millisecond, as events carry it: `2026-11-23T20:15:30.123Z`.
public struct EventTime: Hashable, Sendable {
    /// Milliseconds since 1970-01-01T00:00:00Z.
    public var milliseconds: Int64

    /// A moment given by its milliseconds since 1970, from the years 0 to 9999; others are moved to the nearest.
    public init(milliseconds: Int64) {
        self.milliseconds = max(-62_167_219_200_000, min(253_402_300_799_999, milliseconds))
    }

    /// The present by the system's clock.
    public static var now: EventTime {
        var time = timespec()
        clock_gettime(CLOCK_REALTIME, &time)
        return EventTime(milliseconds: Int64(time.tv_sec) * 1000 + Int64(time.tv_nsec) / 1_000_000)
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
