import Faces
import FaceDetection
import Imaging

/// What finds faces in the pictures of a data set.
package struct FaceFinder: Sendable {
    /// A search, used from one thread at a time.
    package typealias Search = (GrayImage) -> [DetectedFace]

    /// What tells this finder's results from another's: cut faces that were kept are cut anew where it differs.
    package let identity: String
    private let makeSearch: @Sendable () -> Search

    /// Takes what makes a search for each thread.
    package init(identity: String, makeSearch: @escaping @Sendable () -> Search) {
        self.identity = identity
        self.makeSearch = makeSearch
    }

    /// Takes each picture as one face, as it is, without looking for any.
    package static let wholePictures = FaceFinder(identity: "whole") { { _ in [] } }

    /// Whether pictures are taken as they are.
    var takesWholePictures: Bool { identity == Self.wholePictures.identity }

    /// A new search.
    func search() -> Search { makeSearch() }

    /// The face that a picture is about: the largest, and of faces alike in size the one nearest to the middle.
    static func subject(of faces: [DetectedFace], in image: GrayImage) -> DetectedFace? {
        func score(_ face: DetectedFace) -> Double {
            let box = face.box
            let x = (Double(box.x) + Double(box.width) / 2) / Double(max(1, image.width)) - 0.5
            let y = (Double(box.y) + Double(box.height) / 2) / Double(max(1, image.height)) - 0.5
            return Double(max(box.width, box.height)) * (1 - (x * x + y * y).squareRoot())
        }
        return faces.max { score($0) < score($1) }
    }
}
