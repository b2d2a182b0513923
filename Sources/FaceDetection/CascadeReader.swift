import CExpat
import CKernels
import Glibc

/// Builds a cascade from expat's events: an element's meaning is its place, the names of those it stands in.
final class CascadeReader {
    private enum Layout {
        /// `opencv-cascade-classifier`: a list of features, which trees name by number.
        case numbered
        /// `opencv-haar-classifier`, which OpenCV's first trainer wrote: each node holds its feature.
        case nested
    }

    /// A node of the old layout on its way: children are nodes or leaves.
    private struct OldNode {
        var threshold: Double?
        var children: [(isLeaf: Bool, value: Double)] = []
    }

    private let path: String
    private var cascade = HaarCascade()
    /// Where the elements that are open stand, the innermost last; nil for those that mean nothing here.
    private var elements: [CascadePlaces.Node?] = []
    private var text: [UInt8] = []
    private var parser: XML_Parser?
    private var failure: CascadeError?
    /// The layout that the file is in, once that is known.
    private var layout: Layout?
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
    /// Bytes of text in one element; the longest list of numbers in OpenCV's cascades has some hundred.
    private static let longestText = 1 << 16

    init(path: String) { self.path = path }

    func read(_ xml: [UInt8]) throws(CascadeError) -> HaarCascade {
        guard let parser = XML_ParserCreate(nil) else {
            throw .unreadable(path: path, reason: "out of memory")
        }
        defer { XML_ParserFree(parser) }
        self.parser = parser
        XML_SetUserData(parser, Unmanaged.passUnretained(self).toOpaque())
        XML_SetElementHandler(
            parser, { context, name, attributes in CascadeReader.from(context)?.begin(name, attributes) },
            { context, _ in CascadeReader.from(context)?.end() })
        XML_SetCharacterDataHandler(parser) { CascadeReader.from($0)?.append($1, count: $2) }
        // A cascade has no document type, so whatever entities could do is not let in.
        XML_SetStartDoctypeDeclHandler(parser) { context, _, _, _, _ in
            guard let reader = CascadeReader.from(context) else { return }
            reader.stop(.notACascade(path: reader.path))
        }
        let status = xml.withUnsafeBytes {
            XML_Parse(parser, $0.baseAddress?.assumingMemoryBound(to: CChar.self), Int32($0.count), 1)
        }
        if let failure { throw failure }
        guard status == XML_STATUS_OK else {
            let reason = XML_ErrorString(XML_GetErrorCode(parser)).map { String(cString: $0) }
            throw .malformed(path: path, line: line, reason: reason ?? "unknown error")
        }
        try check()
        cascade.finish()
        return cascade
    }

    private static func from(_ context: UnsafeMutableRawPointer?) -> CascadeReader? {
        context.map { Unmanaged<CascadeReader>.fromOpaque($0).takeUnretainedValue() }
    }

    private var line: Int { Int(XML_GetCurrentLineNumber(parser)) }

    private func stop(_ error: CascadeError) {
        if failure == nil { failure = error }
        XML_StopParser(parser, 0)
    }

    private func stop(_ reason: String) { stop(.invalid(path: path, line: line, reason: reason)) }

    private func begin(
        _ name: UnsafePointer<XML_Char>?, _ attributes: UnsafeMutablePointer<UnsafePointer<XML_Char>?>?
    ) {
        guard let name, failure == nil else { return }
        text.removeAll(keepingCapacity: true)
        elements.append(place(of: name, attributes))
        if elements.count >= 16 { stop("elements nest too deep") }
    }

    private func place(
        of name: UnsafePointer<XML_Char>, _ attributes: UnsafeMutablePointer<UnsafePointer<XML_Char>?>?
    ) -> CascadePlaces.Node? {
        switch elements.count {
        case 0:
            if strcmp(name, "opencv_storage") != 0 { stop(.notACascade(path: path)) }
            return nil
        case 1:
            let name = String(cString: name)
            if layout == nil { layout = Self.layout(name: name, attributes) }
            return switch layout {
            case .numbered: name == "cascade" ? CascadePlaces.numbered : nil
            case .nested: CascadePlaces.nested
            case nil: nil
            }
        default: return elements.last??.child(name)
        }
    }

