import Faces
import Foundation

/// Charts of emotions as SVG. Each has a name for screen readers; each shape says its value where one points at it.
enum EmotionChart {
    /// Of the drawing, in its own units; a screen shows it wider or narrower.
    private static let width = 720.0

    /// A span of time in which one emotion was reported.
    struct Span {
        var start: Double
        var end: Double
        var emotion: Emotion
        /// What is said where one points.
        var words: String
        /// Which part of the row's height it takes, of how many.
        var lane = 0
        var lanes = 1
    }

    /// One bar that shows how much of the time each emotion had, by shares that sum to 1.
    static func shares(_ title: String, _ shares: [Emotion: Double]) -> String {
        var x = 0.0
        var parts = ""
        for emotion in Emotion.allCases {
            let width = max(0, shares[emotion] ?? 0) * Self.width
            guard width > 0 else { continue }
            let words = "\(emotion): \(percent(shares[emotion] ?? 0))"
            parts += block(x, 0, width, 44, emotion, words)
            if width > 90 { parts += label(x + 10, 27, "\(emotion) \(percent(width / Self.width))") }
            x += width
        }
        return svg(44, title, parts)
    }

    /// A row of spans for each name, over a common time.
    ///
    /// - Parameters:
    ///   - range: the time shown, in seconds.
    ///   - tick: what is written below the chart at a time.
    static func timeline(
        _ title: String, rows: [(name: String, spans: [Span])], range: ClosedRange<Double>,
        tick: (Double) -> String
    ) -> String {
        let (left, right, row) = (72.0, Self.width, 30.0)
        let length = max(range.upperBound - range.lowerBound, 1e-3)
        func x(_ time: Double) -> Double {
            left + (right - left) * (min(max(time, range.lowerBound), range.upperBound) - range.lowerBound)
                / length
        }
        let height = Double(rows.count) * row
        var parts = ""
        for time in ticks(range) {
            parts +=
                "<line class='grid' x1='\(fixed(x(time)))' y1='0' x2='\(fixed(x(time)))' y2='\(fixed(height))'/>"
            let anchor =
                time == range.lowerBound ? "start" : x(time) > right - 16 ? "end" : "middle"
            parts += text(x(time), height + 18, tick(time), anchor: anchor, faint: true)
        }
        for (index, (name, spans)) in rows.enumerated() {
            let y = Double(index) * row
            parts += text(left - 10, y + 20, name, anchor: "end")
            for span in spans {
                let start = x(span.start)
                let height = (row - 8) / Double(max(1, span.lanes))
                parts += block(
                    start, y + 4 + Double(span.lane) * height, max(1.5, x(span.end) - start), height,
                    span.emotion, span.words)
            }
        }
        return svg(height + 24, title, parts)
    }

    /// Steps of time that people count in, in seconds.
    private static let steps: [Double] = [
        0.1, 0.2, 0.5, 1, 2, 5, 10, 15, 30, 60, 120, 300, 600, 900, 1800, 3600, 7200, 14400, 43200, 86400,
    ]

    /// Round times from a beginning on, at most six steps of them.
    private static func ticks(_ range: ClosedRange<Double>) -> [Double] {
        let length = range.upperBound - range.lowerBound
        let step = steps.first { length / $0 <= 6 } ?? max(1e-3, length / 6)
        return (0...6).map { range.lowerBound + Double($0) * step }.filter { $0 <= range.upperBound }
    }

    /// A column for each value, each with a word below it.
    static func columns(
        _ title: String, _ values: [(label: String, value: Int, words: String)]
    ) -> String {
        let (height, most) = (170.0, Double(max(1, values.map(\.value).max() ?? 1)))
        // A few columns don't fill the page.
        let width = min(Self.width / 6, Self.width / Double(max(1, values.count)))
        var parts = "<line class='grid' x1='0' y1='\(height)' x2='\(fixed(Self.width))' y2='\(height)'/>"
        for (index, entry) in values.enumerated() {
            let x = Double(index) * width
            let tall = (height - 22) * Double(entry.value) / most
            if entry.value > 0 {
                parts +=
                    "<rect class='mark' x='\(fixed(x + 3))' y='\(fixed(height - tall))' width='\(fixed(max(2, width - 6)))' "
                    + "height='\(fixed(tall))' rx='3' \(spoken(entry.words))/>"
                parts += text(x + width / 2, height - tall - 6, grouped(entry.value), anchor: "middle")
            }
            parts += text(x + width / 2, height + 18, entry.label, anchor: "middle", faint: true)
        }
        return svg(height + 24, title, parts)
    }

