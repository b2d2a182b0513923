import CKernels

/// A feature as the entries of the integral image it reads, those that its rectangles share read once.
struct FeatureCorners: Sendable, Equatable {
    /// A corner, in pixels of the window.
    struct Point: Sendable, Equatable {
        var x, y: Int
    }

    var kind: haar_kind
    /// In the order that the kind asks for.
    var points: [Point]
    var weights: [Float]
    let tilted: Bool

    init(_ rectangles: [FeatureRectangle], tilted: Bool) {
        self.tilted = tilted
        let corners = rectangles.map { Self.corners(of: $0, tilted: tilted) }
        points = corners.flatMap { $0 }
        weights = rectangles.map(\.weight)
        kind = corners.count == 3 ? HAAR_TRIPLE : HAAR_PAIR
        if corners.count == 1 {
            points += points
            weights.append(0)
        }
        merge(corners)
    }

    /// Turns the sign of the feature's value.
    mutating func negate() {
        switch kind {
        case HAAR_HALF: points = [2, 3, 0, 1, 5, 4].map { points[$0] }
        default: weights = weights.map { -$0 }
        }
    }

    /// Finds the kinds whose rectangles share corners, by how often each corner counts.
    private mutating func merge(_ corners: [[Point]]) {
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
            self.points = half.flatMap { $0 }
            return
        }
        for sign in [1, -1] {
            let checker = [sign, -2 * sign, 4 * sign].map(points)
            if checker.map(\.count) == [4, 4, 1], counts.count == 9 {
                kind = HAAR_CHECKER
                self.points = checker.flatMap { $0 }
                weights = [Float(sign)]
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
