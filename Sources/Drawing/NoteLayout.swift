import Faces

/// Lays out the lines that belong to no face.
struct NoteLayout {
    let style: Label.Style
    let canvas: Bounds
    let text: any TextMeasuring

    /// A note's words and signs, their places counted from its top-left corner.
    struct Block {
        var kind: NoteKind
        var width = 0.0
        var height = 0.0
        var shapes: [Shape] = []
        /// Where it may lie, the best first: columns and rows from 0 to 1.
        var places: [(Double, Double)] = []
        /// True where it is shown over a face's forehead or chin rather than not at all.
        var isUrgent = false
    }

    private var margin: Double { (12 * style.scale).rounded() }
    private static let corners: [(Double, Double)] = [(0, 0), (1, 0), (0, 1), (1, 1)]
    private static let foot: [(Double, Double)] = [(0.5, 1), (0.5, 0), (0, 1), (1, 1), (0, 0), (1, 0)]
    private static let head: [(Double, Double)] = [(0.5, 0), (0.5, 1), (0, 0), (1, 0), (0, 1), (1, 1)]

    /// The notes to place, those first that matter most.
    func blocks(_ notes: Notes) -> [Block] {
        var blocks: [Block] = []
        if let challenge = notes.challenge { blocks.append(self.challenge(challenge)) }
        if !notes.banner.isEmpty {
            blocks.append(lines([notes.banner], .banner, style.title, Self.head, isUrgent: true))
        }
        if !notes.hint.isEmpty {
            blocks.append(lines([notes.hint], .hint, style.large, Self.foot, isUrgent: true))
        }
        if !notes.message.isEmpty {
            blocks.append(lines([notes.message], .message, style.body, Self.foot, isUrgent: true))
        }
        if !notes.demo.isEmpty {
            blocks.append(
                lines([notes.demo], .demo, style.strong, [(1, 0), (0, 0), (1, 1), (0, 1)], isUrgent: true))
        }
        if notes.hasLegend { blocks.append(legend()) }
        if let smile = notes.smile { blocks.append(meter(smile)) }
        if !notes.status.isEmpty { blocks.append(lines([notes.status], .status, style.body, Self.corners)) }
        return blocks
    }

    /// Where a block lies for one of its places.
    func place(_ block: Block, _ number: Int) -> Bounds {
        let (column, row) = block.places[number]
        return Bounds(
            x: (margin + column * (canvas.width - 2 * margin - block.width)).rounded(),
            y: (margin + row * (canvas.height - 2 * margin - block.height)).rounded(), width: block.width,
            height: block.height)
    }

    /// The keys, one a line, as many as there is room for; below all of them the model.
    func help(_ keys: [Notes.Key], model: String) -> Block {
        var block = Block(
            kind: .message,
            places: [(0.5, 0.5), (0, 0.5), (1, 0.5), (0, 0), (1, 0), (0, 1), (1, 1), (0.5, 0), (0.5, 1)])
        let padding = margin
        let column = (keys.map { text.size(of: $0.name, style.strong).width }.max() ?? 0) + margin
        let room = (width: canvas.width - 2 * margin, height: canvas.height - 2 * margin)
        var y = padding
        for (number, key) in keys.enumerated() {
            let words = style.language.line(key.phrase)
            let size = text.size(of: words, style.body)
            let width = 2 * padding + column + size.width
            guard y + size.height + padding <= room.height, width <= room.width else { break }
            append(key.name, style.strong, x: padding, y: y, .white, &block)
            append(words, style.body, x: padding + column, y: y, .faint, &block)
            block.width = max(block.width, width.rounded())
            y += (size.height + 4 * style.scale).rounded()
            let rule = (6 * style.scale).rounded()
            guard number == keys.count - 1, !model.isEmpty, y + rule + size.height + padding <= room.height
            else { continue }
            let line = fitting("\(style.language.line(.model)): \(model)", room.width - 2 * padding)
            let lineWidth = text.size(of: line, style.body).width
            block.width = max(block.width, (2 * padding + lineWidth).rounded())
            let across = Bounds(
                x: padding, y: y, width: block.width - 2 * padding, height: max(1, style.scale))
            block.shapes.append(.fill(Plate(across), .white.opacity(0.18), nil))
            append(line, style.body, x: padding, y: y + rule, .faint, &block)
            y += (rule + size.height + 4 * style.scale).rounded()
        }
        block.height = (y + padding - 4 * style.scale).rounded()
        return block
    }