    private static func layout(
        name: String, _ attributes: UnsafeMutablePointer<UnsafePointer<XML_Char>?>?
    ) -> Layout? {
        if name == "cascade" { return .numbered }
        // Names and values by turns, with a null at the end.
        var at = 0
        while let key = attributes?[at], let value = attributes?[at + 1] {
            if String(cString: key) == "type_id", String(cString: value) == "opencv-haar-classifier" {
                return .nested
            }
            at += 2
        }
        return nil
    }

    private func append(_ characters: UnsafePointer<XML_Char>?, count: Int32) {
        guard failure == nil else { return }
        guard text.count + Int(count) <= Self.longestText else {
            return stop("an element holds more text than any cascade's")
        }
        text.append(contentsOf: UnsafeRawBufferPointer(start: characters, count: Int(count)))
    }

    private var content: String { String(decoding: text, as: UTF8.self) }

    private func end() {
        guard failure == nil else { return }
        if let place = elements.last??.place {
            switch layout {
            case .numbered: endNumbered(place)
            case .nested: endNested(place)
            case nil: break
            }
        }
        elements.removeLast()
        text.removeAll(keepingCapacity: true)
    }

    private func endNumbered(_ place: CascadePlaces.Place) {
        switch place {
        case .stageType: require("BOOST", what: "stages")
        case .featureType:
            hasPatterns = content.split(whereSeparator: \.isWhitespace) == ["LBP"]
            if !hasPatterns { require("HAAR", what: "features") }
        case .categoryCount where hasPatterns: _ = integer(in: 256...256)
        case .weakClassifier where hasPatterns: endPattern()
        case .block where hasPatterns: endBlock()
        case .feature where hasPatterns: break
        case .width: setSize(\.windowWidth)
        case .height: setSize(\.windowHeight)
        case .stageCount: announcedStages = integer(in: 1...10_000)
        case .stageThreshold: endStageThreshold()
        case .nodes: nodeValues = numbers()
        case .leaves: leafValues = numbers()
        case .weakClassifier: endTree()
        case .stage: endStage()
        case .rectangle: endRectangle()
        case .tilted: tilted = integer(in: 0...1) == 1
        case .feature: endFeature()
        default: break
        }
    }

    private func endNested(_ place: CascadePlaces.Place) {
        switch place {
        case .size:
            guard let sides = numbers(count: 2) else { return }
            guard cascade.windowWidth == 0 else { return stop("the window's size is given twice") }
            guard let width = Int(exactly: sides[0]), let height = Int(exactly: sides[1]),
                Self.windowSides.contains(width), Self.windowSides.contains(height)
            else { return stop("size is not two whole numbers from 3 to 1024") }
            (cascade.windowWidth, cascade.windowHeight) = (width, height)
        case .rectangle: endRectangle()
        case .tilted: tilted = integer(in: 0...1) == 1
        case .feature: endFeature()
        case .nodeThreshold: node.threshold = numbers(count: 1)?.first
        case .value: endChild(isLeaf: true)
        case .child: endChild(isLeaf: false)
        case .node: endNode()
        case .tree: endTree()
        case .stageThreshold: endStageThreshold()
        case .stage: endStage()
        default: break
        }
    }

    private func endStageThreshold() {
        stageThreshold = numbers(count: 1)?.first.flatMap(Float.init(finite:))
    }

    /// Left comes before right in every file.
    private func endChild(isLeaf: Bool) {
        guard let value = numbers(count: 1)?.first else { return }
        node.children.append((isLeaf, value))
    }

    /// Brings a node into the other layout's form: two targets, a feature's number and a threshold.
    private func endNode() {
        defer { node = OldNode() }
        // Each node brings one feature, which comes before the node's end.
        let feature = cascade.nodes.count + (nodeValues?.count ?? 0) / 4
        guard let threshold = node.threshold, node.children.count == 2,
            cascade.features.count == feature + 1
        else { return stop("a tree's node without one feature, a threshold and two targets") }
        var targets: [Double] = []
        for child in node.children {
            if child.isLeaf {
                targets.append(-Double(leafValues?.count ?? 0))
                leafValues = (leafValues ?? []) + [child.value]
            } else {
                guard child.value > 0 else { return stop("a tree's node leads outside the tree") }
                targets.append(child.value)
            }
        }
        nodeValues = (nodeValues ?? []) + targets + [Double(feature), threshold]
    }

