import EmotionRecognition
import Faces
import Foundation
import Imaging
import NeuralNetwork

extension Posterior {
    /// How far class frequencies are divided out by default; models/history.md has what each power gives.
    package static let standardFrequencyExponent: Float = 0.75
    /// How much FER+'s head counts beside FER2013's by default: all of it beside a combined head, which learned FER2013's
    /// labels, too; models/README.md and models/history.md have what other shares give.
    package static func standardFERPlusShare(beside heads: [Head]) -> Float {
        heads.contains(.combined) ? 1 : 0.6
    }
    /// How much a combined head counts by default; models/README.md has what other shares give.
    package static let standardCombinedShare: Float = 0.75

    /// How many faces of validation it takes to fit how the temperature depends on the face: fewer would be learned by
    /// heart.
    static let leastFaces = 500

    /// Fits the posterior of a trained network: class frequencies from the training set (those of the heads' targets), and
    /// the temperature that gives the least cross-entropy on the validation set's labels (Guo et al., 2017); with a
    /// combined head and 500 faces also how it depends on the face. Each source of the validation set counts alike, however
    /// many faces it has, from two hundred on; where the temperature depends on the face, by the square root of how many.
    /// A few faces move it little away from what it is expected to be.
    ///
    /// - Parameters:
    ///   - temperature: Taken instead of the one that fits, where it is given.
    ///   - start: The posterior of the model that the network comes from, whose temperature is expected; 1 where nil.
    ///   - onFace: Told before each face of validation which part is done; what it throws ends the work.
    package static func fitted(
        to network: EmotionNetwork, training: FaceDataSet, validation: FaceDataSet,
        labelSmoothing: Float, exponent: Float = standardFrequencyExponent,
        ferplusShare: Float? = nil, combinedShare: Float = standardCombinedShare,
        temperature: Float? = nil, startingAt start: Posterior? = nil,
        targets: (_ source: Int) -> SourceTargets = { _ in SourceTargets() },
        onFace: (Double) throws -> Void = { _ in }
    ) rethrows -> Posterior {
        let isCombined = network.configuration.heads.contains(.combined)
        let dependsOnFace = isCombined && validation.count >= leastFaces
        var posterior = Posterior(
            frequencies: training.jointFrequencies(network.configuration.heads, targets),
            frequencyExponent: exponent, temperature: temperature ?? 1, labelSmoothing: labelSmoothing,
            ferplusShare: ferplusShare ?? standardFERPlusShare(beside: network.configuration.heads),
            combinedShare: isCombined ? combinedShare : 0)
        // Too few faces to learn by say nothing against how it was.
        if isCombined, let start { posterior.faceTemperature = start.faceTemperature }
        guard dependsOnFace || temperature == nil else { return posterior }
        let recognizer = EmotionRecognizer(network)
        posterior.fitTemperature(
            to: try (0..<validation.count).map {
                try onFace(Double($0) / Double(validation.count))
                return (
                    recognizer.logits(validation.image($0)), validation.labels[$0], validation.source(of: $0)
                )
            }, fixed: temperature != nil, dependsOnFace: dependsOnFace, expected: start?.temperature ?? 1)
        return posterior
    }

    /// Fits the temperature to each face's logits and label: each source counts alike, but for those of few faces, or where
    /// the temperature depends on the face, by the square root of how many faces it has.
    ///
    /// - Parameters:
    ///   - fixed: Whether the temperature itself stays, and only its dependence is fitted.
    ///   - dependsOnFace: Whether its dependence on the face is fitted, too.
    ///   - expected: What the temperature is expected to be, which counts as long as faces are few.
    package mutating func fitTemperature(
        to answers: [(logits: [[Float]], label: Int, source: Int)], fixed: Bool, dependsOnFace: Bool,
        expected: Float = 1
    ) {
        var counts: [Int: Double] = [:]
        for answer in answers { counts[answer.source, default: 0] += 1 }
        let faces = answers.compactMap { answer in
            let count = counts[answer.source] ?? 1
            return joined(answer.logits).map {
                FittedFace(
                    joined: $0, label: answer.label,
                    share: 1 / (dependsOnFace ? count.squareRoot() : max(count, Self.fullFaces)))
            }
        }
        let pull = dependsOnFace ? 0 : 1 / (2 * Self.deviation * Self.deviation * Double(max(1, faces.count)))
        fitTemperature(to: faces, fixed: fixed, dependsOnFace: dependsOnFace) { temperature in
            let distance = Double(log(temperature / expected))
            return pull * distance * distance
        }
    }

