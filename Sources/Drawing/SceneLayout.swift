import Faces

/// Lays out a scene: faces, size and language in, shapes and text out, without a pixel.
///
/// No label covers eyes, a mouth, another face or another label. Each has one of a few places around its face, the sure
/// ones first; one that finds none says less, and in the end is an emoji with a leader. From frame to frame what has a
/// place keeps it as long as that is free; what must go elsewhere fades in there. Used from one thread at a time.
package final class SceneLayout {
    let text: any TextMeasuring
    var memory: [Int: FaceMemory] = [:]
    private var noteSpots: [NoteKind: Int] = [:]
    var lastTime: Double?
    private var tier = 0
    private var tierSince: Double?
    var owner: Int?
    var ownerSince: Double?
    private var helpPlace: Int?
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
    package init(text: any TextMeasuring) { self.text = text }

    /// Lays out a scene.
    ///
    /// - Parameters:
    ///   - faces: the faces; those with the same number are the same from frame to frame.
    ///   - canvas: what is drawn on.
    ///   - options: what is wanted.
    ///   - notes: lines that belong to no face.
    ///   - time: seconds, of any clock that doesn't run back; nil for a picture that stands alone, in which everything
    ///     is at its place at once.
    package func arrange(
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
        let help = placeHelp(notes)
        let blocks = placeNotes(notes)
        let order = faces.sorted { precedes($0, $1) }
        let owner = chooseOwner(among: order, options, now: time)
        let panelled = owner.flatMap { placePanel(of: $0, elapsed) ? $0.number : nil }
        for face in faces { drawFrame(face, isChosen: face.number == panelled && faces.count > 1) }
        placeLabels(order, panelled: panelled, showsBars: options.showsBars, elapsed)
        for (block, bounds) in blocks + (help.map { [$0] } ?? []) {
            NoteLayout(style: style, canvas: canvas.bounds, text: text).draw(
                block, at: bounds, into: &drawing.shapes)
        }
        return drawing
    }

    private func forget() {
        memory.removeAll(keepingCapacity: true)
        noteSpots.removeAll(keepingCapacity: true)
        tier = 0
        (lastTime, tierSince, owner, ownerSince, helpPlace) = (nil, nil, nil, nil, nil)
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

    private func drawFrame(_ face: DrawnFace, isChosen: Bool) {
        guard let known = memory[face.number] else { return }
        let box = known.shown
        let snapped = Bounds(
            x: box.x.rounded(), y: box.y.rounded(), width: max(2, box.width.rounded()),
            height: max(2, box.height.rounded()))
        let plate = Plate(snapped, radius: box.width * 0.07, tilt: known.tilt)
        if let explanation = face.explanation {
            drawing.shapes.append(.heat(plate, explanation, isMirrored: canvas.isMirrored))
        }
        let width = max(1.5, min(3 * style.scale, box.width / 24)) * (isChosen ? 1.5 : 1)
        let isUnsure = face.reading.map { $0.certainty != .sure } ?? false
        let shown = face.reading?.color ?? .found
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

    /// Lays the list of keys where it hides no face, if there is such a place; it stays there until it is gone.
    private func placeHelp(_ notes: Notes) -> (NoteLayout.Block, Bounds)? {
        guard !notes.keys.isEmpty else {
            helpPlace = nil
            return nil
        }
        let layout = NoteLayout(style: style, canvas: canvas.bounds, text: text)
        let block = layout.help(notes.keys, model: notes.model)
        let isFree = { (number: Int, whole: Bool) -> Bool in
            let bounds = layout.place(block, number)
            return !self.memory.values.contains {
                whole ? $0.zone.whole.meets(bounds) : $0.zone.isHidden(by: bounds)
            }
        }
        let numbers = block.places.indices
        let number =
            helpPlace ?? numbers.first { isFree($0, true) } ?? numbers.first { isFree($0, false) } ?? 0
        helpPlace = number
        let bounds = layout.place(block, number)
        taken.append(bounds)
        drawing.parts.append(Part(kind: .help, face: nil, bounds: bounds, opacity: 1))
        return (block, bounds)
    }
}
