import Events
import Faces
import Foundation

/// The page of a day: when faces came, what they showed, and the longest smile.
package struct DayPage {
    private let record: DayRecord
    private let calendar: Calendar
    /// The hours with visits and those between them, each with its visits.
    private let visitsByHour: [(hour: Date, visits: [Visit])]

    /// Faces in view at once that have a part of their hour's row each; those beyond share the last one.
    private static let mostLanes = 3
    /// Nobody stands before a camera for longer, in seconds: the rest is a clock that was set, or a broken log.
    private static let longestSpan = 7 * 86_400.0
    /// Stretches that the timeline shows one by one; beyond these it shows a stretch a minute, for a page that opens.
    private static let mostSpans = 4000

    /// - Parameter timeZone: that of the times shown.
    package init(_ record: DayRecord, timeZone: TimeZone = .current) {
        self.record = record
        var calendar = Calendar(identifier: .gregorian)
        calendar.timeZone = timeZone
        self.calendar = calendar
        visitsByHour = Self.byHour(record.visits, calendar)
    }

    /// The page as one file of HTML.
    package var html: String {
        guard let first = record.visits.first, let range = record.range else {
            return Page(
                title: "Faces of a day", lead: "No face was seen.", body: remarks
            ).html
        }
        let seconds = record.visits.reduce(0) { $0 + $1.seconds }
        let shares = Self.shares(of: record.visits)
        let most = Emotion.allCases.max { (shares[$0] ?? 0) < (shares[$1] ?? 0) } ?? .neutral
        let count = record.visits.count
        var lead =
            "\(visits(count)), \(spokenDuration(seconds)) in view, mostly \(most)."
        if let smile = longestSmile {
            lead +=
                " The longest smile lasted \(spokenDuration(smile.span.seconds)), at \(time(smile.span.start)) on face "
                + "\(smile.visit.face)."
        }
        let body =
            "<section><h2>Visits an hour</h2>\(hours)</section>"
            + "<section><h2>Shares</h2><p class='note'>Of the time in which faces were in view.</p>"
            + EmotionChart.shares("share of each emotion", shares) + EmotionPattern.legend() + "</section>"
            + "<section><h2>Timeline</h2><p class='note'>A row an hour; "
            + (isCrowded
                ? "each minute with the emotion shown most in it."
                : "visits at the same time stand below one another.") + "</p>\(timeline)</section>"
            + "<section><h2>Hour by hour</h2>\(table)</section>" + remarks
        let lastDay = date(range.upperBound)
        let firstDay = date(first.start)
        let title = "Faces of \(firstDay)" + (firstDay == lastDay ? "" : " to \(lastDay)")
        return Page(title: title, lead: lead, body: body).html
    }

    /// In which share of the time in view each emotion was reported.
    static func shares(of visits: [Visit]) -> [Emotion: Double] {
        var seconds: [Emotion: Double] = [:]
        for visit in visits {
            for span in visit.spans { seconds[span.emotion, default: 0] += max(span.seconds, 0.001) }
        }
        let total = max(seconds.values.reduce(0, +), 1e-9)
        return seconds.mapValues { $0 / total }
    }

    /// The longest stretch in which a face was called happy.
    package var longestSmile: (visit: Visit, span: Visit.Span)? {
        var best: (visit: Visit, span: Visit.Span)?
        for visit in record.visits {
            for span in visit.spans where span.emotion == .happy && span.seconds > best?.span.seconds ?? 0 {
                best = (visit, span)
            }
        }
        return best
    }

    // MARK: - Parts

    private static func byHour(_ visits: [Visit], _ calendar: Calendar) -> [(hour: Date, visits: [Visit])] {
        // Visits are in order: a calendar is asked once an hour, not once a visit.
        var known: DateInterval?
        let groups = Dictionary(grouping: visits) { visit in
            let instant = visit.start.instant
            if let known, known.start <= instant, instant < known.end { return known.start }
            known = calendar.dateInterval(of: .hour, for: instant)
            return known?.start ?? instant
        }
        guard var hour = groups.keys.min(), let last = groups.keys.max() else { return [] }
        var result: [(hour: Date, visits: [Visit])] = []
        // Weeks of hours make no chart that can be read: only those with visits, then.
        guard last.timeIntervalSince(hour) < 72 * 3600 else {
            return groups.sorted { $0.key < $1.key }.map { ($0.key, $0.value) }
        }
        while hour <= last {
            result.append((hour, groups[hour] ?? []))
            hour = calendar.date(byAdding: .hour, value: 1, to: hour) ?? last.addingTimeInterval(1)
        }
        return result
    }

    private var hours: String {
        let hours = visitsByHour
        // Every label where there is room, else every second, third, …
        let step = max(1, (hours.count + 13) / 14)
        return EmotionChart.columns(
            "visits in each hour",
            hours.enumerated().map { index, hour in
                let count = hour.visits.count
                let name = clock(hour.hour)
                return (
                    label: index % step == 0 ? String(name.prefix(2)) : "", value: count,
                    words: "from \(name): \(visits(count))"
                )
            })
    }

    private var isCrowded: Bool { record.visits.reduce(0) { $0 + $1.spans.count } > Self.mostSpans }

    /// A row an hour, from its first to its last minute.
    private var timeline: String {
        let (isCrowded, minutes) = (isCrowded, isCrowded ? self.minutes : [:])
        let rows = visitsByHour.compactMap { hour -> (name: String, spans: [EmotionChart.Span])? in
            let start = hour.hour.timeIntervalSince1970
            guard !isCrowded else {
                let first = Int((start / 60).rounded(.down))
                let spans = (first..<first + 60).compactMap { minute in
                    minutes[minute].map { span(of: minute, $0, at: Double(60 * minute) - start) }
                }
                return spans.isEmpty ? nil : (clock(hour.hour), spans)
            }
            let inside = record.visits.filter { visit in
                visit.end.instant.timeIntervalSince1970 >= start
                    && visit.start.instant.timeIntervalSince1970 < start + 3600
            }
            return inside.isEmpty ? nil : (clock(hour.hour), spans(of: inside, from: start))
        }
        return EmotionChart.timeline(
            "what faces showed, hour by hour", rows: rows, range: 0...3600
        ) { ":" + String(format: "%02d", Int(($0 / 60).rounded())) }
    }

    /// What was shown in a minute.
    private struct Minute {
        var seconds: [Emotion: Double] = [:]
        /// How many visits reached into it.
        var visits = 0
    }

    /// The minutes since 1970 in which faces were in view.
    private var minutes: [Int: Minute] {
        var minutes: [Int: Minute] = [:]
        for visit in record.visits {
            var last: Int?
            for span in visit.spans {
                var time = span.start.instant.timeIntervalSince1970
                let end = min(
                    max(time + 0.001, span.end.instant.timeIntervalSince1970), time + Self.longestSpan)
                while time < end {
                    let minute = Int((time / 60).rounded(.down))
                    let next = min(end, Double(60 * (minute + 1)))
                    minutes[minute, default: Minute()].seconds[span.emotion, default: 0] += next - time
                    if minute != last { minutes[minute]?.visits += 1 }
                    (last, time) = (minute, next)
                }
            }
        }
        return minutes
    }

    private func span(of number: Int, _ minute: Minute, at start: Double) -> EmotionChart.Span {
        let emotion =
            Emotion.allCases.max { (minute.seconds[$0] ?? 0) < (minute.seconds[$1] ?? 0) } ?? .neutral
        let name = clock(Date(timeIntervalSince1970: Double(60 * number)))
        return EmotionChart.Span(
            start: start, end: start + 60, emotion: emotion,
            words: "\(name): mostly \(emotion), \(visits(minute.visits))",
            lane: 0,
            lanes: 1)
    }

    /// The spans within an hour that begins at a time in seconds since 1970.
    private func spans(of visits: [Visit], from start: Double) -> [EmotionChart.Span] {
        func seconds(_ time: EventTime) -> Double { time.instant.timeIntervalSince1970 - start }
        var lanes: [Double] = []
        var places: [Int] = []
        for visit in visits {
            let begin = seconds(visit.start)
            let free = lanes.firstIndex { $0 < begin } ?? min(lanes.count, Self.mostLanes - 1)
            if free == lanes.count { lanes.append(0) }
            lanes[free] = max(lanes[free], seconds(visit.end))
            places.append(free)
        }
        return zip(visits, places).flatMap { visit, lane in
            visit.spans.filter { seconds($0.end) >= 0 && seconds($0.start) < 3600 }.map { span in
                EmotionChart.Span(
                    start: seconds(span.start), end: seconds(span.end), emotion: span.emotion,
                    words:
                        "\(time(span.start)), face \(visit.face): \(span.emotion) for \(spokenDuration(span.seconds))",
                    lane: lane, lanes: lanes.count)
            }
        }
    }

    private var table: String {
        PageTable(
            caption: "Visits by the hour in which they began",
            columns: ["hour", "visits", "mean length"] + Emotion.allCases.map(\.description),
            rows: visitsByHour.filter { !$0.visits.isEmpty }.map { hour in
                let shares = Self.shares(of: hour.visits)
                let mean = hour.visits.reduce(0) { $0 + $1.seconds } / Double(hour.visits.count)
                return [clock(hour.hour), grouped(hour.visits.count), spokenDuration(mean)]
                    + Emotion.allCases.map { percent(shares[$0] ?? 0) }
            }
        ).html
    }

    /// What one should know about the data.
    private var remarks: String {
        var lines: [String] = []
        if !record.sources.isEmpty { lines.append("Seen by \(record.sources.joined(separator: ", ")).") }
        if record.droppedCount > 0 {
            lines.append("\(record.droppedCount) events were lost before they were kept.")
        }
        if let broken = record.brokenWords { lines.append("Left out: \(broken).") }
        return lines.isEmpty ? "" : "<p class='note'>\(escaped(lines.joined(separator: " ")))</p>"
    }

    private func visits(_ count: Int) -> String { "\(grouped(count)) \(count == 1 ? "visit" : "visits")" }

    private func time(_ time: EventTime) -> String {
        let parts = calendar.dateComponents([.hour, .minute, .second], from: time.instant)
        return String(format: "%02d:%02d:%02d", parts.hour ?? 0, parts.minute ?? 0, parts.second ?? 0)
    }

    private func clock(_ date: Date) -> String {
        let parts = calendar.dateComponents([.hour, .minute], from: date)
        return String(format: "%02d:%02d", parts.hour ?? 0, parts.minute ?? 0)
    }

    private func date(_ time: EventTime) -> String {
        let parts = calendar.dateComponents([.year, .month, .day], from: time.instant)
        return String(format: "%04d-%02d-%02d", parts.year ?? 0, parts.month ?? 0, parts.day ?? 0)
    }
}

