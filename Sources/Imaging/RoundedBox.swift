import Glibc

/// A box with round corners, upright or turned about its middle: what faces, labels and bars are drawn with.
public struct RoundedBox: Hashable, Sendable {
    /// The left edge in pixels, before the box is turned.
    public var x: Double
    /// The top edge in pixels.
    public var y: Double
    /// From left to right in pixels.
    public var width: Double
    /// From top to bottom in pixels.
    public var height: Double
    /// The corners' radius in pixels; at most half of the shorter side is used.
    public var radius: Double
    /// How far it is turned about its middle, in degrees clockwise as seen.
    public var tilt: Double

    /// Makes a box from its top-left corner and size in pixels.
    public init(
        x: Double, y: Double, width: Double, height: Double, radius: Double = 0, tilt: Double = 0
    ) {
        self.x = x
        self.y = y
        self.width = width
        self.height = height
        self.radius = radius
        self.tilt = tilt
    }

    /// Makes a box over whole pixels.
    public init(_ box: Rectangle, radius: Double = 0, tilt: Double = 0) {
        self.init(
            x: Double(box.x), y: Double(box.y), width: Double(box.width), height: Double(box.height),
            radius: radius, tilt: tilt)
    }

    /// The same box with its edges moved outwards by a number of pixels, or inwards by a negative one.
    public func widened(by pixels: Double) -> RoundedBox {
        RoundedBox(
            x: x - pixels, y: y - pixels, width: width + 2 * pixels, height: height + 2 * pixels,
            radius: max(0, radius + pixels), tilt: tilt)
    }

    var isFinite: Bool {
        [x, y, width, height, radius, tilt].allSatisfy(\.isFinite) && width > 0 && height > 0
    }

    /// The upright box, in real numbers, that holds this one wherever it is turned.
    public var bounds: (left: Double, top: Double, right: Double, bottom: Double) {
        let (cosine, sine) = (abs(cos(tilt * .pi / 180)), abs(sin(tilt * .pi / 180)))
        let halfWidth = (width * cosine + height * sine) / 2
        let halfHeight = (width * sine + height * cosine) / 2
        let (middleX, middleY) = (x + width / 2, y + height / 2)
        return (middleX - halfWidth, middleY - halfHeight, middleX + halfWidth, middleY + halfHeight)
    }

    /// Gives, for a point, its distance to the edge: negative inside (the signed distance of Inigo Quilez's
    /// article "2D distance functions").
    var distance: (_ x: Double, _ y: Double) -> Double {
        let (cosine, sine) = (cos(tilt * .pi / 180), sin(tilt * .pi / 180))
        let (middleX, middleY) = (x + width / 2, y + height / 2)
        let corner = min(max(0, radius), min(width, height) / 2)
        let (innerX, innerY) = (width / 2 - corner, height / 2 - corner)
        return { x, y in
            let (fromX, fromY) = (x - middleX, y - middleY)
            let across = abs(fromX * cosine + fromY * sine) - innerX
            let down = abs(fromY * cosine - fromX * sine) - innerY
            let (outX, outY) = (max(0, across), max(0, down))
            return (outX * outX + outY * outY).squareRoot() + min(0, max(across, down)) - corner
        }
    }
}
