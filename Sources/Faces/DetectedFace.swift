import Imaging

/// A face that the detector found.
package struct DetectedFace: Hashable, Sendable {
    /// Where it is, in pixels of the picture.
    package var box: Rectangle
    /// How far the head is tilted, in degrees clockwise as seen on the picture; 0 for an upright face.
    package var tilt: Double
    /// How many raw windows were grouped into this face: the detector's confidence;
    /// 0 for a face that was only followed from the frame before.
    package var neighbors: Int

    /// Makes a face from its box; upright unless said.
    package init(box: Rectangle, tilt: Double = 0, neighbors: Int = 1) {
        self.box = box
        self.tilt = tilt
        self.neighbors = neighbors
    }
}
