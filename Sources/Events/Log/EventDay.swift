import Glibc

/// A day of the machine's own calendar, as logs are named by it: `2026-11-23`.
package struct EventDay: Hashable, Comparable, Sendable, CustomStringConvertible {
    /// `2026-11-23`.
    package let description: String

    /// The day of a moment, in the machine's time zone.
    package init(of time: EventTime) {
        var seconds = time_t(time.milliseconds / 1000)
        var parts = tm()
        localtime_r(&seconds, &parts)
        self.init(parts)
    }

    private init(_ parts: tm) {
        func digits(_ number: Int32, _ count: Int) -> String {
            let text = String(number)
            return String(repeating: "0", count: max(0, count - text.count)) + text
        }
        description =
            "\(digits(parts.tm_year + 1900, 4))-\(digits(parts.tm_mon + 1, 2))-\(digits(parts.tm_mday, 2))"
    }

    /// Reads `2026-11-23`; nil for anything else.
    package init?(_ text: String) {
        let parts = text.split(separator: "-", omittingEmptySubsequences: false)
        guard parts.map(\.count) == [4, 2, 2], parts.joined().allSatisfy({ $0.isASCII && $0.isNumber }),
            let month = Int(parts[1]), (1...12).contains(month), let day = Int(parts[2]),
            (1...31).contains(day)
        else { return nil }
        description = text
    }

    /// In the order of the calendar.
    package static func < (first: EventDay, second: EventDay) -> Bool {
        first.description < second.description
    }

    /// The day so many days before, by the calendar: one of 23 or 25 hours, where clocks are set, is a day like others.
    package func before(days: Int) -> EventDay {
        let numbers = description.split(separator: "-").compactMap { Int32($0) }
        guard numbers.count == 3 else { return self }
        var parts = tm()
        (parts.tm_year, parts.tm_mon, parts.tm_mday) = (numbers[0] - 1900, numbers[1] - 1, numbers[2])
        var seconds = timegm(&parts) - min(max(0, days), 1_000_000) * 86_400
        gmtime_r(&seconds, &parts)
        return EventDay(parts)
    }
}
