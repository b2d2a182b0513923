/// A cascade of boosted classifiers over Haar-like features (Viola and Jones 2001, Lienhart and Maydt 2002), or over
/// local binary patterns (Liao et al. 2007), as OpenCV trains and stores it.
///
/// A window passes when it passes every stage; a stage passes when the leaves its trees end in add up to its
/// threshold. Reading checks everything a scan relies on: each feature lies inside the window, each index has
/// its target, and each tree ends.
package struct HaarCascade: Sendable, Equatable {
    /// A rectangle of a feature.
    package typealias WeightedRectangle = FeatureRectangle

    /// A Haar-like feature: the weighted sum over two or three rectangles.
    package struct Feature: Sendable, Equatable {
        package var rectangles: [WeightedRectangle]
        package var tilted: Bool
    }

    /// A decision: to `left` where the normalised feature is below the threshold, else to `right`. A positive
    /// target is a node of the same tree, any other the leaf at its negated index.
    package struct Node: Sendable, Equatable {
        package var feature: Int
        package var threshold: Float
        package var left, right: Int
    }

    /// A decision tree: its nodes and its leaves, one more of these, lie one after another in the cascade's.
    package struct Tree: Sendable, Equatable {
        package var nodes: Range<Int>
        package var leaves: Range<Int>
    }

    /// A local binary pattern and its vote: nine blocks of one size, three by three, from (`x`, `y`) on, `width` by
    /// `height` pixels each.
    ///
    /// Going round from the top left clockwise, each of the eight outer blocks gives a bit, the highest first: 1 where
    /// it is no darker than the middle one. The bits are a number, and `subset` holds one bit for each number.
    package struct Pattern: Sendable, Equatable {
        package var x, y, width, height: Int
        package var subset: [UInt32]
        package var left, right: Float
    }

    /// A stage: the trees that vote, or the patterns, and what their votes must reach.
    package struct Stage: Sendable, Equatable {
        package var trees: Range<Int>
        package var threshold: Float
    }

    /// The window's size in pixels: the smallest object that can be found.
    package internal(set) var windowWidth = 0
    /// The window's height in pixels.
    package internal(set) var windowHeight = 0
    package internal(set) var features: [Feature] = []
    package internal(set) var nodes: [Node] = []
    package internal(set) var leaves: [Float] = []
    package internal(set) var trees: [Tree] = []
    /// In the place of trees, where the cascade is one of patterns.
    package internal(set) var patterns: [Pattern] = []
    package internal(set) var stages: [Stage] = []
    /// Each feature as the kernels read it: worked out once, for every layout that the cascade is laid out in.
    private(set) var corners: [FeatureCorners] = []

    init() {}

    /// Works out what depends on all features, once they are read.
    mutating func finish() { corners = features.map { FeatureCorners($0.rectangles, tilted: $0.tilted) } }

    /// Whether any feature needs the tilted integral image.
    package var hasTiltedFeatures: Bool { features.contains(where: \.tilted) }
}
