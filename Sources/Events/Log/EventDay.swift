import Glibc

/// A day of the machine's own calendar, as logs are named by it: `2026-11-23`.
public struct EventDay: Hashable, Comparable, Sendable, CustomStringConvertible {
    /// `2026-11-23`.
    public let description: String

    /// The day of a moment, in the machine's time zone.
    public init(of time: EventTime) {
        var seconds = time_t(time.milliseconds / 1000)
        var parts = tm()
        localtime_r(&seconds, &parts)
        func digits(_ number: Int32, _ count: Int) -> String {
            let text = String(number)
            return String(repeating: "0", count: max(0, count - text.count)) + text
        }
        description =
            "\(digits(parts.tm_year + 1900, 4))-\(digits(parts.tm_mon + 1, 2))-\(digits(parts.tm_mday, 2))"
    }

    /// Reads `2026-11-23`; nil for anything else.
    public init?(_ text: String) {
        let parts = text.split(separator: "-", omittingEmptySubsequences: false)
        guard parts.map(\.count) == [4, 2, 2], parts.joined().allSatisfy({ $0.isASCII && $0.isNumber }),
            let month = Int(parts[1]), (1...12).contains(month), let day = Int(parts[2]),
            (1...31).contains(day)
        else { return nil }
        description = text
    }

    /// In the order of the calendar.
    public static func < (first: EventDay, second: EventDay) -> Bool {
        first.description < second.description
    }

    /// The day so many days before.
    func before(days: Int, now: EventTime) -> EventDay {
        EventDay(of: EventTime(milliseconds: now.milliseconds - Int64(days) * 86_400_000))
    }
}
