import EmotionRecognition
import FaceDetection
import FaceVerification
import Faces
import Imaging

/// Finds faces in a picture; ``FaceDetection/FaceDetector`` as a rule.
public protocol FaceFinding: AnyObject {
    /// Replaces `faces` by those of a picture, or of a region of it.
    func detect(
        in image: GrayImage, region: Rectangle?, parameters: DetectionParameters,
        into faces: inout [DetectedFace])
}

extension FaceDetector: FaceFinding {}
extension VerifyingDetector: FaceFinding {}

/// Names the emotions of faces.
public protocol EmotionNaming: Sendable {
    /// Replaces `probabilities` by one for each face, in their order, each looked at as `looks` says.
    func recognize(
        _ faces: [DetectedFace], looks: [Look], in image: GrayImage,
        into probabilities: inout [EmotionProbabilities])
}

extension EmotionRecognizer: EmotionNaming {}
