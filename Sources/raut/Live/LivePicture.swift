import Capture
import Drawing
import Imaging
import Pipeline
import System

/// The newest picture with what was found drawn on it, as JPEG, made when somebody looks and for all who look at once.
final class LivePicture: Sendable {
    private struct Painted {
        let annotator: PictureAnnotator
        let decoder = FrameDecoder()
        var pipeline: Pipeline?
        var image = ColorImage()
        var number = 0
        var jpeg: [UInt8] = []
    }

    private let painted: Guarded<Painted>

    /// JPEG's quality, of 100: enough to see a face by.
    private static let quality = 75

    /// - Throws: ``Drawing/DrawingError`` where there is no font to write with.
    init() throws(DrawingError) { painted = Guarded(Painted(annotator: try PictureAnnotator())) }

    /// Shows the frames of this pipeline from now on.
    func watch(_ pipeline: Pipeline) { painted.withLock { $0.pipeline = pipeline } }

    /// The newest picture where it is another than the one numbered; nil where there is none.
    func jpeg(after number: Int) -> (number: Int, jpeg: [UInt8])? {
        painted.withLock { painted in
            if let pipeline = painted.pipeline, let frame = pipeline.picture() {
                let time = Double(frame.frame.sourceTime) * 1e-9
                let faces = pipeline.currentScene.faces.map { DrawnFace($0) }
                if (try? painted.decoder.color(of: frame.frame, into: &painted.image)) != nil,
                    (try? painted.annotator.draw(faces, on: &painted.image, at: time)) != nil,
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
