import Faces
import Imaging

/// A face and what is to be drawn of it.
package struct DrawnFace: Equatable, Sendable {
    /// The same from frame to frame, so that its label keeps its place.
    package var number: Int
    /// Where it is, in pixels of the picture.
    package var box: Rectangle
    /// How far its box is turned about its middle, in degrees clockwise as seen.
    package var tilt: Double
    /// What it shows; nil where that is not known.
    package var probabilities: EmotionProbabilities?
    /// The emotion that is reported; the likeliest where nil.
    package var emotion: Emotion?
    /// Whether that is a guess; where nil, its probability says so.
    package var isUnsure: Bool?
    /// Where on it that is seen, to be painted over it.
    package var explanation: HeatMap?
    /// What it showed in the last minute; nil where that is not kept.
    package var history: EmotionHistory?

    /// Makes one from its parts.
    package init(
        number: Int, box: Rectangle, tilt: Double = 0, probabilities: EmotionProbabilities? = nil,
        emotion: Emotion? = nil, isUnsure: Bool? = nil, explanation: HeatMap? = nil,
        history: EmotionHistory? = nil
    ) {
        self.number = number
        self.box = box
        self.tilt = tilt
        self.probabilities = probabilities
        self.emotion = emotion
        self.isUnsure = isUnsure
        self.explanation = explanation
        self.history = history
    }

    /// A face that is followed, with what it showed in the last minute where that is kept.
    package init(_ face: TrackedFace, history: EmotionHistory? = nil) {
        self.init(
            number: face.number, box: face.box, tilt: face.tilt, probabilities: face.probabilities,
            emotion: face.emotion, isUnsure: face.isUnsure, history: history)
    }

    /// What is said of it.
    var reading: Reading? {
        probabilities.map { Reading($0, reported: emotion ?? $0.mostLikely, isUnsure: isUnsure) }
    }
}

/// What a face's label says: an emotion, two of which it is one, or that it is not known.
package struct Reading: Equatable, Sendable {
    /// How sure it is.
    package enum Certainty: Equatable, Sendable {
        /// The emotion it is.
        case sure
        /// It is one of two.
        case either
        /// It can't be told.
        case unsure
    }

    /// The reported emotion.
    package let emotion: Emotion
    /// The likeliest of the others.
    package let second: Emotion
    /// The reported emotion's probability, 0 to 1.
    package let confidence: Float
    /// The second's probability, 0 to 1.
    package let secondConfidence: Float
    /// How sure that is.
    package let certainty: Certainty

    /// From here on two emotions together are worth naming.
    static let eitherConfidence: Float = 0.66

    /// Reads probabilities of which one is reported.
    ///
    /// - Parameter isUnsure: whether that is a guess; where nil, its probability says so.
    package init(_ probabilities: EmotionProbabilities, reported: Emotion, isUnsure: Bool? = nil) {
        func bounded(_ emotion: Emotion) -> Float {
            let value = probabilities[emotion]
            return value.isFinite ? max(0, min(1, value)) : 0
        }
        emotion = reported
        confidence = bounded(reported)
        var second = reported == .neutral ? Emotion.happy : .neutral
        for other in Emotion.allCases where other != reported && bounded(other) > bounded(second) {
            second = other
        }
        self.second = second
        secondConfidence = bounded(second)
        certainty =
            !(isUnsure ?? (confidence < EmotionProbabilities.leastSure))
            ? .sure : confidence + secondConfidence >= Self.eitherConfidence ? .either : .unsure
    }
}

/// What a face showed in the last minute, one entry a second.
package struct EmotionHistory: Equatable, Sendable {
    /// How many seconds are kept.
    package static let length = 60
    /// For each second its emotion, oldest first; nil where none was sure.
    package private(set) var seconds: [Emotion?] = []
    private var votes = SIMD8<Float>()
    private var second: Int?

    /// An empty history.
    package init() { seconds.reserveCapacity(Self.length) }

    /// Takes what was seen at a time in seconds; what has most of a second's votes stands for that second.
    package mutating func add(_ probabilities: EmotionProbabilities, at time: Double) {
        guard time.isFinite, abs(time) < 1e15 else { return }
        let now = Int(time)
        if let second, now > second {
            for _ in 0..<min(Self.length, now - second) { close() }
        }
        if second.map({ now >= $0 }) ?? true { second = now }
        votes += probabilities.lanes
    }

    private mutating func close() {
        if seconds.count == Self.length { seconds.removeFirst() }
        let best = EmotionProbabilities(lanes: votes).normalized
        seconds.append(votes.sum() > 0 && !best.isUnsure ? best.mostLikely : nil)
        votes = .zero
    }
}
