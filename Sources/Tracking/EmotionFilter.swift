import Faces
import Glibc

/// Smooths one face's probabilities in time and decides when its reported emotion changes.
///
/// The mean over time of the logarithms of what each look says, old and new weighted by exponential forgetting (Kulhavý
/// and Zarrop, 1993, "On a general concept of forgetting"), because two frames 33 ms apart are far from independent: a
/// plain product would be sure of anything within a few frames. With forgetting, a face that keeps one expression stays at
/// the network's own, calibrated probability from the first look on. What pulls towards equal probabilities between looks,
/// for an emotion that may have become another one, would claim less than that; forgetting is what lets go of the old one.
package struct EmotionFilter: Sendable, Equatable {
    /// Time constants in seconds, and thresholds.
    package struct Parameters: Sendable, Equatable {
        /// The time in which the weight of what was seen before falls to 1/e.
        package var forgetting = 0.22
        /// By how much another emotion must be likelier than the reported one before it can take its place.
        package var margin: Float = 0.08
        /// For how long it must be so without a break.
        package var hold = 0.12
        /// By how much the reported emotion's probability must pass ``EmotionProbabilities/leastSure`` before a guess
        /// becomes an answer, or an answer a guess.
        package var sureMargin: Float = 0.04

        /// The defaults of `raut run`.
        package init() {}
    }

    /// The smoothed probabilities.
    package private(set) var probabilities: EmotionProbabilities
    /// The emotion reported.
    package private(set) var emotion: Emotion
    /// Whether the emotion reported is a guess.
    package private(set) var isUnsure: Bool
    /// Whether another emotion has been the likeliest of late, but not for long enough to be reported.
    package var isChallenged: Bool { challenger != nil }
    private var challenger: Emotion?
    private var challengedFor = 0.0

    /// Starts with the first look at a face, which is believed as it is.
    package init(_ first: EmotionProbabilities) {
        probabilities = Self.floored(first)
        emotion = probabilities.mostLikely
        isUnsure = probabilities.isUnsure
    }

    /// Takes in the next look at the face, `seconds` after the last one.
    ///
    /// - Returns: true where the reported emotion changed.
    package mutating func update(
        _ observed: EmotionProbabilities, after seconds: Double, _ parameters: Parameters
    ) -> Bool {
        let seconds = max(0, seconds)
        let weight = Float(1 - exp(-seconds / max(parameters.forgetting, 1e-6)))
        let seen = Self.floored(observed)
        var mean = SIMD8<Float>.zero
        for lane in 0..<Emotion.allCases.count {
            let before = log(max(probabilities.lanes[lane], 1e-6))
            mean[lane] = exp(before * (1 - weight) + log(seen.lanes[lane]) * weight)
        }
        probabilities = EmotionProbabilities(lanes: mean).normalized
        let changed = decide(after: seconds, parameters)
        let least = EmotionProbabilities.leastSure
        if changed {
            isUnsure = probabilities[emotion] < least
        } else {
            isUnsure =
                probabilities[emotion]
                < (isUnsure ? least + parameters.sureMargin : least - parameters.sureMargin)
        }
        return changed
    }

    private mutating func decide(after seconds: Double, _ parameters: Parameters) -> Bool {
        let candidate = probabilities.mostLikely
        guard candidate != emotion, probabilities[candidate] >= probabilities[emotion] + parameters.margin
        else {
            challenger = nil
            return false
        }
        if challenger == candidate {
            challengedFor += seconds
        } else {
            challenger = candidate
            challengedFor = 0
        }
        guard challengedFor >= parameters.hold else { return false }
        emotion = candidate
        challenger = nil
        return true
    }

    /// Raises each probability to 0.001 at least: from 0 an emotion could never rise again.
    private static func floored(_ probabilities: EmotionProbabilities) -> EmotionProbabilities {
        let proper = probabilities.normalized
        var lanes = proper.lanes
        lanes.replace(with: 1e-3, where: .!(lanes .>= 1e-3))
        return EmotionProbabilities(lanes: lanes).normalized
    }
}
