import EmotionRecognition
import FaceDetection
import FaceVerification
import Faces
import Imaging

/// Finds faces in a picture; ``FaceDetection/FaceDetector`` as a rule.
package protocol FaceFinding: AnyObject {
    /// Replaces `faces` by those of a picture, or of a region of it.
    func detect(
        in image: GrayImage, region: Rectangle?, parameters: DetectionParameters,
        into faces: inout [DetectedFace])

    /// Replaces `faces` by those that a cascade can't see in the picture as it is: a part of them, of some sizes, without
    /// those already detected.
    func findWide(
        _ part: WideSearch.Part, sizes: WideSearch.Sizes, in image: GrayImage, known: [DetectedFace],
        parameters: DetectionParameters, into faces: inout [DetectedFace])

    /// The face about a place where one was a moment ago, though it was not detected there; nil where there is none.
    func follow(_ face: DetectedFace, in image: GrayImage) -> DetectedFace?

    /// The side of the largest face that is smaller than what is looked for, in pixels, or nil.
    func sideOfTooSmallFace(in image: GrayImage, parameters: DetectionParameters) -> Int?
}

extension FaceFinding {
    /// Finds none: a finder that has no way but to detect.
    package func findWide(
        _ part: WideSearch.Part, sizes: WideSearch.Sizes, in image: GrayImage, known: [DetectedFace],
        parameters: DetectionParameters, into faces: inout [DetectedFace]
    ) {
        faces.removeAll(keepingCapacity: true)
    }

    /// Finds none.
    package func follow(_ face: DetectedFace, in image: GrayImage) -> DetectedFace? { nil }

    /// Finds none.
    package func sideOfTooSmallFace(in image: GrayImage, parameters: DetectionParameters) -> Int? { nil }
}

extension FaceDetector: FaceFinding {}
extension VerifyingDetector: FaceFinding {}

/// Names the emotions of faces.
package protocol EmotionNaming: Sendable {
    /// Replaces `probabilities` by one for each face, in their order, each looked at as `looks` says.
    func recognize(
        _ faces: [DetectedFace], looks: [Look], in image: GrayImage,
        into probabilities: inout [EmotionProbabilities])
}

extension EmotionRecognizer: EmotionNaming {}
