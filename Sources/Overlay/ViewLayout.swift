import Imaging

/// A place in the window in its pixels, which on high-density displays are smaller than its points.
package struct ViewBox: Equatable, Sendable {
    package var x: Float
    package var y: Float
    package var width: Float
    package var height: Float

    package init(x: Float, y: Float, width: Float, height: Float) {
        self.x = x
        self.y = y
        self.width = width
        self.height = height
    }

    package var right: Float { x + width }
    package var bottom: Float { y + height }

    package func meets(_ other: ViewBox) -> Bool {
        x < other.right && other.x < right && y < other.bottom && other.y < bottom
    }

    package func holds(_ other: ViewBox) -> Bool {
        other.x >= x && other.y >= y && other.right <= right && other.bottom <= bottom
    }
}

/// How a picture lies in a window: as large as it fits, its aspect kept, in the middle, mirrored or not.
package struct ViewLayout: Equatable, Sendable {
    /// Where the picture is drawn.
    package let picture: ViewBox
    /// Sizes of text, lines and gaps grow with it; 1 for a picture 720 pixels high.
    package let scale: Float
    private let pixelSize: Float
    private let isMirrored: Bool
    private let pictureWidth: Float

    /// Lays out a picture of some size in a window of some size, both in pixels.
    ///
    /// - Parameter density: pixels a point, 2 on a typical high-density display: text never gets smaller than can be
    ///   read there.
    package init(
        pictureWidth: Int, pictureHeight: Int, windowWidth: Int, windowHeight: Int, density: Float,
        isMirrored: Bool
    ) {
        let (width, height) = (Float(max(1, pictureWidth)), Float(max(1, pictureHeight)))
        let (across, down) = (Float(max(1, windowWidth)), Float(max(1, windowHeight)))
        pixelSize = min(across / width, down / height)
        self.pictureWidth = width
        self.isMirrored = isMirrored
        picture = ViewBox(
            x: ((across - width * pixelSize) / 2).rounded(), y: ((down - height * pixelSize) / 2).rounded(),
            width: (width * pixelSize).rounded(), height: (height * pixelSize).rounded())
        scale = min(4, max(0.8 * max(1, density), picture.height / 720))
    }

    /// Where a box of the picture lies in the window.
    package func place(_ box: Rectangle) -> ViewBox {
        let (x, width) = (Float(box.x), Float(box.width))
        let left = isMirrored ? pictureWidth - x - width : x
        return ViewBox(
            x: picture.x + left * pixelSize, y: picture.y + Float(box.y) * pixelSize,
            width: width * pixelSize, height: Float(box.height) * pixelSize)
    }

    /// Where a panel fits beside a face without covering any other, or nil: right, left, below, above.
    package func place(
        panelWidth: Float, panelHeight: Float, beside face: ViewBox, avoiding taken: [ViewBox]
    ) -> ViewBox? {
        let gap = 10 * scale
        let y = max(picture.y, min(face.y, picture.bottom - panelHeight))
        let x = max(picture.x, min(face.x, picture.right - panelWidth))
        let corners = [
            (face.right + gap, y), (face.x - gap - panelWidth, y), (x, face.bottom + gap),
            (x, face.y - gap - panelHeight),
        ]
        for (x, y) in corners {
            let box = ViewBox(x: x, y: y, width: panelWidth, height: panelHeight)
            if picture.holds(box), !taken.contains(where: { $0.meets(box) }) { return box }
        }
        return nil
    }
}