    /// The line without breaks, or as much of its beginning as there is room for.
    private func fitting(_ line: String, _ most: Double) -> String {
        var beginning = line.split(whereSeparator: \.isNewline).joined(separator: " ")
        guard text.size(of: beginning, style.body).width > most else { return beginning }
        while !beginning.isEmpty, text.size(of: beginning + "…", style.body).width > most {
            beginning.removeLast()
        }
        return beginning + "…"
    }

    /// Draws a block where it was placed.
    func draw(_ block: Block, at bounds: Bounds, into shapes: inout [Shape]) {
        shapes.append(.fill(Plate(bounds, radius: 8 * style.scale), .ground, nil))
        for shape in block.shapes { shapes.append(shape.moved(by: bounds.x, bounds.y)) }
    }

    // MARK: - Blocks

    private func lines(
        _ words: [String], _ kind: NoteKind, _ font: TextStyle, _ places: [(Double, Double)],
        isUrgent: Bool = false
    ) -> Block {
        var block = Block(kind: kind, places: places, isUrgent: isUrgent)
        let padding = (10 * style.scale).rounded()
        let most = canvas.width - 2 * margin - 2 * padding
        // What is too wide is said smaller before it is broken.
        let fitting =
            words.allSatisfy({ text.size(of: $0, font).width <= most })
            ? font : TextStyle(size: min(Double(font.size), 15 * style.scale), isBold: font.isBold)
        var y = (padding / 2).rounded()
        for line in words.flatMap({ wrap($0, fitting, most) }) {
            let size = text.size(of: line, fitting)
            guard y + size.height + padding / 2 <= canvas.height - 2 * margin, size.width <= most else {
                break
            }
            append(line, fitting, x: padding, y: y, .white, &block)
            block.width = max(block.width, size.width + 2 * padding)
            y += size.height
        }
        block.height = (y + padding / 2).rounded()
        return block
    }

    /// The line broken into several that are no wider than there is room: between words, else anywhere.
    private func wrap(_ line: String, _ font: TextStyle, _ most: Double) -> [String] {
        guard text.size(of: line, font).width > most else { return [line] }
        var (lines, current): ([String], String) = ([], "")
        for character in line {
            if text.size(of: current + String(character), font).width > most, !current.isEmpty {
                if let space = current.lastIndex(where: { $0 == " " || $0 == "/" }),
                    space > current.startIndex
                {
                    let rest = String(current[current.index(after: space)...])
                    lines.append(String(current[...space]))
                    current = rest
                } else {
                    lines.append(current)
                    current = ""
                }
            }
            current.append(character)
        }
        if !current.isEmpty { lines.append(current) }
        return lines
    }

    private func meter(_ smile: Double) -> Block {
        var block = Block(kind: .smile, places: [(0.5, 1), (1, 1), (0, 1), (0.5, 0), (1, 0), (0, 0)])
        let padding = (10 * style.scale).rounded()
        let row = text.size(of: Emotion.happy.emoji, style.title)
        let word = style.language.line(.smile)
        let size = text.size(of: word, style.strong)
        block.height = row.height + padding
        let middle = block.height / 2
        append(Emotion.happy.emoji, style.title, x: padding, y: middle - row.height / 2, .white, &block)
        var x = padding + row.width + 6 * style.scale
        append(word, style.strong, x: x, y: middle - size.height / 2, .white, &block)
        x += size.width + padding
        let width = min(220 * style.scale, canvas.width - 2 * margin - x - padding)
        if width > 20 {
            let value = smile.isFinite ? max(0, min(1, smile)) : 0
            bar(x: x, middle: middle, width: width, value, .happy, &block)
            x += width
        }
        block.width = (x + padding).rounded()
        return block
    }

