/// An axis-aligned box in pixels, origin at the top left.
public struct Rectangle: Hashable, Sendable {
    /// The left edge.
    public var x: Int
    /// The top edge.
    public var y: Int
    /// Columns covered.
    public var width: Int
    /// Rows covered.
    public var height: Int

    /// Makes a box from its top-left corner and its size in pixels.
    public init(x: Int, y: Int, width: Int, height: Int) {
        self.x = x
        self.y = y
        self.width = width
        self.height = height
    }

    /// The number of pixels covered; 0 where a side is not positive.
    public var area: Int { width > 0 && height > 0 ? width * height : 0 }

    /// The box common to both, or one of zero size where they do not meet.
    public func intersection(_ other: Rectangle) -> Rectangle {
        let left = max(x, other.x)
        let top = max(y, other.y)
        let right = min(x + width, other.x + other.width)
        let bottom = min(y + height, other.y + other.height)
        return Rectangle(x: left, y: top, width: max(0, right - left), height: max(0, bottom - top))
    }

    /// Intersection over union (IoU, the Jaccard index): 1 for equal boxes, 0 for boxes that do not meet.
    public func intersectionOverUnion(_ other: Rectangle) -> Double {
        let common = intersection(other).area
        let union = area + other.area - common
        return union > 0 ? Double(common) / Double(union) : 0
    }
}
