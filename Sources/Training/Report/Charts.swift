import EmotionRecognition
import Faces
import Foundation

/// Charts as SVG, light or dark as the reader's screen is.
package enum Chart {
    /// One line of a chart.
    package struct Series: Sendable {
        let name: String
        /// A value an epoch.
        let values: [Double]
        let color: ChartColor

        /// Takes all as it is.
        init(_ name: String, _ values: [Double], color: ChartColor) {
            self.name = name
            self.values = values
            self.color = color
        }
    }

    /// Two lines over the epochs of a run: training and validation. `range` holds the values of charts that are to be
    /// compared with this one.
    package static func curves(
        title: String, training: [Double], validation: [Double], range: [Double] = [], percent: Bool
    ) -> String {
        lines(
            title: title,
            [Series("training", training, color: .blue), Series("validation", validation, color: .orange)],
            range: range, percent: percent)
    }

    /// Lines over the epochs, named in a row above them.
    static func lines(title: String, _ series: [Series], range: [Double] = [], percent: Bool) -> String {
        let (width, height) = (560.0, 320.0)
        // A long row of names takes lines of its own.
        let inTitle = series.count <= 2
        let keys = inTitle ? 0 : (series.count + 1) / 2
        let (left, right, top, bottom) = (56.0, 16.0, 44.0 + Double(keys) * 18, 40.0)
        let values = (series.flatMap(\.values) + range).filter(\.isFinite)
        let (low, high, step) = scale(values)
        let count = series.map(\.values.count).max() ?? 0
        func x(_ epoch: Int) -> Double {
            left + (width - left - right) * Double(epoch - 1) / Double(max(1, count - 1))
        }
        func y(_ value: Double) -> Double {
            top + (height - top - bottom) * (high - value) / (high - low)
        }
        var parts = ""
        for index in 0...Int(((high - low) / step).rounded()) {
            let value = low + Double(index) * step
            let label = tickLabel(value, step: step, percent: percent)
            parts += line(left, y(value), width - right, y(value))
            parts += text(left - 8, y(value) + 4, label, anchor: "end", faint: true)
        }
        for epoch in ticks(count) {
            parts += text(x(epoch), height - 18, "\(epoch)", anchor: "middle", faint: true)
        }
        parts += text(width - right, height - 3, "epoch", anchor: "end", faint: true)
        for (place, line) in series.enumerated() {
            let points = line.values.enumerated().filter(\.element.isFinite)
                .map { (x: x($0 + 1), y: y($1)) }
            let dash = ChartColor.dash(place)
            parts +=
                "<polyline fill='none' \(line.color.stroke) stroke-width='2' stroke-linejoin='round'\(dash) points='"
                + points.map { "\(fixed($0.x)),\(fixed($0.y))" }.joined(separator: " ") + "'/>"
            // A line of one point is nothing to see.
            if points.count == 1 { parts += mark(points[0].x, points[0].y, place, line.color) }
        }
        parts += text(left, 20, title, bold: true)
        for (place, line) in series.enumerated() {
            let x =
                inTitle
                ? width - 110 - Double(series.count - 1 - place) * 100 : left + Double(place % 2) * 245
            parts += key(x, inTitle ? 10 : 33 + Double(place / 2) * 18, line.name, line.color, place)
        }
        return svg(width, height, title, parts)
    }

    /// A confusion matrix: each cell the share of the row's label, with its count.
    package static func confusion(title: String, _ matrix: ConfusionMatrix) -> String {
        let (cell, left, top) = (62.0, 84.0, 80.0)
        let side = cell * 7
        var parts = text(left, 20, title, bold: true)
        parts += text(left, 42, "rows: the label, columns: what the network said", faint: true)
        for emotion in Emotion.allCases {
            let place = Double(emotion.rawValue)
            parts += text(left - 8, top + (place + 0.5) * cell + 4, "\(emotion)", anchor: "end")
            parts += text(left + (place + 0.5) * cell, top - 8, "\(emotion)", anchor: "middle")
            let support = max(1, matrix.support(emotion))
            for answer in Emotion.allCases {
                let count = matrix.counts[emotion.rawValue][answer.rawValue]
                let share = Double(count) / Double(support)
                let (x, y) = (left + Double(answer.rawValue) * cell, top + place * cell)
                parts +=
                    "<rect x='\(fixed(x + 1))' y='\(fixed(y + 1))' width='\(fixed(cell - 2))' height='\(fixed(cell - 2))' "
                    + "rx='6' \(ChartColor.cell.fill) fill-opacity='\(fixed(0.04 + 0.36 * share))'/>"
                parts += text(
                    x + cell / 2, y + cell / 2, "\(Int((share * 100).rounded())) %", anchor: "middle",
                    bold: emotion == answer)
                parts += text(x + cell / 2, y + cell / 2 + 17, "\(count)", anchor: "middle")
            }
        }
        return svg(left + side + 8, top + side + 8, title, parts)
    }

    /// A range that holds all values, with round steps.
    static func scale(_ values: [Double]) -> (low: Double, high: Double, step: Double) {
        guard let least = values.min(), let most = values.max() else { return (0, 1, 0.25) }
        let span = max(most - least, abs(most) * 0.01, 1e-6)
        let raw = span / 4
        let power = pow(10, (log10(raw)).rounded(.down))
        let step = ([1.0, 2, 5, 10].first { $0 * power >= raw } ?? 10) * power
        let low = (least / step).rounded(.down) * step
        return (low, max((most / step).rounded(.up) * step, low + step), step)
    }

    private static func ticks(_ count: Int) -> [Int] {
        let step = max(1, [1, 2, 5, 10, 20, 50, 100].first { count / $0 <= 10 } ?? count / 10)
        return [1] + stride(from: step, through: count, by: step).filter { $0 > 1 }
    }

    /// A value beside the axis, with as many decimals as tell it from its neighbours.
    static func tickLabel(_ value: Double, step: Double, percent: Bool) -> String {
        let (shown, apart) = percent ? (value * 100, step * 100) : (value, step)
        let decimals = apart > 0 ? max(0, min(9, Int((-log10(apart) - 1e-9).rounded(.up)))) : 2
        // No "-0.0" for what is left of a difference.
        let text = String(format: "%.\(decimals)f", abs(shown) < apart * 1e-6 ? 0 : shown)
        return percent ? "\(text) %" : text
    }

    /// A line's name, beside a piece of it as it is drawn in the chart.
    static func key(
        _ x: Double, _ y: Double, _ name: String, _ color: ChartColor, _ place: Int = 0
    ) -> String {
        let dash = ChartColor.dash(place)
        return "<line x1='\(fixed(x - 4))' y1='\(fixed(y + 2))' x2='\(fixed(x + 16))' y2='\(fixed(y + 2))' "
            + "stroke-width='3' \(color.stroke)\(dash)/>" + text(x + 21, y + 7, name, faint: true)
    }

    /// A point: of another form for each line.
    private static func mark(_ x: Double, _ y: Double, _ place: Int, _ color: ChartColor) -> String {
        switch place % 3 {
        case 0: "<circle cx='\(fixed(x))' cy='\(fixed(y))' r='4.5' \(color.fill)/>"
        case 1:
            "<rect x='\(fixed(x - 4))' y='\(fixed(y - 4))' width='8' height='8' \(color.fill)/>"
        default:
            "<path d='M\(fixed(x)) \(fixed(y - 5))l5 9h-10z' \(color.fill)/>"
        }
    }

    static func line(_ x1: Double, _ y1: Double, _ x2: Double, _ y2: Double) -> String {
        "<line x1='\(fixed(x1))' y1='\(fixed(y1))' x2='\(fixed(x2))' y2='\(fixed(y2))' \(ChartColor.grid.stroke)/>"
    }

    static func text(
        _ x: Double, _ y: Double, _ words: String, anchor: String = "start", bold: Bool = false,
        faint: Bool = false
    ) -> String {
        "<text x='\(fixed(x))' y='\(fixed(y))' text-anchor='\(anchor)' "
            + (faint ? ChartColor.faint : .ink).fill
            + (bold ? " font-weight='600'" : "") + ">\(escaped(words))</text>"
    }

    static func svg(_ width: Double, _ height: Double, _ title: String, _ parts: String) -> String {
        "<svg xmlns='http://www.w3.org/2000/svg' viewBox='0 0 \(fixed(width)) \(fixed(height))' role='img' "
            + "aria-label='\(escaped(title))'><style>\(ChartColor.style)</style>\(parts)</svg>"
    }

    static func fixed(_ value: Double) -> String { String(format: "%.2f", value) }
}

/// Text as HTML and SVG take it.
func escaped(_ text: String) -> String {
    text.replacingOccurrences(of: "&", with: "&amp;").replacingOccurrences(of: "<", with: "&lt;")
        .replacingOccurrences(of: ">", with: "&gt;").replacingOccurrences(of: "'", with: "&#39;")
        .replacingOccurrences(of: "\"", with: "&quot;")
}
