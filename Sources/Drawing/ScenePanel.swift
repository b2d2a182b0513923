import Faces

// Whose panel is shown, and where it lies.
extension SceneLayout {
    /// The face that has the panel: the chosen one, else the largest, which one a little larger does not take over.
    func chooseOwner(among faces: [DrawnFace], _ options: DrawingOptions, now: Double?) -> DrawnFace? {
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

    /// Lays the panel near its face; false where there is no room for it.
    func placePanel(of face: DrawnFace, _ elapsed: Double?) -> Bool {
        guard let probabilities = face.probabilities, let reading = face.reading else { return false }
        let panel = BarPanel(style: style, text: text)
        let size = panel.size(hasRibbon: face.history != nil)
        let kept = memory[face.number]?.panel
        guard let (number, bounds) = panelPlace(of: face, size, kept: kept?.place) else {
            memory[face.number]?.panel = nil
            return false
        }
        let opacity =
            if let elapsed, let kept, kept.place == number {
                min(1, kept.opacity + elapsed / FaceMemory.fade)
            } else { lastTime == nil ? 1.0 : 0 }
        memory[face.number]?.panel = FaceMemory.Spot(kind: 0, place: number, opacity: opacity)
        taken.append(bounds)
        drawing.parts.append(
            Part(kind: .panel, face: face.number, bounds: bounds, opacity: opacity, slot: number))
        if opacity < 1 { drawing.isMoving = true }
        // Among several it is shown whose it is.
        if memory.count > 1, let leader = leader(from: bounds, to: face), !crossesFaces(leader) {
            draw(leader, reading.color, opacity)
        }
        panel.draw(
            probabilities, reading, face.history, in: bounds, opacity: opacity, into: &drawing.shapes)
        return true
    }

    /// Where it was; else where neither labels nor their usual places are covered; else where no label has to give way;
    /// else anywhere.
    private func panelPlace(
        of face: DrawnFace, _ size: (width: Double, height: Double), kept: Int?
    ) -> (number: Int, bounds: Bounds)? {
        // A small canvas says less: a panel may not take most of it.
        guard size.width <= 0.42 * canvas.bounds.width, size.height <= 0.7 * canvas.bounds.height,
            let places = places(of: face)
        else { return nil }
        func free(_ number: Int) -> Bounds? {
            guard let bounds = places.panelPlace(number, width: size.width, height: size.height),
                isUntaken(bounds), !memory.values.contains(where: { $0.zone.whole.meets(bounds) })
            else { return nil }
            return bounds
        }
        if let kept, let bounds = free(kept) { return (kept, bounds) }
        let candidates = Places.panel.compactMap { number in free(number).map { (number: number, bounds: $0) }
        }
        let sparing = candidates.filter { candidate in
            !memory.values.contains { $0.labelBounds?.meets(candidate.bounds) ?? false }
        }
        let room = 48 * style.scale
        let roomy = sparing.first { candidate in
            !memory.contains { $0 != face.number && $1.zone.whole.expanded(by: room).meets(candidate.bounds) }
        }
        return roomy ?? sparing.first ?? candidates.first
    }

    private func crossesFaces(_ line: (Point, Point)) -> Bool {
        memory.contains { $0 != owner && line.0.line(to: line.1, meets: $1.zone.whole) }
    }
}
