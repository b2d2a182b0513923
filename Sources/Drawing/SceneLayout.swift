import Faces

/// Lays out a scene: faces, size and language in, shapes and text out, without a pixel.
///
/// No label covers eyes, a mouth, another face or another label. Each has one of a few places around its face, the sure
/// ones first; one that finds none says less, and in the end is an emoji with a leader. From frame to frame what has a
/// place keeps it as long as that is free; what must go elsewhere fades in there. Used from one thread at a time.
public final class SceneLayout {
    let text: any TextMeasuring
    var memory: [Int: FaceMemory] = [:]
    private var noteSpots: [NoteKind: Int] = [:]
    var lastTime: Double?
    private var tier = 0
    private var tierSince: Double?
    private var owner: Int?
    private var ownerSince: Double?
    private var frame = 0
    var style = Label.Style(scale: 0, language: .english, percents: [])
    var canvas = Canvas(pictureWidth: 1, pictureHeight: 1)
    /// Where something lies already.
    var taken: [Bounds] = []
    private let percents = (0...100).map { "\($0)%" }
    var drawing = Drawing()

    /// Something better must have been possible for so long, in seconds, before it is done.
    static let patience = 0.8

    /// Makes a layout that measures text by `text`.
    public init(text: any TextMeasuring) { self.text = text }

    /// Lays out a scene.
    ///
    /// - Parameters:
    ///   - faces: the faces; those with the same number are the same from frame to frame.
    ///   - canvas: what is drawn on.
    ///   - options: what is wanted.
    ///   - notes: lines that belong to no face.
    ///   - time: seconds, of any clock that doesn't run back; nil for a picture that stands alone, in which everything
    ///     is at its place at once.
    public func arrange(
        _ faces: [DrawnFace], on canvas: Canvas, options: DrawingOptions = DrawingOptions(),
        notes: Notes = Notes(), at time: Double? = nil
    ) -> Drawing {
        drawing.removeAll()
        taken.removeAll(keepingCapacity: true)
        if canvas != self.canvas || time == nil || (lastTime ?? 0) > (time ?? 0) { forget() }
        self.canvas = canvas
        let elapsed = time.flatMap { now in lastTime.map { now - $0 } }
        lastTime = time
        frame += 1
        let faces = faces.filter { canvas.place($0.box).isUsable && $0.tilt.isFinite }
        follow(faces, elapsed)
        chooseScale(options.language, now: time)
        let blocks = placeNotes(notes)
        for face in faces { drawFrame(face) }
        let order = faces.sorted { precedes($0, $1) }
        let owner = chooseOwner(among: order, options, now: time)
        placeLabels(order, owner, showsBars: options.showsBars, elapsed)
        for (block, bounds) in blocks {
            NoteLayout(style: style, canvas: canvas.bounds, text: text).draw(
                block, at: bounds, into: &drawing.shapes)
        }
        if !notes.keys.isEmpty { drawHelp(notes.keys) }
        return drawing
    }

    private func forget() {
        memory.removeAll(keepingCapacity: true)
        noteSpots.removeAll(keepingCapacity: true)
        tier = 0
        (lastTime, tierSince, owner, ownerSince) = (nil, nil, nil, nil)
    }

    // MARK: - Faces

    private func follow(_ faces: [DrawnFace], _ elapsed: Double?) {
        for face in faces {
            let box = canvas.place(face.box)
            let tilt = canvas.isMirrored ? -face.tilt : face.tilt
            var known = memory[face.number] ?? FaceMemory(box: box, tilt: tilt)
            let isNew = known.lastSeen == 0
            if known.follow(box, tilt: tilt, elapsed: isNew ? nil : elapsed) { drawing.isMoving = true }
            known.rank(face.reading?.confidence ?? 0)
            known.lastSeen = frame
            memory[face.number] = known
        }
        for (number, known) in memory where known.lastSeen != frame { memory[number] = nil }
    }

    /// Text is smaller where faces are: in steps, so that it does not breathe with them.
    private func chooseScale(_ language: Language, now: Double?) {
        let widths = memory.values.map(\.shown.width).sorted()
        let base = canvas.scale
        let typical = widths.isEmpty ? 1000 : widths[widths.count / 2] / base
        let wanted = [88.0, 66, 48].firstIndex { typical >= $0 } ?? 3
        if wanted != tier {
            let since = tierSince ?? now ?? 0
            tierSince = since
            if now.map({ $0 - since >= Self.patience || frame == 1 }) ?? true {
                tier = wanted
                tierSince = nil
            }
        } else {
            tierSince = nil
        }
        let scale = max(canvas.smallestScale, base * [1, 0.8, 0.64, 0.5][tier])
        if scale != style.scale || language != style.language {
            style = Label.Style(scale: scale, language: language, percents: percents)
        }
    }

