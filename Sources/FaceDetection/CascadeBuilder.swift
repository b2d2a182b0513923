import CKernels

/// Puts a cascade together of what its file's elements say, in the order in which they end, and checks each.
struct CascadeBuilder {
    /// A node of the old layout on its way: children are nodes or leaves.
    private struct OldNode {
        var threshold: Double?
        var children: [(isLeaf: Bool, value: Double)] = []
    }

    private var cascade = HaarCascade()
    private var node = OldNode()
    private var announcedStages: Int?
    private var stageThreshold: Float?
    private var nodeValues: [Double]?
    private var leafValues: [Double]?
    private var rectangles: [HaarCascade.WeightedRectangle] = []
    /// Whether features are local binary patterns: their blocks, and which of them each pattern has.
    private var hasPatterns = false
    private var blocks: [HaarCascade.WeightedRectangle] = []
    private var patternBlocks: [Int] = []
    private var tilted = false

    private static let windowSides = 3...1024

    /// Takes what an element says, at its end; those in it have ended.
    ///
    /// - Throws: ``CascadeFault`` where that is not what its place asks for.
    mutating func end(_ place: CascadePlaces.Place, _ text: CascadeText) throws(CascadeFault) {
        switch place {
        case .stageType: try require("BOOST", text, what: "stages")
        case .featureType:
            hasPatterns = text.words == ["LBP"]
            if !hasPatterns { try require("HAAR", text, what: "features") }
        case .categoryCount: if hasPatterns { _ = try text.integer(in: 256...256) }
        case .size: try setSize(text)
        case .width: try setSize(\.windowWidth, text)
        case .height: try setSize(\.windowHeight, text)
        case .stageCount: announcedStages = try text.integer(in: 1...10_000)
        case .stageThreshold: try endStageThreshold(text)
        case .nodes: nodeValues = try text.numbers()
        case .leaves: leafValues = try text.numbers()
        case .weakClassifier: if hasPatterns { try endPattern() } else { try endTree() }
        case .stage: try endStage()
        case .rectangle: try endRectangle(text)
        case .tilted: tilted = try text.integer(in: 0...1) == 1
        case .block: if hasPatterns { try endBlock(text) }
        case .feature: if !hasPatterns { try endFeature() }
        case .nodeThreshold: node.threshold = try text.number()
        case .value: try endChild(text, isLeaf: true)
        case .child: try endChild(text, isLeaf: false)
        case .node: try endNode()
        case .tree: try endTree()
        }
    }

    private mutating func endStageThreshold(_ text: CascadeText) throws(CascadeFault) {
        stageThreshold = Float(finite: try text.number())
    }

    /// Left comes before right in every file.
    private mutating func endChild(_ text: CascadeText, isLeaf: Bool) throws(CascadeFault) {
        node.children.append((isLeaf, try text.number()))
    }

    /// Brings a node into the other layout's form: two targets, a feature's number and a threshold.
    private mutating func endNode() throws(CascadeFault) {
        defer { node = OldNode() }
        // Each node brings one feature, which comes before the node's end.
        let feature = cascade.nodes.count + (nodeValues?.count ?? 0) / 4
        guard let threshold = node.threshold, node.children.count == 2,
            cascade.features.count == feature + 1
        else { throw .invalid("a tree's node without one feature, a threshold and two targets") }
        var targets: [Double] = []
        for child in node.children {
            if child.isLeaf {
                targets.append(-Double(leafValues?.count ?? 0))
                leafValues = (leafValues ?? []) + [child.value]
            } else {
                guard child.value > 0 else { throw .invalid("a tree's node leads outside the tree") }
                targets.append(child.value)
            }
        }
        nodeValues = (nodeValues ?? []) + targets + [Double(feature), threshold]
    }

    private func require(_ expected: String, _ text: CascadeText, what: String) throws(CascadeFault) {
        let found = text.words.joined(separator: " ")
        guard found == expected else { throw .unsupported(kind: "\(found.prefix(20)) (\(what))") }
    }

