import FaceDetection
import Faces
import Imaging

/// A detector whose finds are looked at a second time, and that looks for what the cascade can't see.
package final class VerifyingDetector: Sendable {
    /// The detector.
    package let detector: FaceDetector
    /// The second look, or nil to keep all that the detector finds.
    package let verifier: FaceVerifier?
    /// The search for faces that the cascade misses; it needs a verifier.
    package let wide: WideSearch?

    /// Takes all three.
    package init(_ detector: FaceDetector, verifier: FaceVerifier?, wide: WideSearch? = nil) {
        self.detector = detector
        self.verifier = verifier
        self.wide = wide
    }

    /// Replaces `faces` by those of a picture, or of a region of it, keeping its storage.
    ///
    /// Where a whole picture is searched and the parameters are thorough, a box may reach over the picture's border, as
    /// the face does.
    package func detect(
        in image: GrayImage, region: Rectangle?, parameters: DetectionParameters,
        into faces: inout [DetectedFace]
    ) {
        detector.detect(in: image, region: region, parameters: parameters, into: &faces)
        guard let verifier, parameters.isJudged else { return }
        verifier.verify(&faces, in: image)
        verifier.removeNested(&faces, in: image)
        if let wide, parameters.isThorough, region == nil {
            wide.addFaces(to: &faces, in: image, parameters: parameters, judge: verifier)
        }
    }

    /// Replaces `faces` by those that one part of the wide search finds, as
    /// ``FaceDetection/WideSearch/find(_:sizes:in:known:parameters:judge:into:)`` does.
    package func findWide(
        _ part: WideSearch.Part, sizes: WideSearch.Sizes, in image: GrayImage, known: [DetectedFace],
        parameters: DetectionParameters, into faces: inout [DetectedFace]
    ) {
        faces.removeAll(keepingCapacity: true)
        guard let verifier, let wide else { return }
        wide.find(
            part, sizes: sizes, in: image, known: known, parameters: parameters, judge: verifier, into: &faces
        )
    }

    /// The side of the largest face that is too small to be found, in pixels, or nil.
    package func sideOfTooSmallFace(in image: GrayImage, parameters: DetectionParameters) -> Int? {
        guard let verifier, let wide else { return nil }
        return wide.sideOfTooSmallFace(in: image, parameters: parameters, judge: verifier)
    }

    /// The face about a place where one was a moment ago, though the cascade does not see it; nil where there is none.
    ///
    /// It has no neighbours: only the second look says that it is a face.
    package func follow(_ face: DetectedFace, in image: GrayImage) -> DetectedFace? {
        guard let verifier else { return nil }
        var (face, probability) = verifier.refined(face, in: image, turns: false, rounds: 2)
        face.neighbors = 0
        return probability >= verifier.thresholds.followed ? face : nil
    }
}
