import Faces

/// The words of one face's label, measured, their places counted from the label's top-left corner.
struct Label {
    private(set) var width = 0.0
    private(set) var height = 0.0
    private var runs: [TextRun] = []
    private var plate = Color.white
    private var isUnsure = false
    private var radius = 0.0
    private var ribbon: (history: EmotionHistory, bounds: Bounds)?

    /// Sizes that all labels of a scene share.
    struct Style {
        let scale: Double
        let language: Language
        /// 0% to 100%, made once.
        let percents: [String]

        var title: TextStyle { TextStyle(size: 18 * scale, isBold: true) }
        var body: TextStyle { TextStyle(size: 15 * scale) }
        var strong: TextStyle { TextStyle(size: 15 * scale, isBold: true) }
        var large: TextStyle { TextStyle(size: 30 * scale, isBold: true) }

        func percent(_ value: Float) -> String {
            percents[value.isFinite ? Int((max(0, min(1, value)) * 100).rounded()) : 0]
        }
    }

    init(
        _ reading: Reading, _ kind: LabelKind, hasPanel: Bool, history: EmotionHistory?, style: Style,
        text: any TextMeasuring
    ) {
        isUnsure = reading.certainty != .sure
        plate = reading.color
        switch kind {
        case .full: layOutFull(reading, hasPanel, history, style, text)
        case .short:
            layOutRow(words(reading, style), style.strong, padding: 6 * style.scale, style, text)
            radius = 6 * style.scale
        case .dot:
            let sign = reading.certainty == .unsure ? "?" : reading.emotion.emoji
            let font = style.strong
            let size = text.size(of: sign, font)
            width = (max(size.width, size.height) + 4 * style.scale).rounded()
            height = width
            radius = width / 2
            runs = [run(sign, font, size, x: (width - size.width) / 2, middle: height / 2, .ink)]
        }
    }

    private func words(_ reading: Reading, _ style: Style) -> [String] {
        let language = style.language
        return switch reading.certainty {
        case .sure: [reading.emotion.emoji, language.name(of: reading.emotion)]
        case .either:
            [
                reading.emotion.emoji, language.name(of: reading.emotion), language.line(.or),
                language.name(of: reading.second) + "?",
            ]
        case .unsure: ["?", language.line(.unsure)]
        }
    }

    private mutating func layOutFull(
        _ reading: Reading, _ hasPanel: Bool, _ history: EmotionHistory?, _ style: Style,
        _ text: any TextMeasuring
    ) {
        let padding = 9 * style.scale
        layOutRow(words(reading, style), style.title, padding: padding, style, text)
        radius = 8 * style.scale
        if reading.certainty == .sure {
            // As wide as its widest, so that a label does not breathe with the number.
            let widest = text.size(of: "100%", style.title)
            let percent = style.percent(reading.confidence)
            let x = width - padding + 7 * style.scale
            runs.append(
                run(percent, style.title, text.size(of: percent, style.title), x: x, middle: height / 2, .ink)
            )
            width = (x + widest.width + padding).rounded()
        }
        if !hasPanel {
            let pair: [(Emotion, Float)] =
                reading.certainty == .sure
                ? [(reading.second, reading.secondConfidence)]
                : [(reading.emotion, reading.confidence), (reading.second, reading.secondConfidence)]
            layOutSecond(pair, padding, style, text)
        }
        if let history, !history.seconds.isEmpty, !hasPanel {
            let bounds = Bounds(
                x: padding, y: height - 2 * style.scale, width: width - 2 * padding, height: 6 * style.scale)
            ribbon = (history, bounds)
            height = (height + 8 * style.scale).rounded()
        }
    }

    /// What is likeliest after what stands above, smaller.
    private mutating func layOutSecond(
        _ pair: [(Emotion, Float)], _ padding: Double, _ style: Style, _ text: any TextMeasuring
    ) {
        var x = padding
        let row = text.size(of: "Ag", style.body).height
        let middle = height + row / 2 - 4 * style.scale
        var right = x
        for (emotion, confidence) in pair {
            for word in [style.language.name(of: emotion), style.percent(confidence)] {
                let size = text.size(of: word, style.body)
                runs.append(run(word, style.body, size, x: x, middle: middle, .ink))
                right = x + size.width
                x = right + 5 * style.scale
            }
            x += 5 * style.scale
        }
        width = max(width, (right + padding).rounded())
        height = (height + row - 1 * style.scale).rounded()
    }

    private mutating func layOutRow(
        _ words: [String], _ font: TextStyle, padding: Double, _ style: Style, _ text: any TextMeasuring
    ) {
        height = (text.size(of: "Ag", font).height + 6 * style.scale).rounded()
        var x = padding
        for (index, word) in words.enumerated() {
            if index > 0 { x += 5 * style.scale }
            let size = text.size(of: word, font)
            runs.append(run(word, font, size, x: x, middle: height / 2, .ink))
            x += size.width
        }
        width = (x + padding).rounded()
    }

    private func run(
        _ word: String, _ font: TextStyle, _ size: (width: Double, height: Double), x: Double, middle: Double,
        _ color: Color
    ) -> TextRun {
        TextRun(
            text: word, style: font,
            bounds: Bounds(
                x: x.rounded(), y: (middle - size.height / 2).rounded(), width: size.width,
                height: size.height), color: color)
    }

    /// Draws it with its top-left corner at a place.
    func draw(at bounds: Bounds, opacity: Double, scale: Double, into shapes: inout [Shape]) {
        let faded = Float(opacity)
        let plate = Plate(bounds, radius: radius)
        // Dark around, so that it stands out from a white picture and from a black one.
        shapes.append(.fill(plate.expanded(by: max(1, scale)), .black.opacity(0.55 * faded), nil))
        shapes.append(.fill(plate, self.plate.opacity(faded), nil))
        if isUnsure {
            let line = max(1.5, 2 * scale)
            shapes.append(
                .stroke(
                    plate.expanded(by: -line / 2), width: line, dash: 5 * scale,
                    Color.ink.opacity(0.75 * faded)))
        }
        if let ribbon {
            var place = ribbon.bounds
            place.x += bounds.x
            place.y += bounds.y
            Ribbon.draw(ribbon.history, in: place, ground: .ink, opacity: faded, scale, into: &shapes)
        }
        for run in runs {
            var run = run
            run.bounds.x += bounds.x
            run.bounds.y += bounds.y
            shapes.append(.text(run, opacity: faded))
        }
    }
}

/// The last minute of a face as a strip, its end on the right.
enum Ribbon {
    static func draw(
        _ history: EmotionHistory, in bounds: Bounds, ground: Color, opacity: Float, _ scale: Double,
        into shapes: inout [Shape]
    ) {
        shapes.append(.fill(Plate(bounds, radius: scale), ground.opacity(0.35 * opacity), nil))
        let step = bounds.width / Double(EmotionHistory.length)
        let first = EmotionHistory.length - history.seconds.count
        var start = 0
        while start < history.seconds.count {
            let emotion = history.seconds[start]
            var end = start + 1
            while end < history.seconds.count, history.seconds[end] == emotion { end += 1 }
            if let emotion {
                let piece = Bounds(
                    x: bounds.x + Double(first + start) * step, y: bounds.y,
                    width: Double(end - start) * step,
                    height: bounds.height)
                shapes.append(.fill(Plate(piece), emotion.color.opacity(opacity), emotion.pattern))
            }
            start = end
        }
    }
}
