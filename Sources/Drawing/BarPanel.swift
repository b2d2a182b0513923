import Faces

/// The panel of one face: a bar for each emotion, and the last minute where that is kept.
struct BarPanel {
    private let style: Label.Style
    private let text: any TextMeasuring
    private let nameWidth: Double
    private let numberWidth: Double
    private let signWidth: Double

    init(style: Label.Style, text: any TextMeasuring) {
        self.style = style
        self.text = text
        nameWidth =
            Emotion.allCases.map { text.size(of: style.language.name(of: $0), style.strong).width }
            .max() ?? 0
        signWidth = Emotion.allCases.map { text.size(of: $0.emoji, style.body).width }.max() ?? 0
        numberWidth = text.size(of: "100%", style.strong).width
    }

    private var padding: Double { 11 * style.scale }
    private var gap: Double { 8 * style.scale }
    private var row: Double { 24 * style.scale }
    private var barWidth: Double { 100 * style.scale }

    /// Its size in pixels.
    func size(hasRibbon: Bool) -> (width: Double, height: Double) {
        let width = 2 * padding + signWidth + nameWidth + barWidth + numberWidth + 3 * gap
        let rows = Double(Emotion.allCases.count) + (hasRibbon ? 1 : 0)
        return (width.rounded(), (1.6 * padding + row * rows).rounded())
    }

    /// Draws it.
    func draw(
        _ probabilities: EmotionProbabilities, _ reading: Reading, _ history: EmotionHistory?,
        in bounds: Bounds, opacity: Double, into shapes: inout [Shape]
    ) {
        let faded = Float(opacity)
        shapes.append(
            .fill(Plate(bounds, radius: 10 * style.scale), Color.ground.opacity(0.86 * faded), nil))
        let edge = max(1, 1.5 * style.scale)
        shapes.append(
            .stroke(
                Plate(bounds, radius: 10 * style.scale).expanded(by: -edge / 2), width: edge,
                dash: reading.certainty == .sure ? 0 : 5 * style.scale, reading.color.opacity(0.8 * faded)))
        var middle = bounds.y + 0.8 * padding + row / 2
        for emotion in Emotion.allCases {
            draw(emotion, probabilities[emotion], emotion == reading.emotion, middle, bounds, faded, &shapes)
            middle += row
        }
        if let history {
            let label = style.language.line(.lastMinute)
            let size = text.size(of: label, style.body)
            // The words give way where a language needs more room than there is.
            let isNamed = size.width < bounds.width / 2
            if isNamed { append(label, style.body, x: bounds.x + padding, middle, .faint, faded, &shapes) }
            let x = bounds.x + padding + (isNamed ? size.width + gap : 0)
            Ribbon.draw(
                history,
                in: Bounds(
                    x: x, y: middle - 6 * style.scale, width: bounds.right - padding - x,
                    height: 12 * style.scale), ground: .white, opacity: faded, style.scale, into: &shapes)
        }
    }

    private func draw(
        _ emotion: Emotion, _ probability: Float, _ isReported: Bool, _ middle: Double, _ bounds: Bounds,
        _ faded: Float, _ shapes: inout [Shape]
    ) {
        let ink = isReported ? Color.white : .faint
        let font = isReported ? style.strong : style.body
        var x = bounds.x + padding
        append(emotion.emoji, style.body, x: x, middle, ink, faded, &shapes)
        x += signWidth + gap
        append(style.language.name(of: emotion), font, x: x, middle, ink, faded, &shapes)
        x += nameWidth + gap
        let thickness = (11 * style.scale).rounded()
        var bar = Bounds(
            x: x.rounded(), y: (middle - thickness / 2).rounded(), width: barWidth.rounded(),
            height: thickness)
        shapes.append(.fill(Plate(bar, radius: thickness / 2), .white.opacity(0.16 * faded), nil))
        let length = probability.isFinite ? bar.width * Double(max(0, min(1, probability))) : 0
        if length >= 1 {
            // A bar shorter than it is high would no longer be round.
            bar.width = max(thickness, length.rounded())
            shapes.append(
                .fill(Plate(bar, radius: thickness / 2), emotion.color.opacity(faded), emotion.pattern))
        }
        let number = style.percent(probability)
        let width = text.size(of: number, font).width
        append(number, font, x: bounds.right - padding - width, middle, ink, faded, &shapes)
    }

    private func append(
        _ words: String, _ font: TextStyle, x: Double, _ middle: Double, _ color: Color, _ faded: Float,
        _ shapes: inout [Shape]
    ) {
        let size = text.size(of: words, font)
        shapes.append(
            .text(
                TextRun(
                    text: words, style: font,
                    bounds: Bounds(
                        x: x.rounded(), y: (middle - size.height / 2).rounded(), width: size.width,
                        height: size.height), color: color), opacity: faded))
    }
}
