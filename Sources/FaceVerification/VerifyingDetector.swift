import FaceDetection
import Faces
import Imaging

/// A detector whose finds are looked at a second time.
public final class VerifyingDetector: Sendable {
    /// What finds.
    public let detector: FaceDetector
    /// What looks again, or nil to take all that is found.
    public let verifier: FaceVerifier?

    /// Takes both.
    public init(_ detector: FaceDetector, verifier: FaceVerifier?) {
        self.detector = detector
        self.verifier = verifier
    }

    /// Replaces `faces` by those of a picture, or of a region of it, keeping its storage.
    public func detect(
        in image: GrayImage, region: Rectangle?, parameters: DetectionParameters,
        into faces: inout [DetectedFace]
    ) {
        detector.detect(in: image, region: region, parameters: parameters, into: &faces)
        verifier?.verify(&faces, in: image)
    }
}
