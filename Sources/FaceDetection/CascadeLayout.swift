import CKernels

/// A cascade as the kernels take it: every corner of every feature as a distance in tables of one stride, and the
/// trees of each stage sorted so that those alike come together.
///
/// It owns plain memory, since kernels follow its pointers: nodes, sizes of trees, and stages that point to both.
package final class CascadeLayout {
    /// Each node's feature: the cascade's own, so that layouts share them.
    private let features: [FeatureCorners]
    private let places: [PlacedTree.Place]
    private let inner: [FeatureCorners.Point]
    private let nodes: UnsafeMutableBufferPointer<haar_node>
    private let patternCorners: [[FeatureCorners.Point]]
    private let patterns: UnsafeMutableBufferPointer<haar_pattern>
    private let sizes: UnsafeMutableBufferPointer<Int32>
    private let stages: UnsafeMutableBufferPointer<haar_stage>
    /// What kernels are called with.
    package private(set) var table = haar_cascade()
    private var stride = 0
    private var tiltedOffset = 0
    private let step: Int

    /// Lays a cascade out for windows that are `step` pixels apart; to be placed before use.
    package init(_ cascade: HaarCascade, step: Int) {
        self.step = step
        nodes = .allocate(capacity: cascade.nodes.count)
        sizes = .allocate(capacity: cascade.trees.count)
        stages = .allocate(capacity: cascade.stages.count)
        patterns = .allocate(capacity: cascade.patterns.count)
        patternCorners = cascade.patterns.map(\.corners)
        for (index, pattern) in cascade.patterns.enumerated() {
            patterns.initializeElement(at: index, to: pattern.placed)
        }
        let inset = HaarCascade.WeightedRectangle(
            x: 1, y: 1, width: cascade.windowWidth - 2, height: cascade.windowHeight - 2, weight: 1)
        inner = FeatureCorners.corners(of: inset, tilted: false)
        features = cascade.corners
        var places: [PlacedTree.Place] = []
        places.reserveCapacity(cascade.nodes.count)
        for (index, stage) in cascade.stages.enumerated() where cascade.patterns.isEmpty {
            let firstNode = places.count
            let trees = cascade.trees[stage.trees].map { PlacedTree($0, of: cascade) }
            let sorted = trees.sorted { $0.order < $1.order }
            for (place, tree) in zip(stage.trees, sorted) {
                for (node, nodePlace) in zip(tree.nodes, tree.places) {
                    nodes.initializeElement(at: places.count, to: node)
                    places.append(nodePlace)
                }
                sizes.initializeElement(at: place, to: Int32(tree.nodes.count))
            }
            var placed = haar_stage()
            placed.nodes = UnsafePointer(nodes.baseAddress?.advanced(by: firstNode))
            placed.tree_sizes = UnsafePointer(sizes.baseAddress?.advanced(by: stage.trees.lowerBound))
            placed.trees = sorted.count
            placed.shape = PlacedTree.shape(of: sorted)
            if placed.shape != HAAR_TREES { Self.count(sorted, in: &placed) }
            placed.threshold = stage.threshold
            placed.margin = Self.margin(of: sorted.map(\.greatestVote), threshold: stage.threshold)
            stages.initializeElement(at: index, to: placed)
        }
        for (index, stage) in cascade.stages.enumerated() where !cascade.patterns.isEmpty {
            var placed = haar_stage()
            placed.patterns = UnsafePointer(patterns.baseAddress?.advanced(by: stage.trees.lowerBound))
            placed.trees = stage.trees.count
            placed.shape = HAAR_PATTERNS
            placed.threshold = stage.threshold
            let votes = cascade.patterns[stage.trees].map { max(abs($0.left), abs($0.right)) }
            placed.margin = Self.margin(of: votes, threshold: stage.threshold)
            stages.initializeElement(at: index, to: placed)
        }
        self.places = places
        table.stages = UnsafePointer(stages.baseAddress)
        table.stage_count = stages.count
        table.area = Int32(inset.width * inset.height)
        table.judges_flat = !cascade.patterns.isEmpty
    }

    deinit {
        nodes.deallocate()
        sizes.deallocate()
        stages.deallocate()
        patterns.deallocate()
    }

    /// Works out the distances for tables of a stride, where tilted sums follow the others at a distance; does nothing
    /// where it is done already.
    package func place(stride: Int, tiltedOffset: Int) {
        if stride == self.stride && tiltedOffset == self.tiltedOffset { return }
        self.stride = stride
        self.tiltedOffset = tiltedOffset
        table.inner = (entry(inner[0]), entry(inner[1]), entry(inner[2]), entry(inner[3]))
        for (index, nodePlace) in places.enumerated() {
            var corners = features[Int(nodePlace.feature)]
            if nodePlace.isNegated { corners.negate() }
            let offset = corners.tilted ? Int32(tiltedOffset) : 0
            withUnsafeMutableBytes(of: &nodes[index].corners) { bytes in
                let distances = bytes.bindMemory(to: Int32.self)
                for place in 0..<min(corners.count, distances.count) {
                    distances[place] = offset + entry(corners.point(place))
                }
            }
        }
        for (index, corners) in patternCorners.enumerated() {
            withUnsafeMutableBytes(of: &patterns[index].corners) { bytes in
                let distances = bytes.bindMemory(to: Int32.self)
                for (place, point) in corners.enumerated() { distances[place] = entry(point) }
            }
        }
    }

    /// By how much the sum of a stage's votes may be wrong in single precision.
    private static func margin(of greatestVotes: [Float], threshold: Float) -> Float {
        // The error of a sum is at most its terms' number times their greatest sum times half a unit.
        greatestVotes.reduce(abs(threshold), +) * Float(greatestVotes.count + 2) * .ulpOfOne
    }

    /// How far the entry for a pixel of a window is from that of its origin.
    private func entry(_ point: FeatureCorners.Point) -> Int32 {
        // Windows two apart begin in even columns, which tables then hold apart from odd ones.
        let column = step == 2 ? (point.x & 1) * (stride / 2) + point.x / 2 : point.x
        return Int32(point.y * stride + column)
    }

    private static func count(_ trees: [PlacedTree], in stage: inout haar_stage) {
        withUnsafeMutableBytes(of: &stage.counts) { bytes in
            let counts = bytes.bindMemory(to: Int32.self)
            for tree in trees { counts[tree.order] += 1 }
        }
    }
}

