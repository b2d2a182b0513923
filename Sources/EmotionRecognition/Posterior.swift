import Faces
import Foundation
import NeuralNetwork

/// How a network's heads become one probability for each of the seven emotions.
///
/// What label smoothing has spread over the first head's classes is taken back. The heads' probabilities are joined by
/// their weighted mean (FER+'s without contempt, the combined head's where there is one), divided by the class
/// frequencies of the training set to a power (Saerens et al., 2002), and sharpened or softened by one temperature (Guo
/// et al., 2017), which with a combined head depends on the face (``FaceTemperature``).
package struct Posterior: Sendable, Equatable {
    /// Class frequencies of the training set, in the order of ``Emotion``.
    package var frequencies: EmotionProbabilities
    /// The power to which frequencies are divided out: 0 not at all, 1 wholly.
    package var frequencyExponent: Float
    /// The logits' divisor.
    package var temperature: Float
    /// The part of each label that was spread evenly over all classes when the first head learned it (Szegedy et al.,
    /// 2016): without taking it back, sure answers claim too little and unsure ones too much.
    package var labelSmoothing: Float
    /// How much FER+'s head counts beside FER2013's, 0 to 1, which counts the rest.
    package var ferplusShare: Float
    /// How much the combined head counts where there is one, 0 to 1; the other two share the rest.
    package var combinedShare: Float
    /// How the face's own answers change the temperature where there is a combined head.
    package var faceTemperature: FaceTemperature

    /// Takes all values.
    package init(
        frequencies: EmotionProbabilities = .uniform, frequencyExponent: Float = 0, temperature: Float = 1,
        labelSmoothing: Float = 0, ferplusShare: Float = 0.5, combinedShare: Float = 0,
        faceTemperature: FaceTemperature = FaceTemperature()
    ) {
        self.ferplusShare = ferplusShare
        self.faceTemperature = faceTemperature
        self.combinedShare = combinedShare
        self.labelSmoothing = labelSmoothing
        self.frequencies = frequencies
        self.frequencyExponent = frequencyExponent
        self.temperature = temperature
    }

    /// Reads what ``metadata`` wrote; what is missing has no effect.
    ///
    /// - Parameter path: The model's file, named in errors.
    package init(metadata: [String: String], path: String) throws(ModelFileError) {
        self.init()
        func number(_ key: String, in range: ClosedRange<Float>) throws(ModelFileError) -> Float? {
            guard let text = metadata[key] else { return nil }
            guard let value = Float(text), range.contains(value) else {
                throw .invalid(path: path, reason: "its metadata say \(key) is '\(text.prefix(40))'")
            }
            return value
        }
        frequencyExponent = try number("posterior_frequency_exponent", in: 0...1) ?? 0
        temperature = try number("posterior_temperature", in: 0.01...100) ?? 1
        labelSmoothing = try number("posterior_label_smoothing", in: 0...0.9) ?? 0
        ferplusShare = try number("posterior_ferplus_share", in: 0...1) ?? 0.5
        combinedShare = try number("posterior_combined_share", in: 0...1) ?? 0
        faceTemperature.entropy = try number("posterior_entropy_sureness", in: FaceTemperature.range) ?? 0
        faceTemperature.divergence =
            try number("posterior_divergence_sureness", in: FaceTemperature.range) ?? 0
        if let text = metadata["posterior_frequencies"] {
            let values = text.split(separator: ",").compactMap { Float($0) }
            guard values.count == 7, values.allSatisfy({ $0 > 0 && $0 <= 1 }) else {
                throw .invalid(
                    path: path, reason: "its metadata say posterior_frequencies is '\(text.prefix(40))'")
            }
            for emotion in Emotion.allCases { frequencies[emotion] = values[emotion.rawValue] }
        }
    }

    /// The strings for a model file.
    package var metadata: [String: String] {
        let combined =
            combinedShare == 0 && faceTemperature == FaceTemperature()
            ? [:]
            : [
                "posterior_combined_share": "\(combinedShare)",
                "posterior_entropy_sureness": "\(faceTemperature.entropy)",
                "posterior_divergence_sureness": "\(faceTemperature.divergence)",
            ]
        return [
            "posterior_frequencies": Emotion.allCases.map { "\(frequencies[$0])" }.joined(separator: ","),
            "posterior_frequency_exponent": "\(frequencyExponent)",
            "posterior_temperature": "\(temperature)",
            "posterior_label_smoothing": "\(labelSmoothing)",
            "posterior_ferplus_share": "\(ferplusShare)",
        ].merging(combined) { $1 }
    }

    /// How much each of so many heads counts, in the order of ``Head``.
    private func weight(of number: Int, among count: Int) -> Float {
        guard count > 1 else { return 1 }
        let combined = count > 2 ? combinedShare : 0
        return number == 0
            ? (1 - combined) * (1 - ferplusShare) : number == 1 ? (1 - combined) * ferplusShare : combined
    }

    /// One probability an emotion from the logits of each head, seven or more each, in the order of ``Head``.
    package func probabilities(_ heads: [[Float]]) -> EmotionProbabilities {
        joined(heads).map { probabilities($0) } ?? .uniform
    }

    /// One probability an emotion from what heads say together, by the temperature that the face has.
    package func probabilities(_ joined: Joined) -> EmotionProbabilities {
        let divisor =
            temperature * faceTemperature.factor(entropy: joined.entropy, divergence: joined.divergence)
        return EmotionProbabilities(lanes: Self.softmax(joined.logits / divisor))
    }

    /// What heads say together, before any temperature.
    package struct Joined: Sendable {
        /// Logarithms of the joined probabilities but for a constant, frequencies divided out; the eighth is nothing.
        package let logits: SIMD8<Float>
        /// The entropy of their probabilities, in nats: 0 where one emotion is certain, ln 7 where none stands out.
        package let entropy: Float
        /// How unlike FER2013's and the combined head's answers are; 0 without a combined head.
        package let divergence: Float
    }

    /// What heads say together, before any temperature; nil where none counts.
    package func joined(_ heads: [[Float]]) -> Joined? {
        // The logarithm of the mean, which one more head changes as log(eᵃ + eᵇ): no probability is too small for it.
        var logits = SIMD8<Float>(repeating: -.infinity)
        var (isEmpty, divergence) = (true, Float(0))
        var first = SIMD8<Float>()
        for (number, head) in heads.enumerated() where head.count >= 7 {
            let added = Self.logProbabilities(head, smoothing: number == 0 ? labelSmoothing : 0)
            if number == 0 { first = added }
            if number == 2 { divergence = FaceTemperature.divergence(first, added) }
            let weight = weight(of: number, among: heads.count)
            guard weight > 0 else { continue }
            isEmpty = false
            let logWeight = log(weight)
            for emotion in 0..<7 {
                let (one, other) = (logits[emotion], added[emotion] + logWeight)
                logits[emotion] = max(one, other) + log1p(exp(-abs(one - other)))
            }
        }
        guard !isEmpty else { return nil }
        if frequencyExponent > 0 {
            for emotion in Emotion.allCases {
                logits[emotion.rawValue] -= frequencyExponent * log(max(1e-6, frequencies[emotion]))
            }
        }
        let probabilities = Self.softmax(logits)
        let entropy = FaceTemperature.entropy(probabilities)
        return Joined(logits: logits, entropy: entropy, divergence: divergence)
    }

    /// Seven probabilities from logits; the eighth is 0.
    private static func softmax(_ logits: SIMD8<Float>) -> SIMD8<Float> {
        var largest = -Float.infinity
        for place in 0..<7 { largest = max(largest, logits[place]) }
        var result = SIMD8<Float>()
        for place in 0..<7 { result[place] = exp(logits[place] - largest) }
        return EmotionProbabilities(lanes: result).normalized.lanes
    }

    /// Logarithms of the first seven classes' probabilities, with what smoothing added to each taken back.
    private static func logProbabilities(_ head: [Float], smoothing: Float) -> SIMD8<Float> {
        let normalizer = SoftmaxCrossEntropy.logSumExp(head.span.extracting(first: 7))
        var logs = SIMD8<Float>(repeating: -.infinity)
        for emotion in 0..<7 { logs[emotion] = head[emotion] - normalizer }
        takeBack(smoothing, from: &logs)
        return logs
    }

    /// Takes back what label smoothing added to each of seven emotions' probabilities, of which the logarithms are given.
    package static func takeBack(_ smoothing: Float, from logs: inout SIMD8<Float>) {
        guard smoothing > 0 else { return }
        var total: Float = 0
        for emotion in 0..<7 {
            let probability = exp(logs[emotion])
            let own = probability - smoothing / 7
            // A thousandth stays in any case: no emotion is ruled out.
            logs[emotion] = own > 1e-3 * probability ? log(own) : logs[emotion] + log(1e-3)
            total += exp(logs[emotion])
        }
        for emotion in 0..<7 { logs[emotion] -= log(total) }
    }
}
