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
        kind = rectangles.count == 3 ? HAAR_TRIPLE : HAAR_PAIR
        var tally = CornerTally()
        for (index, rectangle) in rectangles.prefix(3).enumerated() {
            weights[index] = rectangle.weight
            addCorners(of: rectangle)
            tally.add(rectangle, tilted: tilted)
        }
        // The second rectangle of one that stands alone counts nothing.
        if rectangles.count == 1 { addCorners(of: rectangles[0]) }
        merge(tally)
    }

    /// Corners in the order that the kind asks for.
    func point(_ index: Int) -> Point { Point(x: Int(columns[index]), y: Int(rows[index])) }

    private mutating func addCorners(of rectangle: FeatureRectangle) {
        for corner in 0..<4 { add(Self.corner(corner, of: rectangle, tilted: tilted)) }
    }

    private mutating func add(_ point: Point) {
        guard count < columns.scalarCount else { return }
        // A window has 1,024 columns and rows at most.
        columns[count] = Int16(clamping: point.x)
        rows[count] = Int16(clamping: point.y)
        count += 1
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
    private mutating func merge(_ tally: CornerTally) {
        guard tally.isExact else { return }
        if tally.has(2, 1), tally.has(2, -1), tally.has(1, 2), tally.has(1, -2), tally.count == 6 {
            kind = HAAR_HALF
            take(tally, [1, -1, 2, -2])
            return
        }
        for sign in [1, -1] where tally.count == 9 {
            if tally.has(4, sign), tally.has(4, -2 * sign), tally.has(1, 4 * sign) {
                kind = HAAR_CHECKER
                take(tally, [sign, -2 * sign, 4 * sign])
                weights = SIMD4(Float(sign), 0, 0, 0)
                return
            }
        }
    }

    /// Replaces the corners by a tally's, those that count so often one after another.
    private mutating func take(_ tally: CornerTally, _ order: [Int]) {
        count = 0
        for times in order {
            for index in 0..<tally.count where tally.times(index) == times { add(tally.point(index)) }
        }
    }

    /// Top left, top right, bottom left, bottom right; of a tilted one top, left, right, bottom.
    static func corners(of box: FeatureRectangle, tilted: Bool) -> [Point] {
        (0..<4).map { corner($0, of: box, tilted: tilted) }
    }

    /// One of ``corners(of:tilted:)``.
    static func corner(_ number: Int, of box: FeatureRectangle, tilted: Bool) -> Point {
        let (right, down) = (number & 1 == 1, number & 2 == 2)
        guard tilted else {
            return Point(x: box.x + (right ? box.width : 0), y: box.y + (down ? box.height : 0))
        }
        return Point(
            x: box.x - (right ? box.height : 0) + (down ? box.width : 0),
            y: box.y + (right ? box.height : 0) + (down ? box.width : 0))
    }
}

/// How often each corner of a feature's rectangles counts, in reading order.
///
/// A dozen corners at most, and every start of the program does it for thousands of features: no memory of its own.
private struct CornerTally {
    /// How many corners there are.
    private(set) var count = 0
    /// Whether every weight is a whole number.
    private(set) var isExact = true
    /// Row and column of each, the rows in the upper half.
    private var places = SIMD16<Int32>()
    private var sums = SIMD16<Int32>()

    mutating func add(_ rectangle: FeatureRectangle, tilted: Bool) {
        guard rectangle.weight == rectangle.weight.rounded(), abs(rectangle.weight) < 100 else {
            isExact = false
            return
        }
        let times = Int32(rectangle.weight)
        for corner in 0..<4 {
            let point = FeatureCorners.corner(corner, of: rectangle, tilted: tilted)
            add(
                Int32(clamping: point.y) << 16 | Int32(clamping: point.x),
                corner == 0 || corner == 3 ? times : -times)
        }
    }

    private mutating func add(_ place: Int32, _ times: Int32) {
        var at = 0
        while at < count, places[at] < place { at += 1 }
        if at == count || places[at] != place {
            guard count < places.scalarCount else { return }
            for index in stride(from: count, to: at, by: -1) {
                (places[index], sums[index]) = (places[index - 1], sums[index - 1])
            }
            (places[at], sums[at]) = (place, 0)
            count += 1
        }
        sums[at] += times
    }

    /// Whether so many corners count so often.
    func has(_ corners: Int, _ times: Int) -> Bool {
        var found = 0
        for index in 0..<count where sums[index] == Int32(times) { found += 1 }
        return found == corners
    }

    /// How often a corner counts.
    func times(_ index: Int) -> Int { Int(sums[index]) }

    /// Where it is.
    func point(_ index: Int) -> FeatureCorners.Point {
        .init(x: Int(places[index] & 0xFFFF), y: Int(places[index] >> 16))
    }
}
