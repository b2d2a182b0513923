import CKernels

/// A feature as the entries of the integral image it reads, those that its rectangles share read once.
///
/// Without memory of its own: there are thousands, and a cascade is laid out several times.
struct FeatureCorners: Sendable, Equatable {
    /// A corner, in pixels of the window.
    struct Point: Sendable, Equatable {
        var x, y: Int
    }

    private(set) var kind: haar_kind
    let tilted: Bool
    /// How many corners there are.
    private(set) var count = 0
    private var columns = SIMD16<Int16>()
    private var rows = SIMD16<Int16>()
    /// What up to three rectangles count for.
    private(set) var weights = SIMD4<Float>()

    init(_ rectangles: [FeatureRectangle], tilted: Bool) {
        self.tilted = tilted
        let corners = rectangles.map { Self.corners(of: $0, tilted: tilted) }
        for (index, rectangle) in rectangles.prefix(3).enumerated() { weights[index] = rectangle.weight }
        kind = corners.count == 3 ? HAAR_TRIPLE : HAAR_PAIR
        // The second rectangle of one that stands alone counts nothing.
        setPoints(corners.count == 1 ? corners[0] + corners[0] : corners.flatMap { $0 })
        merge(corners, rectangles.map(\.weight))
    }

    /// Corners in the order that the kind asks for.
    func point(_ index: Int) -> Point { Point(x: Int(columns[index]), y: Int(rows[index])) }

    private mutating func setPoints(_ points: [Point]) {
        count = min(points.count, columns.scalarCount)
        for index in 0..<count {
            // A window has 1,024 columns and rows at most.
            columns[index] = Int16(clamping: points[index].x)
            rows[index] = Int16(clamping: points[index].y)
        }
    }

    /// Turns the sign of the feature's value.
    mutating func negate() {
        switch kind {
        case HAAR_HALF:
            let order: SIMD8<Int> = [2, 3, 0, 1, 5, 4, 6, 7]
            let (x, y) = (columns, rows)
            for index in 0..<count { (columns[index], rows[index]) = (x[order[index]], y[order[index]]) }
        default: weights = -weights
        }
    }

    /// Finds the kinds whose rectangles share corners, by how often each corner counts.
    private mutating func merge(_ corners: [[Point]], _ weights: [Float]) {
        guard weights.allSatisfy({ $0 == $0.rounded() && abs($0) < 100 }) else { return }
        // A dozen at most, and every start of the program does it for thousands of features: no dictionary.
        var counts: [(point: Point, count: Int)] = []
        for (corners, weight) in zip(corners, weights) {
            for (corner, sign) in zip(corners, [1, -1, -1, 1]) {
                if let known = counts.firstIndex(where: { $0.point == corner }) {
                    counts[known].count += sign * Int(weight)
                } else {
                    counts.append((corner, sign * Int(weight)))
                }
            }
        }
        counts.sort { ($0.point.y, $0.point.x) < ($1.point.y, $1.point.x) }
        func points(counting count: Int) -> [Point] {
            counts.compactMap { $0.count == count ? $0.point : nil }
        }
        let half = [1, -1, 2, -2].map(points)
        if half.map(\.count) == [2, 2, 1, 1], counts.allSatisfy({ (1...2).contains(abs($0.count)) }) {
            kind = HAAR_HALF
            setPoints(half.flatMap { $0 })
            return
        }
        for sign in [1, -1] {
            let checker = [sign, -2 * sign, 4 * sign].map(points)
            if checker.map(\.count) == [4, 4, 1], counts.count == 9 {
                kind = HAAR_CHECKER
                setPoints(checker.flatMap { $0 })
                self.weights = SIMD4(Float(sign), 0, 0, 0)
                return
            }
        }
    }

    /// Top left, top right, bottom left, bottom right; of a tilted one top, left, right, bottom.
    static func corners(of box: FeatureRectangle, tilted: Bool) -> [Point] {
        let (x, y, width, height) = (box.x, box.y, box.width, box.height)
        guard tilted else {
            return [(x, y), (x + width, y), (x, y + height), (x + width, y + height)].map(Point.init)
        }
        return [
            (x, y), (x - height, y + height), (x + width, y + width),
            (x + width - height, y + width + height),
        ].map(Point.init)
    }
}