    /// Faces from which on a source counts in full.
    private static let fullFaces = 200.0
    /// How far temperatures lie from what is expected: the standard deviation of their logarithm. Of those that
    /// models/history.md tells of, fitted to thousands of faces, the least is 0.9 and the greatest 1.17.
    private static let deviation = 0.2

    /// Puts one value after the other where the loss is least, in twenty rounds where there are several.
    private mutating func fitTemperature(
        to faces: [FittedFace], fixed: Bool, dependsOnFace: Bool, pull: (Float) -> Double
    ) {
        func least(_ range: ClosedRange<Double>, _ change: (inout Posterior, Float) -> Void) -> Float {
            Float(
                minimum(
                    of: { value in
                        var candidate = self
                        change(&candidate, Float(value))
                        return faces.reduce(pull(candidate.temperature)) { $0 + candidate.loss($1) }
                    }, in: range))
        }
        let range = Double(FaceTemperature.range.lowerBound)...Double(FaceTemperature.range.upperBound)
        for _ in 0..<(dependsOnFace ? 20 : 1) {
            if !fixed { temperature = exp(least(log(0.3)...log(5.0)) { $0.temperature = exp($1) }) }
            guard dependsOnFace else { return }
            faceTemperature.entropy = least(range) { $0.faceTemperature.entropy = $1 }
            faceTemperature.divergence = least(range) { $0.faceTemperature.divergence = $1 }
        }
    }

    /// The cross-entropy of one face's label, times its share.
    private func loss(_ face: FittedFace) -> Double {
        let probability = probabilities(face.joined).lanes[face.label]
        return -face.share * Double(log(max(1e-9, probability)))
    }
}

/// What the heads say about a face that the temperature is fitted to.
private struct FittedFace {
    let joined: Posterior.Joined
    let label: Int
    let share: Double
}

/// Where a function with one minimum in a range is least, by golden-section search.
func minimum(of function: (Double) -> Double, in range: ClosedRange<Double>) -> Double {
    let golden = (5.0.squareRoot() - 1) / 2
    var (low, high) = (range.lowerBound, range.upperBound)
    for _ in 0..<24 {
        let (left, right) = (high - golden * (high - low), low + golden * (high - low))
        if function(left) < function(right) { high = right } else { low = left }
    }
    return (low + high) / 2
}

extension FaceDataSet {
    /// One image.
    package func image(_ index: Int) -> GrayImage {
        let side = NetworkConfiguration.side
        return GrayImage(
            width: side, height: side, pixels: Array(pixels(of: index)))
            ?? GrayImage(width: side, height: side)
    }

    /// How often each emotion is the target: the mean over the heads, each face by what it counts.
    func jointFrequencies(_ heads: [Head], _ targets: (Int) -> SourceTargets) -> EmotionProbabilities {
        var total = SIMD8<Float>()
        // What a combined head learns is what the other two do.
        for head in heads where head != .combined {
            var sums = SIMD8<Float>(repeating: 1e-3)
            var target = [Float](repeating: 0, count: 8)
            for index in 0..<count {
                let source = targets(self.source(of: index))
                switch head {
                case .fer2013: sums[labels[index]] += source.weight * source.labelWeight
                case .ferplus:
                    var row = target.mutableSpan
                    let weight = setVotesTarget(index, source, into: &row)
                    guard weight > 0 else { continue }
                    for emotion in 0..<7 { sums[emotion] += source.weight * weight * target[emotion] }
                case .combined: break
                }
            }
            // An emotion that no face shows is not divided out: it would come to be seen everywhere.
            let present = (0..<7).filter { sums[$0] > 2e-3 }
            let mean = present.reduce(Float(0)) { $0 + sums[$1] } / Float(max(1, present.count))
            for emotion in 0..<7 where sums[emotion] <= 2e-3 { sums[emotion] = max(mean, 1e-3) }
            for emotion in 0..<7 {
                total[emotion] += EmotionProbabilities(lanes: sums).normalized.lanes[emotion]
            }
        }
        return EmotionProbabilities(lanes: total).normalized
    }
}
