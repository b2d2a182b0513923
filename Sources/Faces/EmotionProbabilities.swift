/// A probability for each of the seven emotions, in the order of ``Emotion``; they sum to 1.
///
/// Held in a SIMD vector, so that one can be made, smoothed and passed on for each face of each frame without
/// allocation.
public struct EmotionProbabilities: Sendable, Equatable {
    /// The seven values in lanes 0 to 6; lane 7 is 0.
    public var lanes: SIMD8<Float>

    /// All seven equally likely.
    public static let uniform = EmotionProbabilities(lanes: SIMD8(1, 1, 1, 1, 1, 1, 1, 0) / 7)

    /// Takes seven values in lanes 0 to 6; lane 7 is set to 0.
    public init(lanes: SIMD8<Float>) {
        self.lanes = lanes
        self.lanes[7] = 0
    }

    /// The probability of one emotion.
    public subscript(emotion: Emotion) -> Float {
        get { lanes[emotion.rawValue] }
        set { lanes[emotion.rawValue] = newValue }
    }

    /// The likeliest emotion; the first in the order of ``Emotion`` where several are equal.
    public var mostLikely: Emotion {
        var best = Emotion.angry
        for emotion in Emotion.allCases where self[emotion] > self[best] { best = emotion }
        return best
    }

    /// The probability of the likeliest emotion.
    public var confidence: Float { self[mostLikely] }

    /// The same scaled to sum to 1; uniform where the sum is not positive and finite.
    public var normalized: EmotionProbabilities {
        let sum = lanes.sum()
        guard sum > 0, sum.isFinite else { return .uniform }
        return EmotionProbabilities(lanes: lanes / sum)
    }
}