    private func require(_ expected: String, what: String) {
        let found = content.split(whereSeparator: \.isWhitespace).joined(separator: " ")
        if found != expected { stop(.unsupported(path: path, kind: "\(found.prefix(20)) (\(what))")) }
    }

    private func setSize(_ side: WritableKeyPath<HaarCascade, Int>) {
        // Given twice, features would be checked against another window than they are used in.
        guard cascade[keyPath: side] == 0 else { return stop("the window's size is given twice") }
        cascade[keyPath: side] = integer(in: Self.windowSides) ?? 0
    }

    private func endTree() {
        defer { (nodeValues, leafValues) = (nil, nil) }
        guard let values = nodeValues, let leaves = leafValues, !values.isEmpty, values.count % 4 == 0
        else {
            return stop("a tree without nodes of four numbers and leaves")
        }
        let count = values.count / 4
        guard count <= Int(HAAR_TREE_LIMIT) else {
            return stop("a tree of \(count) nodes, more than \(HAAR_TREE_LIMIT)")
        }
        guard leaves.count == count + 1 else {
            return stop("a tree of \(count) nodes has \(leaves.count) leaves, not \(count + 1)")
        }
        let first = cascade.nodes.count
        for index in 0..<count {
            // Children come after their parent, so that every walk ends.
            let targets = values[(index * 4)...].prefix(2).map { Int(exactly: $0) }
            guard let left = targets[0], let right = targets[1],
                [left, right].allSatisfy({ $0 > 0 ? $0 > index && $0 < count : $0.magnitude <= count })
            else { return stop("a tree's node leads outside the tree") }
            guard let feature = Int(exactly: values[index * 4 + 2]), feature >= 0,
                let threshold = Float(finite: values[index * 4 + 3])
            else { return stop("a tree's node has no feature or threshold") }
            cascade.nodes.append(.init(feature: feature, threshold: threshold, left: left, right: right))
        }
        let firstLeaf = cascade.leaves.count
        for value in leaves {
            guard let leaf = Float(finite: value) else { return stop("a leaf is out of range") }
            cascade.leaves.append(leaf)
        }
        cascade.trees.append(
            .init(nodes: first..<cascade.nodes.count, leaves: firstLeaf..<cascade.leaves.count))
    }

    private func endPattern() {
        defer { (nodeValues, leafValues) = (nil, nil) }
        // Left and right lead to the leaves; a feature and eight words of bits follow.
        guard let values = nodeValues, values.count == 11, values[0] == 0, values[1] == -1,
            let leaves = leafValues?.compactMap(Float.init(finite:)), leaves.count == 2,
            let feature = Int(exactly: values[2]), feature >= 0
        else { return stop("a pattern is not one node of eleven numbers with two leaves") }
        let subset = values[3...].compactMap { Int32(exactly: $0) }.map { UInt32(bitPattern: $0) }
        guard subset.count == 8 else { return stop("a pattern's bits are not whole numbers") }
        patternBlocks.append(feature)
        // Where its blocks lie is said at the file's end.
        cascade.patterns.append(
            .init(x: 0, y: 0, width: 0, height: 0, subset: subset, left: leaves[0], right: leaves[1]))
    }

    private func endBlock() {
        guard let sides = numbers(count: 4)?.compactMap({ Int(exactly: $0) }), sides.count == 4 else {
            return stop("a pattern's block is not four whole numbers")
        }
        let (width, height) = (cascade.windowWidth, cascade.windowHeight)
        guard width > 0, height > 0 else { return stop("the features come before the window's size") }
        guard (1...width).contains(sides[2]), (1...height).contains(sides[3]), sides[0] >= 0,
            sides[1] >= 0,
            sides[0] <= width - 3 * sides[2], sides[1] <= height - 3 * sides[3]
        else { return stop("a feature reaches outside the \(width)×\(height) window") }
        blocks.append(.init(x: sides[0], y: sides[1], width: sides[2], height: sides[3], weight: 1))
    }

