import Imaging

/// What is drawn on, and how the picture lies on it: as large as it fits, its aspect kept, in the middle.
package struct Canvas: Hashable, Sendable {
    /// The canvas's own size in pixels.
    package let bounds: Bounds
    /// Where the picture lies.
    package let picture: Bounds
    /// Pixels a point, 2 on a typical high-density display: text never gets smaller than can be read there.
    package let density: Double
    /// True where the picture is shown as a mirror does.
    package let isMirrored: Bool
    private let pixelSize: Double
    private let pictureWidth: Double

    /// A canvas of a size in pixels with a picture of a size in pixels on it.
    package init(
        width: Int, height: Int, pictureWidth: Int, pictureHeight: Int, density: Double = 1,
        isMirrored: Bool = false
    ) {
        let (across, down) = (Double(max(1, width)), Double(max(1, height)))
        let (columns, rows) = (Double(max(1, pictureWidth)), Double(max(1, pictureHeight)))
        pixelSize = min(across / columns, down / rows)
        self.pictureWidth = columns
        self.isMirrored = isMirrored
        self.density = density.isFinite ? max(1, min(8, density)) : 1
        bounds = Bounds(x: 0, y: 0, width: across, height: down)
        picture = Bounds(
            x: ((across - columns * pixelSize) / 2).rounded(), y: ((down - rows * pixelSize) / 2).rounded(),
            width: (columns * pixelSize).rounded(), height: (rows * pixelSize).rounded())
    }

    /// The picture itself, to be drawn on.
    package init(pictureWidth: Int, pictureHeight: Int) {
        self.init(
            width: pictureWidth, height: pictureHeight, pictureWidth: pictureWidth,
            pictureHeight: pictureHeight)
    }

    /// Where a box of the picture lies.
    package func place(_ box: Rectangle) -> Bounds {
        let (x, width) = (Double(box.x), Double(box.width))
        let left = isMirrored ? pictureWidth - x - width : x
        return Bounds(
            x: picture.x + left * pixelSize, y: picture.y + Double(box.y) * pixelSize,
            width: width * pixelSize, height: Double(box.height) * pixelSize)
    }

    /// The size of text, lines and gaps: 1 for 1280×720, never so small that text can't be read.
    var scale: Double {
        min(6, max(smallestScale, min(bounds.width / 1280, bounds.height / 720)))
    }

    /// Text of 12 points.
    var smallestScale: Double { 0.8 * density }
}
