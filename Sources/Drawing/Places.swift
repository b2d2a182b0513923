/// Where a label may lie around a face, the best first.
struct Places {
    /// The upright box around the face.
    let face: Bounds
    let canvas: Bounds
    let gap: Double

    /// Places outside the face's box, each at one of its edges.
    static let beside = 0..<14
    /// The corners of the face's box, from inside: for faces that fill the picture.
    static let inside = 14..<18
    /// Around the face with a leader, near and farther away.
    static let around = 18..<42

    /// The place with a number, or nil where the canvas has no room for it.
    func place(_ number: Int, width: Double, height: Double) -> Bounds? {
        let room = canvas.expanded(by: -gap / 2)
        guard width <= room.width, height <= room.height else { return nil }
        var (x, y) = (face.x, face.y)
        switch number {
        case 0...5:
            y = number < 3 ? face.y - gap - height : face.bottom + gap
            x = [face.x, face.middleX - width / 2, face.right - width][number % 3]
            let wanted = x
            x = min(max(x, room.x), room.right - width)
            // Pushed along by the canvas's edge, but still at the face.
            guard abs(x - wanted) <= 0.7 * width, x < face.right, x + width > face.x else { return nil }
        case 6...9:
            x = number < 8 ? face.right + gap : face.x - gap - width
            let wanted = number % 2 == 0 ? face.y : face.bottom - height
            y = min(max(wanted, room.y), room.bottom - height)
            guard y < face.bottom, y + height > face.y else { return nil }
        case 10...13:
            // Over a corner, half of it beside the face.
            x = (number % 2 == 0 ? face.x : face.right) - width / 2
            y = number < 12 ? face.y - gap - height : face.bottom + gap
        case Places.inside:
            let (left, right) = (max(face.x + gap, room.x), min(face.right - gap, room.right))
            let (top, bottom) = (max(face.y + gap, room.y), min(face.bottom - gap, room.bottom))
            guard right - left >= width, bottom - top >= height else { return nil }
            x = number % 2 == 0 ? left : right - width
            y = number < Places.inside.lowerBound + 2 ? top : bottom - height
        case Places.around:
            let step = number - Places.around.lowerBound
            let (dx, dy) = Places.directions[step % 8]
            let distance = [1.0, 2.4, 4][min(2, step / 8)] * max(width, height)
            x = face.middleX + dx * (face.width / 2 + distance) - width / 2
            y = face.middleY + dy * (face.height / 2 + distance) - height / 2
        default: return nil
        }
        let place = Bounds(x: x.rounded(), y: y.rounded(), width: width, height: height)
        return canvas.holds(place) ? place : nil
    }

    private static let directions: [(Double, Double)] = [
        (0, -1), (1, -0.7), (-1, -0.7), (1, 0), (-1, 0), (0, 1), (1, 0.7), (-1, 0.7),
    ]

    /// Where a panel may lie: beside the face, else in a corner.
    static let panel = 0..<10

    /// The panel's place with a number, or nil where the canvas has no room for it.
    func panelPlace(_ number: Int, width: Double, height: Double) -> Bounds? {
        let room = canvas.expanded(by: -gap)
        guard width <= room.width, height <= room.height else { return nil }
        let alongY = min(max(face.y, room.y), room.bottom - height)
        let alongX = min(max(face.x, room.x), room.right - width)
        let corner: (x: Double, y: Double) =
            switch number {
            case 0: (face.right + gap, alongY)
            case 1: (face.x - gap - width, alongY)
            case 2: (alongX, face.bottom + gap)
            case 3: (alongX, face.y - gap - height)
            case 4: (room.right - width, room.bottom - height)
            case 5: (room.x, room.bottom - height)
            case 6: (room.right - width, room.y)
            case 7: (room.x, room.y)
            case 8: (room.right - width, alongY)
            default: (room.x, alongY)
            }
        let place = Bounds(x: corner.x.rounded(), y: corner.y.rounded(), width: width, height: height)
        return canvas.holds(place) ? place : nil
    }
}