    // MARK: - Shapes

    private static func block(
        _ x: Double, _ y: Double, _ width: Double, _ height: Double, _ emotion: Emotion, _ words: String
    ) -> String {
        "<rect\(width > 6 ? " class='edge'" : "") x='\(fixed(x))' y='\(fixed(y))' width='\(fixed(width))' height='\(fixed(height))' "
            + "fill='\(EmotionPattern.fill(emotion))' \(spoken(words))/>"
    }

    /// What a shape says to one who points, and to a screen reader.
    private static func spoken(_ words: String) -> String {
        "data-tip='\(escaped(words))' tabindex='0' role='img' aria-label='\(escaped(words))'"
    }

    /// A word on a pattern, on a ground of its own so that it stays readable.
    private static func label(_ x: Double, _ y: Double, _ words: String) -> String {
        let width = Double(words.count) * 7.6 + 10
        return
            "<rect x='\(fixed(x - 5))' y='\(fixed(y - 14))' width='\(fixed(width))' height='20' rx='4' fill='#fff' "
            + "fill-opacity='.86' pointer-events='none'/><text x='\(fixed(x))' y='\(fixed(y))' style='fill:#1c1f26' "
            + "pointer-events='none'>\(escaped(words))</text>"
    }

    private static func text(
        _ x: Double, _ y: Double, _ words: String, anchor: String = "start", faint: Bool = false
    ) -> String {
        "<text x='\(fixed(x))' y='\(fixed(y))' text-anchor='\(anchor)'\(faint ? " class='faint'" : "")>"
            + "\(escaped(words))</text>"
    }

    private static func svg(_ height: Double, _ title: String, _ parts: String) -> String {
        "<figure><svg viewBox='0 0 \(fixed(width)) \(fixed(height))' role='group' aria-label='\(escaped(title))'>"
            + parts + "</svg></figure>"
    }

    private static func fixed(_ value: Double) -> String { String(format: "%.1f", value) }
}

/// A count in groups of three digits: `1,412`.
package func grouped(_ count: Int) -> String {
    var digits = String(count.magnitude)
    var groups: [String] = []
    while digits.count > 3 {
        groups.insert(String(digits.suffix(3)), at: 0)
        digits.removeLast(3)
    }
    return (count < 0 ? "-" : "") + ([digits] + groups).joined(separator: ",")
}

/// A share as `71 %`, one below a hundredth as `0.4 %`.
func percent(_ share: Double) -> String {
    guard share.isFinite else { return "0 %" }
    return share > 0 && share < 0.0095
        ? String(format: "%.1f %%", share * 100) : "\(Int((share * 100).rounded())) %"
}

/// Seconds as `1 h 05 min`, `4 min 10 s` or `9.4 s`.
func spokenDuration(_ seconds: Double) -> String {
    guard seconds.isFinite, seconds >= 0, seconds < 1e9 else { return "0 s" }
    guard seconds >= 60 else { return String(format: "%.1f s", seconds) }
    let whole = Int(seconds.rounded())
    return whole >= 3600
        ? "\(whole / 3600) h \(String(format: "%02d", whole % 3600 / 60)) min"
        : "\(whole / 60) min \(String(format: "%02d", whole % 60)) s"
}

/// Seconds from a beginning as `4:05` or `1:04:05`.
func clockText(_ seconds: Double) -> String {
    let whole = Int(max(0, min(seconds.isFinite ? seconds : 0, 1e9)))
    let minutes = String(format: whole >= 3600 ? "%02d" : "%d", whole % 3600 / 60)
    return (whole >= 3600 ? "\(whole / 3600):" : "") + minutes + String(format: ":%02d", whole % 60)
}