    private func bar(
        x: Double, middle: Double, width: Double, _ value: Double, _ emotion: Emotion, _ block: inout Block
    ) {
        let thickness = (14 * style.scale).rounded()
        var bar = Bounds(
            x: x.rounded(), y: (middle - thickness / 2).rounded(), width: width.rounded(), height: thickness)
        block.shapes.append(.fill(Plate(bar, radius: thickness / 2), .white.opacity(0.18), nil))
        guard value * bar.width >= 1 else { return }
        bar.width = max(thickness, (bar.width * value).rounded())
        block.shapes.append(.fill(Plate(bar, radius: thickness / 2), emotion.color, emotion.pattern))
    }

    private func challenge(_ view: ChallengeView) -> Block {
        let wanted = "\(style.language.line(.showMe)): \(style.language.name(of: view.wanted))!"
        let line =
            view.countdown.map { "\(style.language.line(.ready)): \($0)" } ?? "\(view.wanted.emoji) \(wanted)"
        var block = lines([line], .challenge, style.large, Self.head, isUrgent: true)
        let score = "\(style.language.line(.score)) \(view.score)"
        let size = text.size(of: score, style.strong)
        let padding = (10 * style.scale).rounded()
        block.width = max(block.width, size.width + 2 * padding + 80 * style.scale)
        block.width = min(block.width, canvas.width - 2 * margin)
        let middle = block.height + size.height / 2
        append(score, style.strong, x: padding, y: block.height, .white, &block)
        let x = padding + size.width + padding
        bar(x: x, middle: middle, width: block.width - padding - x, view.progress, view.wanted, &block)
        block.height = (block.height + size.height + padding).rounded()
        return block
    }

    private func legend() -> Block {
        var block = Block(
            kind: .legend, places: [(0, 1), (1, 1), (0, 0), (1, 0), (0.5, 1), (0.5, 0), (0, 0.5), (1, 0.5)])
        let padding = (10 * style.scale).rounded()
        let words = [Phrase.matters, .little, .much].map { style.language.line($0) }
        let height = text.size(of: "Ag", style.body).height
        var x = padding
        for (index, word) in words.enumerated() {
            let size = text.size(of: word, style.body)
            append(word, style.body, x: x, y: padding / 2, .white, &block)
            x += size.width + 6 * style.scale
            guard index == 1 else { continue }
            let cell = (9 * style.scale).rounded()
            for step in 1...8 {
                block.shapes.append(
                    .fill(
                        Plate(
                            Bounds(
                                x: x.rounded(), y: (padding / 2 + height * 0.2).rounded(), width: cell,
                                height: (height * 0.6).rounded())), HeatMap.color(Float(step) / 8).opacity(1),
                        nil))
                x += cell
            }
            x += 6 * style.scale
        }
        block.width = (x + padding).rounded()
        block.height = (height + padding).rounded()
        return block
    }

    private func append(
        _ words: String, _ font: TextStyle, x: Double, y: Double, _ color: Color, _ block: inout Block
    ) {
        let size = text.size(of: words, font)
        block.shapes.append(
            .text(
                TextRun(
                    text: words, style: font,
                    bounds: Bounds(x: x.rounded(), y: y.rounded(), width: size.width, height: size.height),
                    color: color), opacity: 1))
    }
}

extension Shape {
    /// The same shape at another place.
    func moved(by dx: Double, _ dy: Double) -> Shape {
        func moved(_ bounds: Bounds) -> Bounds {
            Bounds(x: bounds.x + dx, y: bounds.y + dy, width: bounds.width, height: bounds.height)
        }
        func moved(_ plate: Plate) -> Plate {
            Plate(moved(plate.bounds), radius: plate.radius, tilt: plate.tilt)
        }
        switch self {
        case .fill(let plate, let color, let pattern): return .fill(moved(plate), color, pattern)
        case .stroke(let plate, let width, let dash, let color):
            return .stroke(moved(plate), width: width, dash: dash, color)
        case .line(let from, let to, let width, let color):
            return .line(
                from: Point(x: from.x + dx, y: from.y + dy), to: Point(x: to.x + dx, y: to.y + dy),
                width: width, color)
        case .text(var run, let opacity):
            run.bounds = moved(run.bounds)
            return .text(run, opacity: opacity)
        case .heat(let plate, let map, let isMirrored):
            return .heat(moved(plate), map, isMirrored: isMirrored)
        }
    }
}