    /// The sure ones first, then the large ones; those that are equal in a fixed order.
    private func precedes(_ one: DrawnFace, _ other: DrawnFace) -> Bool {
        let (a, b) = (memory[one.number]?.rank ?? 0, memory[other.number]?.rank ?? 0)
        if a != b { return a > b }
        return one.number < other.number
    }

    /// The face that has the panel: the chosen one, else the largest, which one a little larger does not take over.
    private func chooseOwner(among faces: [DrawnFace], _ options: DrawingOptions, now: Double?) -> DrawnFace?
    {
        guard options.showsBars else { return nil }
        let candidates = faces.filter { $0.probabilities != nil }
        if let chosen = options.chosen, let face = candidates.first(where: { $0.number == chosen }) {
            owner = chosen
            return face
        }
        func width(_ face: DrawnFace) -> Double { memory[face.number]?.shown.width ?? 0 }
        guard let largest = candidates.max(by: { width($0) < width($1) }) else { return nil }
        if let current = candidates.first(where: { $0.number == owner }), largest.number != current.number {
            let since = ownerSince ?? now ?? 0
            ownerSince = width(largest) > 1.2 * width(current) ? since : nil
            guard let ownerSince, let now, now - ownerSince >= Self.patience else { return current }
        }
        owner = largest.number
        ownerSince = nil
        return largest
    }

    private func drawFrame(_ face: DrawnFace) {
        guard let known = memory[face.number] else { return }
        let box = known.shown
        let snapped = Bounds(
            x: box.x.rounded(), y: box.y.rounded(), width: max(2, box.width.rounded()),
            height: max(2, box.height.rounded()))
        let plate = Plate(snapped, radius: box.width * 0.07, tilt: known.tilt)
        if let explanation = face.explanation {
            drawing.shapes.append(.heat(plate, explanation, isMirrored: canvas.isMirrored))
        }
        let width = max(1.5, min(3 * style.scale, box.width / 24))
        let reading = face.reading
        let isUnsure = reading.map { $0.certainty != .sure } ?? false
        let color = reading.map { $0.emotion.color } ?? .found
        let shown = isUnsure ? color.mixed(with: .white, share: 0.7) : color
        // A dark rim keeps the line visible on a ground of its own colour.
        let dash = isUnsure ? max(4, 8 * style.scale) : 0
        drawing.shapes.append(
            .stroke(plate, width: width + max(2, width), dash: 0, .black.opacity(isUnsure ? 0.6 : 0.72)))
        drawing.shapes.append(.stroke(plate, width: width, dash: dash, shown))
    }

    // MARK: - Notes

    /// Finds a place for each note, where it was if that is free; one without a place is not shown.
    private func placeNotes(_ notes: Notes) -> [(NoteLayout.Block, Bounds)] {
        let layout = NoteLayout(style: style, canvas: canvas.bounds, text: text)
        var placed: [(NoteLayout.Block, Bounds)] = []
        for block in layout.blocks(notes) {
            var numbers = Array(block.places.indices)
            if let kept = noteSpots[block.kind], numbers.contains(kept) { numbers.insert(kept, at: 0) }
            let isFree = { (number: Int, whole: Bool) -> Bool in
                let bounds = layout.place(block, number)
                return self.canvas.bounds.holds(bounds) && self.isUntaken(bounds)
                    && !self.memory.values.contains {
                        whole ? $0.zone.whole.meets(bounds) : $0.zone.isHidden(by: bounds)
                    }
            }
            let number =
                numbers.first { isFree($0, true) }
                ?? (block.isUrgent ? numbers.first { isFree($0, false) } : nil)
            noteSpots[block.kind] = number
            guard let number else { continue }
            let bounds = layout.place(block, number)
            taken.append(bounds)
            placed.append((block, bounds))
            drawing.parts.append(
                Part(kind: .note(block.kind), face: nil, bounds: bounds, opacity: 1, slot: number))
        }
        return placed
    }

    private func drawHelp(_ keys: [Notes.Key]) {
        let layout = NoteLayout(style: style, canvas: canvas.bounds, text: text)
        let (block, bounds) = layout.help(keys)
        drawing.parts.append(Part(kind: .help, face: nil, bounds: bounds, opacity: 1))
        layout.draw(block, at: bounds, into: &drawing.shapes)
    }
}
