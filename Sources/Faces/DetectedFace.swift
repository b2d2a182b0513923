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

extension DetectedFace {
    /// The same face in a picture that is so many times smaller both ways.
    package func reduced(by factor: Int) -> DetectedFace {
        guard factor > 1 else { return self }
        func reduced(_ length: Int) -> Int { Int((Double(length) / Double(factor)).rounded()) }
        var face = self
        face.box = Rectangle(
            x: reduced(box.x), y: reduced(box.y), width: reduced(box.width), height: reduced(box.height))
        return face
    }

    /// The same face in a picture of `width` × `height` pixels, which is so many times larger both ways: a box within the
    /// smaller one stays within it.
    package func enlarged(by factor: Int, width: Int, height: Int) -> DetectedFace {
        guard factor > 1 else { return self }
        func end(_ end: Int, _ length: Int) -> Int {
            // The last pixel of the smaller picture may stand for one alone.
            let enlarged = end * factor
            return enlarged > length && enlarged < length + factor ? length : enlarged
        }
        var face = self
        (face.box.x, face.box.y) = (box.x * factor, box.y * factor)
        face.box.width = end(box.x + box.width, width) - face.box.x
        face.box.height = end(box.y + box.height, height) - face.box.y
        return face
    }
}
