import Imaging

/// A face followed from frame to frame.
package struct TrackedFace: Sendable, Equatable {
    /// The number it keeps while it is in view, counted from 1 and never used again.
    package var number: Int
    /// Where it is, in pixels of the frame.
    package var box: Rectangle
    /// The tilt of the head in degrees clockwise.
    package var tilt: Double
    /// Probabilities of the last look at it alone, which may have been some frames ago.
    package var rawProbabilities: EmotionProbabilities
    /// Probabilities smoothed over time.
    package var probabilities: EmotionProbabilities
    /// The emotion reported: changes with hysteresis.
    package var emotion: Emotion

    /// Whether that emotion is a guess rather than an answer: its smoothed probability is below
    /// ``EmotionProbabilities/leastSure``, with hysteresis, too.
    package var isUnsure: Bool

    /// The smoothed probability of the reported emotion.
    package var confidence: Float { probabilities[emotion] }

    /// Makes a face from all its values.
    package init(
        number: Int, box: Rectangle, tilt: Double = 0, rawProbabilities: EmotionProbabilities,
        probabilities: EmotionProbabilities, emotion: Emotion, isUnsure: Bool = false
    ) {
        self.isUnsure = isUnsure
        self.number = number
        self.box = box
        self.tilt = tilt
        self.rawProbabilities = rawProbabilities
        self.probabilities = probabilities
        self.emotion = emotion
    }
}
