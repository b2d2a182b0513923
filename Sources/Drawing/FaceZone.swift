import Imaging

/// What of a face may not be covered.
///
/// The parts lie in a cascade's box as in the mean face: eyes at three eighths of its height, the mouth at three
/// quarters.
package struct FaceZone: Equatable, Sendable {
    /// The upright box around the whole face.
    package let whole: Bounds
    /// The upright box around both eyes.
    package let eyes: Bounds
    /// The upright box around the mouth.
    package let mouth: Bounds

    init(whole: Bounds, eyes: Bounds, mouth: Bounds) {
        self.whole = whole
        self.eyes = eyes
        self.mouth = mouth
    }

    /// The parts of a face whose box is turned clockwise about its middle by an angle in degrees.
    package init(box: Bounds, tilt: Double) {
        let middle = Point(x: box.middleX, y: box.middleY)
        func part(_ x: ClosedRange<Double>, _ y: ClosedRange<Double>) -> Bounds {
            Bounds(
                x: box.x + x.lowerBound * box.width, y: box.y + y.lowerBound * box.height,
                width: (x.upperBound - x.lowerBound) * box.width,
                height: (y.upperBound - y.lowerBound) * box.height
            ).turned(by: tilt, about: middle)
        }
        whole = box.turned(by: tilt, about: middle)
        eyes = part(0.12...0.88, 0.22...0.5)
        mouth = part(0.22...0.78, 0.62...0.92)
    }

    /// True where a box covers a part that shows what the face feels.
    package func isHidden(by box: Bounds) -> Bool { box.meets(eyes) || box.meets(mouth) }
}