extension HaarCascade.Pattern {
    /// The corners of its blocks, row by row.
    fileprivate var corners: [FeatureCorners.Point] {
        (0..<16).map { .init(x: x + $0 % 4 * width, y: y + $0 / 4 * height) }
    }

    /// Ready for the kernels but for its corners' distances.
    fileprivate var placed: haar_pattern {
        var placed = haar_pattern()
        withUnsafeMutableBytes(of: &placed.subset) { bytes in
            let words = bytes.bindMemory(to: UInt32.self)
            for (index, word) in subset.prefix(words.count).enumerated() { words[index] = word }
        }
        (placed.left_value, placed.right_value) = (left, right)
        return placed
    }
}

/// A tree on its way into a layout.
private struct PlacedTree {
    var nodes: [haar_node] = []
    /// A node's feature.
    struct Place {
        var feature: Int32
        /// Whether its value's sign is turned.
        var isNegated = false
    }
    var places: [Place] = []
    private var corners: [FeatureCorners] = []
    /// The largest of its leaves, sign aside.
    let greatestVote: Float

    init(_ tree: HaarCascade.Tree, of cascade: HaarCascade) {
        let leaves = cascade.leaves[tree.leaves]
        greatestVote = leaves.reduce(0) { max($0, abs($1)) }
        for node in cascade.nodes[tree.nodes] {
            var placed = haar_node()
            placed.threshold = node.threshold
            placed.left = Int32(max(0, node.left))
            placed.right = Int32(max(0, node.right))
            if node.left <= 0 { placed.left_value = leaves[leaves.startIndex - node.left] }
            if node.right <= 0 { placed.right_value = leaves[leaves.startIndex - node.right] }
            nodes.append(placed)
            corners.append(cascade.corners[node.feature])
            places.append(Place(feature: Int32(clamping: node.feature)))
        }
        if nodes.count == 2, nodes[0].left == 1 { mirrorRoot() }
        for index in nodes.indices {
            let weights = corners[index].weights
            nodes[index].kind = corners[index].kind
            nodes[index].weights = (weights[0], weights[1], weights[2])
        }
    }

    /// Swaps the root's sides, so that its child is to the right: v < t leads left exactly where not -v < t', with t'
    /// the number next above -t.
    private mutating func mirrorRoot() {
        corners[0].negate()
        places[0].isNegated = true
        var root = nodes[0]
        root.threshold = (-root.threshold).nextUp
        (root.left, root.right) = (root.right, root.left)
        (root.left_value, root.right_value) = (root.right_value, root.left_value)
        nodes[0] = root
    }

    /// Its place among the stage's counts, by its nodes' kinds; trees of other shapes keep the order they have.
    var order: Int {
        switch nodes.count {
        case 1: Int(nodes[0].kind.rawValue)
        case 2: Int(nodes[0].kind.rawValue * HAAR_KINDS.rawValue + nodes[1].kind.rawValue)
        default: 0
        }
    }

    static func shape(of trees: [PlacedTree]) -> haar_shape {
        if trees.allSatisfy({ $0.nodes.count == 1 }) { return HAAR_STUMPS }
        let areTwigs = trees.allSatisfy {
            $0.nodes.count == 2 && $0.nodes[0].left == 0 && $0.nodes[0].right == 1
                && $0.nodes[1].left == 0
                && $0.nodes[1].right == 0
        }
        return areTwigs ? HAAR_TWIGS : HAAR_TREES
    }
}
