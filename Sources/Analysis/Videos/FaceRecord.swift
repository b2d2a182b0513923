import Faces
import Imaging

/// What one face of a video showed, and when.
package struct FaceRecord: Sendable {
    /// A stretch in which one emotion was reported.
    package struct Span: Sendable {
        /// Seconds from the beginning of the video.
        package var start: Double
        /// Seconds to the last frame of it.
        package var end: Double
        package var emotion: Emotion
        /// The sum of its confidence over the frames.
        fileprivate var confidence: Double
        fileprivate var frames: Int

        /// The mean confidence.
        package var meanConfidence: Double { confidence / Double(max(1, frames)) }
    }

    /// Where an emotion was strongest.
    package struct Moment: Sendable {
        package var seconds: Double
        package var confidence: Float
        /// The face then, as JPEG.
        package var picture: [UInt8]
    }

    /// The number of the face in the video.
    package let number: Int
    package private(set) var spans: [Span] = []
    package private(set) var frames = 0
    package var moments: [Emotion: Moment] = [:]
    private var sum = SIMD8<Double>(repeating: 0)
    private var counts = [Int](repeating: 0, count: Emotion.allCases.count)

    /// A gap between two frames longer than this, in seconds, ends a stretch.
    private static let longestGap = 1.0

    init(number: Int) { self.number = number }

    /// Adds what a frame showed.
    mutating func add(_ face: TrackedFace, at seconds: Double) {
        frames += 1
        counts[face.emotion.rawValue] += 1
        sum += SIMD8<Double>(face.probabilities.lanes)
        if let last = spans.last, seconds - last.end <= Self.longestGap {
            spans[spans.count - 1].end = seconds
            if last.emotion == face.emotion {
                spans[spans.count - 1].frames += 1
                spans[spans.count - 1].confidence += Double(face.confidence)
                return
            }
        }
        spans.append(
            Span(
                start: seconds, end: seconds, emotion: face.emotion, confidence: Double(face.confidence),
                frames: 1))
    }

    /// When it was first and last seen, in seconds.
    package var range: ClosedRange<Double> {
        let start = spans.first?.start ?? 0
        return start...max(start, spans.last?.end ?? 0)
    }

    /// In which share of its frames each emotion was reported.
    package var shares: [Emotion: Double] {
        Dictionary(
            uniqueKeysWithValues: Emotion.allCases.map {
                ($0, Double(counts[$0.rawValue]) / Double(max(1, frames)))
            })
    }

    /// The mean of its smoothed probabilities.
    package var mean: EmotionProbabilities {
        EmotionProbabilities(lanes: SIMD8<Float>(sum / Double(max(1, frames))))
    }

    /// The emotion reported most.
    package var dominant: Emotion {
        Emotion.allCases.max { counts[$0.rawValue] < counts[$1.rawValue] } ?? .neutral
    }
}

/// What the faces of one video showed.
package struct VideoRecord: Sendable {
    package let file: String
    /// Columns of a frame in pixels.
    package let width: Int
    /// Rows of a frame in pixels.
    package let height: Int
    package internal(set) var frames = 0
    /// The time of the last frame in seconds.
    package internal(set) var seconds = 0.0
    /// Frames with one face at least.
    package internal(set) var framesWithFaces = 0
    /// The faces in the order of their numbers.
    package internal(set) var faces: [FaceRecord] = []

    init(file: String, width: Int, height: Int) {
        self.file = file
        self.width = width
        self.height = height
    }

    /// In which share of all faces of all frames each emotion was reported.
    package var shares: [Emotion: Double] {
        let total = Double(max(1, faces.reduce(0) { $0 + $1.frames }))
        var shares: [Emotion: Double] = [:]
        for face in faces {
            for (emotion, share) in face.shares {
                shares[emotion, default: 0] += share * Double(face.frames) / total
            }
        }
        return shares
    }
}