    private mutating func setSize(
        _ side: WritableKeyPath<HaarCascade, Int>, _ text: CascadeText
    ) throws(CascadeFault) {
        // Given twice, features would be checked against another window than they are used in.
        guard cascade[keyPath: side] == 0 else { throw .invalid("the window's size is given twice") }
        cascade[keyPath: side] = try text.integer(in: Self.windowSides)
    }

    /// Both sides at once, as the old layout has them.
    private mutating func setSize(_ text: CascadeText) throws(CascadeFault) {
        let sides = try text.numbers(count: 2)
        guard cascade.windowWidth == 0 else { throw .invalid("the window's size is given twice") }
        guard let width = Int(exactly: sides[0]), let height = Int(exactly: sides[1]),
            Self.windowSides.contains(width), Self.windowSides.contains(height)
        else { throw .invalid("size is not two whole numbers from 3 to 1024") }
        (cascade.windowWidth, cascade.windowHeight) = (width, height)
    }

    private mutating func endTree() throws(CascadeFault) {
        defer { (nodeValues, leafValues) = (nil, nil) }
        guard let values = nodeValues, let leaves = leafValues, !values.isEmpty, values.count % 4 == 0
        else {
            throw .invalid("a tree without nodes of four numbers and leaves")
        }
        let count = values.count / 4
        guard count <= Int(HAAR_TREE_LIMIT) else {
            throw .invalid("a tree of \(count) nodes, more than \(HAAR_TREE_LIMIT)")
        }
        guard leaves.count == count + 1 else {
            throw .invalid("a tree of \(count) nodes has \(leaves.count) leaves, not \(count + 1)")
        }
        let first = cascade.nodes.count
        for index in 0..<count {
            // Children come after their parent, so that every walk ends.
            let targets = values[(index * 4)...].prefix(2).map { Int(exactly: $0) }
            guard let left = targets[0], let right = targets[1],
                [left, right].allSatisfy({ $0 > 0 ? $0 > index && $0 < count : $0.magnitude <= count })
            else { throw .invalid("a tree's node leads outside the tree") }
            guard let feature = Int(exactly: values[index * 4 + 2]), feature >= 0,
                let threshold = Float(finite: values[index * 4 + 3])
            else { throw .invalid("a tree's node has no feature or threshold") }
            cascade.nodes.append(.init(feature: feature, threshold: threshold, left: left, right: right))
        }
        let firstLeaf = cascade.leaves.count
        for value in leaves {
            guard let leaf = Float(finite: value) else { throw .invalid("a leaf is out of range") }
            cascade.leaves.append(leaf)
        }
        cascade.trees.append(
            .init(nodes: first..<cascade.nodes.count, leaves: firstLeaf..<cascade.leaves.count))
    }

    private mutating func endPattern() throws(CascadeFault) {
        defer { (nodeValues, leafValues) = (nil, nil) }
        // Left and right lead to the leaves; a feature and eight words of bits follow.
        guard let values = nodeValues, values.count == 11, values[0] == 0, values[1] == -1,
            let leaves = leafValues?.compactMap(Float.init(finite:)), leaves.count == 2,
            let feature = Int(exactly: values[2]), feature >= 0
        else { throw .invalid("a pattern is not one node of eleven numbers with two leaves") }
        let subset = values[3...].compactMap { Int32(exactly: $0) }.map { UInt32(bitPattern: $0) }
        guard subset.count == 8 else { throw .invalid("a pattern's bits are not whole numbers") }
        patternBlocks.append(feature)
        // Where its blocks lie is said at the file's end.
        cascade.patterns.append(
            .init(x: 0, y: 0, width: 0, height: 0, subset: subset, left: leaves[0], right: leaves[1]))
    }