    private func placePatterns() -> Bool {
        for (index, block) in patternBlocks.enumerated() {
            guard block < blocks.count else { return false }
            (cascade.patterns[index].x, cascade.patterns[index].y) = (blocks[block].x, blocks[block].y)
            cascade.patterns[index].width = blocks[block].width
            cascade.patterns[index].height = blocks[block].height
        }
        return true
    }

    private func endStage() {
        let first = cascade.stages.last?.trees.upperBound ?? 0
        let count = hasPatterns ? cascade.patterns.count : cascade.trees.count
        guard let threshold = stageThreshold, first < count else {
            return stop("a stage without threshold or trees")
        }
        // As OpenCV does, so that sums which differ in their last digit alone still pass.
        cascade.stages.append(.init(trees: first..<count, threshold: threshold - 1e-5))
        stageThreshold = nil
    }

    private func endRectangle() {
        guard let values = numbers(count: 5) else { return }
        let sides = values.prefix(4).compactMap { Int(exactly: $0) }
        guard sides.count == 4, let weight = Float(finite: values[4]) else {
            return stop("a feature's rectangle is not four whole numbers and a weight")
        }
        rectangles.append(
            .init(x: sides[0], y: sides[1], width: sides[2], height: sides[3], weight: weight))
    }

    private func endFeature() {
        guard (1...3).contains(rectangles.count) else {
            return stop("a feature has \(rectangles.count) rectangles, not one to three")
        }
        let (width, height) = (cascade.windowWidth, cascade.windowHeight)
        guard width > 0, height > 0 else { return stop("the features come before the window's size") }
        guard rectangles.allSatisfy({ $0.fits(width: width, height: height, tilted: tilted) }) else {
            return stop("a feature reaches outside the \(width)×\(height) window")
        }
        cascade.features.append(.init(rectangles: rectangles, tilted: tilted))
        rectangles.removeAll(keepingCapacity: true)
        tilted = false
    }

    /// The checks that need the whole file.
    private func check() throws(CascadeError) {
        guard layout != nil else { throw .notACascade(path: path) }
        func fail(_ reason: String) throws(CascadeError) -> Never {
            throw .invalid(path: path, line: line, reason: reason)
        }
        if cascade.windowWidth == 0 || cascade.windowHeight == 0 { try fail("no window size") }
        // Sums of squares have 32 bits, signed.
        if cascade.windowWidth * cascade.windowHeight > 33_000 {
            try fail("a window of more than 33,000 pixels")
        }
        if cascade.stages.isEmpty { try fail("no stages") }
        if let announcedStages, announcedStages != cascade.stages.count {
            try fail("\(announcedStages) stages announced, \(cascade.stages.count) found")
        }
        // One kind alone: a file that changes its mind half-way is refused.
        if !cascade.trees.isEmpty, !cascade.patterns.isEmpty { try fail("both trees and patterns") }
        if cascade.nodes.contains(where: { $0.feature >= cascade.features.count }) || !placePatterns() {
            let count = cascade.features.count + blocks.count
            try fail("a tree asks for a feature that is not there (\(count) are)")
        }
    }

    private func integer(in range: ClosedRange<Int>) -> Int? {
        guard let value = numbers(count: 1)?.first, let number = Int(exactly: value),
            range.contains(number)
        else {
            if failure == nil {
                let name = elements.last??.name ?? ""
                stop("\(name) is not a whole number from \(range.lowerBound) to \(range.upperBound)")
            }
            return nil
        }
        return number
    }

    /// The text as numbers between white space; stops with a clear error where it is something else.
    private func numbers(count: Int? = nil) -> [Double]? {
        guard let values = CascadeNumbers.read(text), values.count == count ?? values.count else {
            stop("\(elements.last??.name ?? "") does not hold the numbers expected")
            return nil
        }
        return values
    }
}

extension Float {
    /// The number rounded to single precision, or nil where it leaves the range.
    fileprivate init?(finite value: Double) {
        self.init(value)
        guard isFinite else { return nil }
    }
}