extension DayRecord {
    /// How many lines are no events, and which, for people; nil where all are.
    package var brokenWords: String? {
        guard brokenCount > 0 else { return nil }
        let named = brokenLines.map(String.init).joined(separator: ", ")
        return "\(brokenCount) broken \(brokenCount == 1 ? "line" : "lines") (\(named)"
            + (brokenCount > brokenLines.count ? ", …)" : ")")
    }

    /// The visits as a table of comma-separated values.
    package var csv: String {
        var number = JSONLine()
        func text(_ value: Double) -> String {
            number.clear()
            number.element(value, decimals: 3)
            return String(decoding: number.bytes, as: UTF8.self)
        }
        func stamp(_ time: EventTime) -> String {
            number.clear()
            number.element(time)
            return String(decoding: number.bytes.dropFirst().dropLast(), as: UTF8.self)
        }
        let header =
            (["run", "face", "start", "end", "seconds", "dominant"] + Emotion.allCases.map(\.description))
            .joined(separator: ",")
        let rows = visits.map { visit in
            (["\(visit.run)", "\(visit.face)", stamp(visit.start), stamp(visit.end), text(visit.seconds)]
                + ["\(visit.dominant)"] + Emotion.allCases.map { text(Double(visit.emotions[$0])) })
                .joined(separator: ",")
        }
        return ([header] + rows).joined(separator: "\n") + "\n"
    }
}

extension EventTime {
    fileprivate var instant: Date { Date(timeIntervalSince1970: Double(milliseconds) / 1000) }
}
