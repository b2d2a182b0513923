import EmotionRecognition
import FaceDetection
import FaceVerification
import Faces
import Foundation
import Imaging

/// Finds the faces of pictures and names their emotions.
///
/// ```swift
/// let reader = try PictureReader()
/// for face in try reader.faces(inFile: "holiday.jpg") {
///     print(face.box, face.emotion, face.confidence)
/// }
/// ```
///
/// For one thread at a time; loading takes a tenth of a second, so keep it.
public final class PictureReader {
    private let detector: VerifyingDetector
    private let recognizer: EmotionRecognizer
    private let threads: Int
    private let reader = ImageReader()
    private var image = GrayImage()
    private var found: [DetectedFace] = []

    /// Loads the model and the cascades.
    ///
    /// - Parameters:
    ///   - files: where they lie.
    ///   - precision: in which numbers the network works; floats as with `raut image` unless given, what is faster on this
    ///     processor where nil.
    ///   - threads: how many share the faces of a picture that has many, as with `raut image`: as many as there are
    ///     processors where nil. What is found is the same.
    /// - Throws: ``RautError`` where a file is missing or broken.
    public init(
        files: RautFiles = RautFiles(), precision: RautPrecision? = .float, threads: Int? = nil
    ) throws(RautError) {
        (detector, recognizer) = try files.load(precision)
        self.threads = threads ?? ProcessInfo.processInfo.activeProcessorCount
    }

    /// In which numbers the network works.
    public var precision: RautPrecision { RautPrecision(recognizer.precision) }

    /// The faces of a picture's file: JPEG, PNG, and what ffmpeg reads.
    ///
    /// - Throws: ``RautError`` where it is no picture, or can't be read.
    public func faces(inFile path: String) throws(RautError) -> [Face] {
        do throws(ImageError) {
            try reader.readGray(path: path, into: &image)
        } catch {
            throw RautError(description: error.description)
        }
        return faces(in: image)
    }

    /// The faces of a grey picture.
    ///
    /// - Parameters:
    ///   - luma: rows one after another, `width * height` bytes.
    ///   - width: columns in pixels.
    ///   - height: rows in pixels.
    /// - Throws: ``RautError`` where there are more or fewer bytes.
    public func faces(inLuma luma: [UInt8], width: Int, height: Int) throws(RautError) -> [Face] {
        guard let image = GrayImage(width: width, height: height, pixels: luma) else {
            throw RautError(description: "\(luma.count) bytes are no grey picture of \(width)×\(height)")
        }
        return faces(in: image)
    }

    private func faces(in image: GrayImage) -> [Face] {
        var parameters = DetectionParameters()
        parameters.minSize = DetectionParameters.standardMinSize(width: image.width, height: image.height)
        detector.detect(in: image, region: nil, parameters: parameters, into: &found)
        let probabilities = recognizer.recognize(found, looks: .standard, in: image, threads: threads)
        return zip(found, probabilities).map { face, probabilities in
            Face(
                number: 0, box: face.box, tilt: face.tilt, emotion: probabilities.mostLikely,
                probabilities: probabilities,
                isUnsure: probabilities.confidence < EmotionProbabilities.leastSure)
        }
    }
}
