import EmotionRecognition
import FaceDetection
import FaceVerification
import Faces
import Imaging

/// The way from a picture's file to its faces and their emotions, each step timed.
package final class PictureAnalysis {
    private let detector: VerifyingDetector
    private var parameters: DetectionParameters
    private let fitsMinSize: Bool
    private let recognizer: EmotionRecognizer?
    private let looks: PictureLooks
    private let threads: Int
    private let explains: Bool
    private let reader = ImageReader()
    private var image = GrayImage()
    private var faces: [DetectedFace] = []
    private var probabilities: [EmotionProbabilities] = []

    /// Without a recogniser faces are only found; `fitsMinSize` lets the smallest face follow each picture's size; each face
    /// is looked at as often as `looks` says, many faces by several threads; `explains` asks where on it its emotion is
    /// seen, outside of the times.
    package init(
        detector: VerifyingDetector, parameters: DetectionParameters, fitsMinSize: Bool = false,
        recognizer: EmotionRecognizer?, looks: PictureLooks = .standard, threads: Int = 1,
        explains: Bool = false
    ) {
        self.threads = threads
        self.looks = looks
        self.fitsMinSize = fitsMinSize
        self.explains = explains
        self.detector = detector
        self.parameters = parameters
        self.recognizer = recognizer
    }

    /// Does the work some times over, reading the file included, and gives the median time of each step.
    ///
    /// - Throws: ``ImageError`` where it is no picture, or can't be read or fetched.
    package func findings(
        in item: PictureItem, repetitions: Int = 1
    ) throws(ImageError) -> PictureFindings {
        let item = try item.fetched()
        let clock = ContinuousClock()
        var (decode, detect, classify): ([Duration], [Duration], [Duration]) = ([], [], [])
        for _ in 0..<repetitions {
            let start = clock.now
            try item.readGray(by: reader, into: &image)
            let decoded = clock.now
            if fitsMinSize {
                parameters.minSize = min(
                    parameters.maxSize ?? .max,
                    DetectionParameters.standardMinSize(width: image.width, height: image.height))
            }
            detector.detect(in: image, region: nil, parameters: parameters, into: &faces)
            let detected = clock.now
            decode.append(start.duration(to: decoded))
            detect.append(decoded.duration(to: detected))
            if let recognizer {
                probabilities = recognizer.recognize(faces, looks: looks, in: image, threads: threads)
                classify.append(detected.duration(to: clock.now))
            }
        }
        return PictureFindings(
            file: item.name, width: image.width, height: image.height, decode: decode.median,
            detect: detect.median,
            classify: recognizer == nil ? nil : classify.median, faces: faces,
            probabilities: recognizer == nil ? nil : probabilities,
            explanations: explains
                ? recognizer.map { recognizer in
                    faces.map { OcclusionMap(of: $0, in: image, by: recognizer, looks: looks) }
                } : nil)
    }
}

extension [Duration] {
    /// The middle one; the longer of the two in the middle of an even count; zero of none.
    package var median: Duration { isEmpty ? .zero : sorted()[count / 2] }
}

extension Duration {
    /// In milliseconds.
    package var milliseconds: Double { self / .milliseconds(1) }
}
