import Glibc

/// Where what counts stands in a cascade's file, as a tree of the elements' names: each step inwards is one comparison or a
/// few, which the tens of thousands of elements of a file are read by.
enum CascadePlaces {
    /// What an element means.
    enum Place {
        case stageType, featureType, categoryCount, width, height, size, stageCount
        case stage, stageThreshold, weakClassifier, nodes, leaves
        case feature, rectangle, block, tilted
        case tree, node, nodeThreshold, value, child
    }

    /// An element among others.
    final class Node: Sendable {
        /// Its name; `_` is an item of a list.
        let name: String
        /// What it means, where it means something by itself.
        let place: Place?
        private let bytes: [CChar]
        private let children: [Node]

        init(_ name: String, _ place: Place? = nil, _ children: [Node] = []) {
            (self.name, self.place, self.children) = (name, place, children)
            bytes = name.utf8CString.map { $0 }
        }

        /// The element of a name in this one; nil for one that means nothing.
        func child(_ name: UnsafePointer<CChar>) -> Node? {
            for child in children where strcmp(child.bytes, name) == 0 { return child }
            return nil
        }
    }

    /// Of `opencv-cascade-classifier`: stages/_/weakClassifiers/_/internalNodes.
    static let numbered = Node(
        "cascade", nil,
        [
            Node(
                "features", nil,
                [
                    Node(
                        "_", .feature,
                        [
                            Node("rects", nil, [Node("_", .rectangle)]), Node("tilted", .tilted),
                            Node("rect", .block),
                        ])
                ]),
            Node(
                "stages", nil,
                [
                    Node(
                        "_", .stage,
                        [
                            Node(
                                "weakClassifiers", nil,
                                [
                                    Node(
                                        "_", .weakClassifier,
                                        [Node("internalNodes", .nodes), Node("leafValues", .leaves)])
                                ]),
                            Node("stageThreshold", .stageThreshold),
                        ])
                ]),
            Node("stageType", .stageType), Node("featureType", .featureType), Node("width", .width),
            Node("height", .height), Node("stageNum", .stageCount),
            Node("featureParams", nil, [Node("maxCatCount", .categoryCount)]),
        ])

    /// Of `opencv-haar-classifier`: stages/_/trees/_/_/feature/rects/_.
    static let nested = Node(
        "", nil,
        [
            Node(
                "stages", nil,
                [
                    Node(
                        "_", .stage,
                        [
                            Node("trees", nil, [Node("_", .tree, [nestedNode])]),
                            Node("stage_threshold", .stageThreshold),
                        ])
                ]),
            Node("size", .size),
        ])

    private static let nestedNode = Node(
        "_", .node,
        [
            Node(
                "feature", .feature, [Node("rects", nil, [Node("_", .rectangle)]), Node("tilted", .tilted)]),
            Node("threshold", .nodeThreshold), Node("left_val", .value), Node("right_val", .value),
            Node("left_node", .child), Node("right_node", .child),
        ])
}