    private mutating func endBlock(_ text: CascadeText) throws(CascadeFault) {
        let sides = try text.numbers(count: 4).compactMap { Int(exactly: $0) }
        guard sides.count == 4 else {
            throw .invalid("a pattern's block is not four whole numbers")
        }
        let (width, height) = (cascade.windowWidth, cascade.windowHeight)
        guard width > 0, height > 0 else { throw .invalid("the features come before the window's size") }
        guard (1...width).contains(sides[2]), (1...height).contains(sides[3]), sides[0] >= 0,
            sides[1] >= 0,
            sides[0] <= width - 3 * sides[2], sides[1] <= height - 3 * sides[3]
        else { throw .invalid("a feature reaches outside the \(width)×\(height) window") }
        blocks.append(.init(x: sides[0], y: sides[1], width: sides[2], height: sides[3], weight: 1))
    }

    private mutating func placePatterns() -> Bool {
        for (index, block) in patternBlocks.enumerated() {
            guard block < blocks.count else { return false }
            (cascade.patterns[index].x, cascade.patterns[index].y) = (blocks[block].x, blocks[block].y)
            cascade.patterns[index].width = blocks[block].width
            cascade.patterns[index].height = blocks[block].height
        }
        return true
    }

    private mutating func endStage() throws(CascadeFault) {
        let first = cascade.stages.last?.trees.upperBound ?? 0
        let count = hasPatterns ? cascade.patterns.count : cascade.trees.count
        guard let threshold = stageThreshold, first < count else {
            throw .invalid("a stage without threshold or trees")
        }
        // As OpenCV does, so that sums which differ in their last digit alone still pass.
        cascade.stages.append(.init(trees: first..<count, threshold: threshold - 1e-5))
        stageThreshold = nil
    }

    private mutating func endRectangle(_ text: CascadeText) throws(CascadeFault) {
        let values = try text.numbers(count: 5)
        let sides = values.prefix(4).compactMap { Int(exactly: $0) }
        guard sides.count == 4, let weight = Float(finite: values[4]) else {
            throw .invalid("a feature's rectangle is not four whole numbers and a weight")
        }
        rectangles.append(
            .init(x: sides[0], y: sides[1], width: sides[2], height: sides[3], weight: weight))
    }

    private mutating func endFeature() throws(CascadeFault) {
        guard (1...3).contains(rectangles.count) else {
            throw .invalid("a feature has \(rectangles.count) rectangles, not one to three")
        }
        let (width, height) = (cascade.windowWidth, cascade.windowHeight)
        guard width > 0, height > 0 else { throw .invalid("the features come before the window's size") }
        guard rectangles.allSatisfy({ $0.fits(width: width, height: height, tilted: tilted) }) else {
            throw .invalid("a feature reaches outside the \(width)×\(height) window")
        }
        cascade.features.append(.init(rectangles: rectangles, tilted: tilted))
        rectangles.removeAll(keepingCapacity: true)
        tilted = false
    }

    /// The cascade, once all of its file is read.
    ///
    /// - Throws: ``CascadeFault`` for what only the whole shows.
    mutating func finish() throws(CascadeFault) -> HaarCascade {
        if cascade.windowWidth == 0 || cascade.windowHeight == 0 { throw .invalid("no window size") }
        // Sums of squares have 32 bits, signed.
        if cascade.windowWidth * cascade.windowHeight > 33_000 {
            throw .invalid("a window of more than 33,000 pixels")
        }
        if cascade.stages.isEmpty { throw .invalid("no stages") }
        if let announcedStages, announcedStages != cascade.stages.count {
            throw .invalid("\(announcedStages) stages announced, \(cascade.stages.count) found")
        }
        // One kind alone: a file that changes its mind half-way is refused.
        if !cascade.trees.isEmpty, !cascade.patterns.isEmpty { throw .invalid("both trees and patterns") }
        if cascade.nodes.contains(where: { $0.feature >= cascade.features.count }) || !placePatterns() {
            let count = cascade.features.count + blocks.count
            throw .invalid("a tree asks for a feature that is not there (\(count) are)")
        }
        cascade.finish()
        return cascade
    }
}

extension Float {
    /// The number rounded to single precision, or nil where it leaves the range.
    fileprivate init?(finite value: Double) {
        self.init(value)
        guard isFinite else { return nil }
    }
}
