import Foundation
import Imaging

/// An upright box on the canvas, in its pixels, the origin at the top left.
package struct Bounds: Hashable, Sendable {
    /// The left edge.
    package var x: Double
    /// The top edge.
    package var y: Double
    /// From left to right.
    package var width: Double
    /// From top to bottom.
    package var height: Double

    /// Makes a box from its top-left corner and its size.
    package init(x: Double, y: Double, width: Double, height: Double) {
        self.x = x
        self.y = y
        self.width = width
        self.height = height
    }

    /// The same box of whole pixels.
    package init(_ box: Rectangle) {
        self.init(x: Double(box.x), y: Double(box.y), width: Double(box.width), height: Double(box.height))
    }

    /// The right edge.
    package var right: Double { x + width }
    /// The bottom edge.
    package var bottom: Double { y + height }
    /// Half way from left to right.
    package var middleX: Double { x + width / 2 }
    /// Half way from top to bottom.
    package var middleY: Double { y + height / 2 }

    /// True where the two share more than an edge.
    package func meets(_ other: Bounds) -> Bool {
        x < other.right && other.x < right && y < other.bottom && other.y < bottom
    }

    /// True where the other lies wholly within this one.
    package func holds(_ other: Bounds) -> Bool {
        other.x >= x && other.y >= y && other.right <= right && other.bottom <= bottom
    }

    /// The box with its edges moved outwards by a number of pixels, or inwards by a negative one.
    package func expanded(by pixels: Double) -> Bounds {
        Bounds(x: x - pixels, y: y - pixels, width: width + 2 * pixels, height: height + 2 * pixels)
    }

    /// The smallest box around both.
    package func union(_ other: Bounds) -> Bounds {
        let (left, top) = (min(x, other.x), min(y, other.y))
        return Bounds(
            x: left, y: top, width: max(right, other.right) - left, height: max(bottom, other.bottom) - top)
    }

    /// The upright box around this one turned clockwise about a point by an angle in degrees.
    func turned(by tilt: Double, about middle: Point) -> Bounds {
        guard tilt != 0 else { return self }
        let (cosine, sine) = (cos(tilt * .pi / 180), sin(tilt * .pi / 180))
        let (dx, dy) = (middleX - middle.x, middleY - middle.y)
        let (halfX, halfY) = (
            (width * abs(cosine) + height * abs(sine)) / 2, (width * abs(sine) + height * abs(cosine)) / 2
        )
        let (x, y) = (middle.x + dx * cosine - dy * sine, middle.y + dx * sine + dy * cosine)
        return Bounds(x: x - halfX, y: y - halfY, width: 2 * halfX, height: 2 * halfY)
    }

    /// False where a value is no number, or so large that pixels can't be counted.
    var isUsable: Bool {
        [x, y, width, height].allSatisfy { $0.isFinite && abs($0) < 1e6 } && width > 0 && height > 0
    }
}

/// A point on the canvas, in its pixels.
package struct Point: Hashable, Sendable {
    /// From the left edge.
    package var x: Double
    /// From the top edge.
    package var y: Double

    /// Makes a point.
    package init(x: Double, y: Double) {
        self.x = x
        self.y = y
    }

    /// The point of a box that is nearest to this one.
    func nearest(in box: Bounds) -> Point {
        Point(x: min(max(x, box.x), box.right), y: min(max(y, box.y), box.bottom))
    }

    /// True where the straight line to another point passes through a box (Liang and Barsky, 1984).
    func line(to other: Point, meets box: Bounds) -> Bool {
        var (enter, leave) = (0.0, 1.0)
        let edges = [
            (x - other.x, x - box.x), (other.x - x, box.right - x), (y - other.y, y - box.y),
            (other.y - y, box.bottom - y),
        ]
        for (direction, distance) in edges {
            if direction == 0 {
                if distance < 0 { return false }
            } else if direction < 0 {
                enter = max(enter, distance / direction)
            } else {
                leave = min(leave, distance / direction)
            }
        }
        return enter < leave
    }
}
