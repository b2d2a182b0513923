import Faces
import EmotionRecognition

/// What lies around faces that were found in photographs: each face's square cut wider than the face, so that training
/// can cut it again a little to the side, larger, smaller or turned, as a detector would, and finds real pixels there.
struct FaceSurroundings: Sendable {
    /// The side of a wide cut in pixels, at the scale at which the face in its middle has 48.
    static let side = 80
    /// Pixels of a wide cut.
    static let pixelsPerFace = side * side

    /// Wide cuts one after another, row by row.
    private(set) var pixels: [UInt8] = []
    /// Where the cut of each image begins, or -1; shorter than the set where the last images have none.
    private var places: [Int] = []

    /// Where the wide cut of an image begins in ``pixels``, or nil where it has none.
    func place(of index: Int) -> Int? {
        index < places.count && places[index] >= 0 ? places[index] : nil
    }

    /// Adds the wide cut of the image at an index, which must be past all that have one.
    mutating func append(_ wide: [UInt8], at index: Int) {
        precondition(wide.count == Self.pixelsPerFace && index >= places.count)
        places += Array(repeating: -1, count: index - places.count)
        places.append(pixels.count)
        pixels += wide
    }

    /// Adds all of another set's, whose first image comes to stand at an index.
    mutating func append(_ other: FaceSurroundings, at index: Int) {
        guard !other.places.isEmpty else { return }
        precondition(index >= places.count)
        places += Array(repeating: -1, count: index - places.count)
        places += other.places.map { $0 < 0 ? -1 : $0 + pixels.count }
        pixels += other.pixels
    }

    /// Those of some images, in that order; the pixels are shared.
    func subset(_ indices: [Int]) -> FaceSurroundings {
        guard !pixels.isEmpty else { return self }
        var result = self
        result.places = indices.map { place(of: $0) ?? -1 }
        return result
    }

    /// The face in the middle of a wide cut, `[48, 48]`.
    static func face(in wide: [UInt8]) -> [UInt8] {
        let (inner, inset) = (NetworkConfiguration.side, (side - NetworkConfiguration.side) / 2)
        precondition(wide.count == pixelsPerFace)
        return (inset..<inset + inner).flatMap { wide[$0 * side + inset..<$0 * side + inset + inner] }
    }
}
