// Where the labels of faces lie.
extension SceneLayout {
    /// What has a place first, then what needs one.
    ///
    /// - Parameter panelled: the face whose panel is there.
    func placeLabels(_ order: [DrawnFace], panelled: Int?, showsBars: Bool, _ elapsed: Double?) {
        func hasPanel(_ face: DrawnFace) -> Bool { !showsBars || face.number == panelled }
        var pending: [DrawnFace] = []
        for face in order where face.reading != nil {
            if !keepLabel(of: face, hasPanel: hasPanel(face), elapsed) { pending.append(face) }
        }
        for face in pending { placeLabel(of: face, hasPanel: hasPanel(face)) }
    }

    private func content(_ face: DrawnFace, _ kind: LabelKind, hasPanel: Bool) -> Label? {
        face.reading.map {
            Label($0, kind, hasPanel: hasPanel, history: face.history, style: style, text: text)
        }
    }

    /// Leaves a label where it was, if that is still free; true where it stays.
    private func keepLabel(
        of face: DrawnFace, hasPanel: Bool, _ elapsed: Double?
    ) -> Bool {
        guard let now = lastTime, let known = memory[face.number], var spot = known.label,
            let label = content(face, spot.kind, hasPanel: hasPanel),
            let place = place(spot.place, label, of: face), isFree(place, of: face, spot.place)
        else { return false }
        if spot.kind != .full {
            let better = search(face, hasPanel: hasPanel, upTo: spot.kind)
            let since = better == nil ? nil : known.betterSince ?? now
            memory[face.number]?.betterSince = since
            if let since, now - since >= Self.patience {
                memory[face.number]?.betterSince = nil
                return false
            }
        }
        spot.opacity = min(1, spot.opacity + (elapsed ?? 1) / FaceMemory.fade)
        put(label, of: face, spot, at: place)
        return true
    }

    private func placeLabel(of face: DrawnFace, hasPanel: Bool) {
        guard let found = search(face, hasPanel: hasPanel, upTo: nil) else {
            memory[face.number]?.label = nil
            return
        }
        put(
            found.label, of: face,
            FaceMemory.Spot(kind: found.kind, place: found.place, opacity: lastTime == nil ? 1 : 0),
            at: found.bounds)
    }

    private func put(_ label: Label, of face: DrawnFace, _ spot: FaceMemory.Spot<LabelKind>, at place: Bounds)
    {
        memory[face.number]?.label = spot
        memory[face.number]?.labelBounds = place
        taken.append(place)
        drawing.parts.append(
            Part(
                kind: .label(spot.kind), face: face.number, bounds: place, opacity: spot.opacity,
                slot: spot.place))
        if spot.opacity < 1 { drawing.isMoving = true }
        if Places.around.contains(spot.place), let leader = leader(from: place, to: face) {
            draw(leader, .white, spot.opacity)
        }
        label.draw(at: place, opacity: spot.opacity, scale: style.scale, into: &drawing.shapes)
    }

    /// The line from a label that lies away from its face to the face's box.
    func leader(from place: Bounds, to face: DrawnFace) -> (Point, Point)? {
        guard let box = memory[face.number]?.shown else { return nil }
        let end = Point(x: place.middleX, y: place.middleY).nearest(in: box)
        return (end.nearest(in: place), end)
    }

    func draw(_ leader: (Point, Point), _ color: Color, _ opacity: Double) {
        let width = max(1, 2 * style.scale)
        let faded = Float(opacity)
        drawing.shapes.append(
            .line(from: leader.0, to: leader.1, width: width + 2, .black.opacity(0.5 * faded)))
        drawing.shapes.append(.line(from: leader.0, to: leader.1, width: width, color.opacity(0.9 * faded)))
    }

    /// The first free place for what says most, or for what says more than `limit`.
    private func search(
        _ face: DrawnFace, hasPanel: Bool, upTo limit: LabelKind?
    ) -> (label: Label, kind: LabelKind, place: Int, bounds: Bounds)? {
        guard let known = memory[face.number] else { return nil }
        let isHuge =
            known.shown.width > 0.5 * canvas.bounds.width || known.shown.height > 0.6 * canvas.bounds.height
        for kind in [LabelKind.full, .short, .dot] {
            if let limit, kind.rawValue >= limit.rawValue { return nil }
            guard let label = content(face, kind, hasPanel: hasPanel) else { return nil }
            var places = Array(Places.beside)
            if kind == .dot { places += Places.around }
            if kind == .dot || isHuge { places += Places.inside }
            for number in places {
                guard let bounds = place(number, label, of: face), isFree(bounds, of: face, number) else {
                    continue
                }
                return (label, kind, number, bounds)
            }
        }
        return nil
    }

    private func place(_ number: Int, _ label: Label, of face: DrawnFace) -> Bounds? {
        places(of: face)?.place(number, width: label.width, height: label.height)
    }

    func places(of face: DrawnFace) -> Places? {
        memory[face.number].map {
            Places(
                face: FaceZone(box: $0.shown, tilt: $0.tilt).whole, canvas: canvas.bounds,
                gap: (5 * style.scale).rounded())
        }
    }

    /// True where a label covers no face, nothing that lies already, and its leader crosses no face.
    private func isFree(_ bounds: Bounds, of face: DrawnFace, _ place: Int) -> Bool {
        let isInside = Places.inside.contains(place)
        let line = Places.around.contains(place) ? leader(from: bounds, to: face) : nil
        for (number, known) in memory {
            if number == face.number {
                let covers = FaceZone(box: known.shown, tilt: known.tilt)
                if known.zone.isHidden(by: bounds) || !isInside && bounds.meets(covers.whole) { return false }
            } else {
                if bounds.meets(known.zone.whole) { return false }
                if let line, line.0.line(to: line.1, meets: known.zone.whole) { return false }
            }
        }
        return isUntaken(bounds)
    }

    func isUntaken(_ bounds: Bounds) -> Bool {
        let widened = bounds.expanded(by: 2 * style.scale)
        return !taken.contains { $0.meets(widened) }
    }
}
