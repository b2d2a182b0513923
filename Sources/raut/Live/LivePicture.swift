import Capture
import EmotionRecognition
import FaceDetection
import Faces
import Imaging
import Pipeline
import Synchronization

/// The newest picture with what was found drawn on it, as JPEG, made when somebody looks and for all who look at once.
final class LivePicture: Sendable {
    private struct Painted {
        let annotator: FaceAnnotator
        let decoder = FrameDecoder()
        var pipeline: Pipeline?
        var image = ColorImage()
        var number = 0
        var jpeg: [UInt8] = []
    }

    private let painted: Mutex<Painted>

    /// JPEG's quality, of 100: enough to see a face by.
    private static let quality = 75

    /// - Throws: ``Imaging/FontError`` where there is no font to write with.
    init() throws(FontError) { painted = Mutex(Painted(annotator: try FaceAnnotator())) }

    /// Shows the frames of this pipeline from now on.
    func watch(_ pipeline: Pipeline) { painted.withLock { $0.pipeline = pipeline } }

    /// The newest picture where it is another than the one numbered; nil where there is none.
    func jpeg(after number: Int) -> (number: Int, jpeg: [UInt8])? {
        painted.withLock { painted in
            if let pipeline = painted.pipeline, let frame = pipeline.view() {
                let marks = pipeline.currentScene.faces.map {
                    FaceAnnotator.Face(DetectedFace(box: $0.box, tilt: $0.tilt), $0.probabilities)
                }
                if (try? painted.decoder.color(of: frame.frame, into: &painted.image)) != nil,
                    (try? painted.annotator.draw(marks, on: &painted.image)) != nil,
                    let jpeg = try? ImageFile.encodeJPEG(painted.image, quality: Self.quality)
                {
                    painted.jpeg = jpeg
                    painted.number += 1
                }
            }
            return painted.number != number && !painted.jpeg.isEmpty ? (painted.number, painted.jpeg) : nil
        }
    }
}
