// The library's face: what programs need that look for faces and their emotions, and nothing else. The other modules are
// no part of the product.
import Analysis
import EmotionRecognition
import FaceVerification
public import Faces
public import Imaging
import System

/// One of the seven emotions of FER2013.
public typealias Emotion = Faces.Emotion
/// A probability for each emotion; they sum to 1.
public typealias EmotionProbabilities = Faces.EmotionProbabilities
/// A box in pixels, origin at the top left.
public typealias Rectangle = Imaging.Rectangle

/// A face and what it shows.
public struct Face: Sendable, Equatable {
    /// The number that it keeps from frame to frame while it is in view, counted from 1; 0 in a single picture.
    public let number: Int
    /// Where it is, in pixels of the picture.
    public let box: Rectangle
    /// How far the head is tilted, in degrees clockwise.
    public let tilt: Double
    /// The emotion reported. In frames that follow one another it changes only when another has held for a while.
    public let emotion: Emotion
    /// How likely each emotion is; smoothed over time in frames that follow one another.
    public let probabilities: EmotionProbabilities
    /// Whether the emotion is a guess rather than an answer.
    public let isUnsure: Bool

    /// How likely the reported emotion is.
    public var confidence: Float { probabilities[emotion] }
}

/// What went wrong: one line that says what, where, and what to do about it.
public struct RautError: Error, Equatable, Sendable, CustomStringConvertible {
    /// The line.
    public let description: String
}

/// In which numbers the network names emotions; `raut --help` calls it `--precision`.
public enum RautPrecision: String, Sendable, CaseIterable {
    /// 32-bit floats.
    case float
    /// Eight-bit integers: the model must have been made ready for them, as the one that comes with Raut is.
    case int8

    /// The same in the program's own words.
    var own: Precision { self == .float ? .float : .int8 }

    init(_ own: Precision) { self = own == .float ? .float : .int8 }
}

/// Where the model and the face cascades lie.
public struct RautFiles: Sendable {
    /// The folder of `raut.safetensors` and `verifier.safetensors`; nil for the usual places: those in the environment
    /// variable `RAUT_MODELS`, `../share/raut/models` beside the program, `models` in the working directory, and where
    /// the Debian package puts them.
    public var models: String?
    /// The folder of OpenCV's cascades; nil for those in `RAUT_CASCADES` and for Debian's package opencv-data.
    public var cascades: String?

    /// The usual places, or folders of one's own.
    public init(models: String? = nil, cascades: String? = nil) {
        (self.models, self.cascades) = (models, cascades)
    }

    /// Loads what finds faces and what names their emotions.
    ///
    /// - Parameter precision: what is fastest on this processor where nil.
    func load(_ precision: RautPrecision?) throws(RautError) -> (VerifyingDetector, EmotionRecognizer) {
        do {
            let places = Locations.current.forLibrary(models: models, cascades: cascades)
            let (recognizer, detector) = try SideBySide.run("raut-cascades") {
                try EmotionRecognizer(modelAt: places.model(nil), precision: precision?.own)
            } beside: {
                try VerifyingDetector.standard(cascadeAt: places.cascade(nil), in: places)
            }
            return (detector, recognizer)
        } catch {
            throw RautError(description: "\(error)")
        }
    }
}
