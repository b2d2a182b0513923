import Faces
import Foundation

/// How the temperature of the joined posterior depends on the face, so that a guess about a blurred crop and one about a
/// clear photograph both claim what they are worth.
///
/// The temperature is multiplied by exp(−(a·H + b·D)): H is the joined answer's entropy, as in adaptive temperature
/// scaling (Balanya et al., 2024); D is how unlike the answers of FER2013's head and of the combined head are, which
/// alone learned from photographs. Where they differ, the face looks like those photographs, whose labels are less noisy
/// than FER2013's. Both are bounded, so the factor is. The order of the emotions stays as it is.
package struct FaceTemperature: Sendable, Equatable {
    /// How much surer an answer is made for each nat of its entropy.
    package var entropy: Float
    /// How much surer an answer is made for each nat of the two heads' Jensen–Shannon divergence.
    package var divergence: Float

    /// What both may be.
    package static let range: ClosedRange<Float> = -10...10

    /// No dependence unless given.
    package init(entropy: Float = 0, divergence: Float = 0) {
        self.entropy = entropy
        self.divergence = divergence
    }

    /// What the temperature is multiplied by.
    package func factor(entropy: Float, divergence: Float) -> Float {
        self.entropy == 0 && self.divergence == 0
            ? 1 : exp(-(self.entropy * entropy + self.divergence * divergence))
    }

    /// The entropy of seven probabilities, 0 to ln 7 nats.
    static func entropy(_ probabilities: SIMD8<Float>) -> Float {
        var sum: Float = 0
        for place in 0..<7 where probabilities[place] > 0 {
            sum -= probabilities[place] * log(probabilities[place])
        }
        return sum
    }

    /// The Jensen–Shannon divergence (Lin, 1991) of two answers given by their logarithms, 0 to ln 2 nats.
    static func divergence(_ one: SIMD8<Float>, _ other: SIMD8<Float>) -> Float {
        var (first, second) = (SIMD8<Float>(), SIMD8<Float>())
        for place in 0..<7 {
            first[place] = exp(one[place])
            second[place] = exp(other[place])
        }
        return max(0, entropy((first + second) / 2) - (entropy(first) + entropy(second)) / 2)
    }
}
