import EmotionRecognition
import Faces
import Foundation
import NeuralNetwork

/// What is added to the second head's logits so that its first choice is what most people see.
///
/// The head learns how ten people's votes fall, and on the faces it was trained on it comes to know the votes: how votes
/// relate to what most agree on for a face it has never seen, only faces held back can tell. A factor and an offset for
/// each emotion are fitted to them (vector scaling, Guo et al., 2017); the factor, which changes no choice, is divided
/// out again, so that the head's probabilities stay those of votes.
package struct AgreementOffsets: Sendable, Equatable {
    /// One number an emotion, in the order of ``Emotion``.
    package private(set) var values = [Double](repeating: 0, count: Emotion.allCases.count)

    /// How many annotators have to name the same emotion for a face to count.
    package static let votes = 6
    /// How much the squares of the offsets weigh beside the mean cross-entropy.
    private static let penalty = 1e-3

    /// Fits offsets to a head's logits, seven or more an image, on the faces that people agree on; all are 0 where there
    /// is none.
    package init(logits: [[Float]], votes ballots: [FERPlusVotes]) {
        let count = values.count
        var rows: [(logits: [Float], emotion: Int)] = []
        for (logits, ballot) in zip(logits, ballots) where logits.count >= count {
            guard let emotion = ballot.agreed(atLeast: Self.votes) else { continue }
            rows.append((logits, emotion.rawValue))
        }
        guard !rows.isEmpty else { return }
        // The factor's logarithm, then the offsets.
        var point = [Double](repeating: 0, count: count + 1)
        var moved = [Float](repeating: 0, count: count)
        func loss() -> Double {
            let factor = exp(point[0])
            var sum = 0.0
            for (logits, emotion) in rows {
                for place in 0..<count {
                    moved[place] = Float(factor * Double(logits[place]) + point[place + 1])
                }
                let normalizer = SoftmaxCrossEntropy.logSumExp(moved.span)
                sum += Double(normalizer - moved[emotion])
            }
            let squares = point.dropFirst().reduce(0) { $0 + $1 * $1 }
            return sum / Double(rows.count) + Self.penalty * squares
        }
        // The loss is convex in the factor and the offsets: each number in turn goes to its one minimum, in a range that
        // narrows.
        for round in 0..<12 {
            let reach = 2 / Double(1 << min(round, 5))
            for place in point.indices {
                let start = point[place]
                point[place] = minimum(
                    of: { value in
                        point[place] = value
                        return loss()
                    }, in: start - reach...start + reach)
            }
        }
        let factor = exp(point[0])
        values = point.dropFirst().map { $0 / factor }
    }

    /// Fits offsets as ``init(logits:votes:)`` does, and keeps them only where offsets fitted to four fifths of the faces
    /// make more first choices right than wrong among the others, each fifth in turn; else all are 0.
    package init(provenBy logits: [[Float]], votes ballots: [FERPlusVotes]) {
        let (count, folds) = (min(logits.count, ballots.count), 5)
        var gained = 0
        for fold in 0..<folds {
            let others = (0..<count).filter { $0 % folds != fold }
            let fitted = Self(logits: others.map { logits[$0] }, votes: others.map { ballots[$0] })
            for index in stride(from: fold, to: count, by: folds) {
                guard let emotion = ballots[index].agreed(atLeast: Self.votes) else { continue }
                let before = Self().firstChoice(of: logits[index]) == emotion.rawValue
                let after = fitted.firstChoice(of: logits[index]) == emotion.rawValue
                gained += (after ? 1 : 0) - (before ? 1 : 0)
            }
        }
        if gained > 0 { self.init(logits: logits, votes: ballots) } else { self.init() }
    }

    private init() {}

    private func firstChoice(of logits: [Float]) -> Int? {
        values.indices.prefix(logits.count).max {
            Double(logits[$0]) + values[$0] < Double(logits[$1]) + values[$1]
        }
    }
}

extension EmotionNetwork {
    /// Moves the offsets of FER+'s head to where its first choice is most often what six or more of ten people agree on
    /// (``AgreementOffsets``), by faces that the network was not trained on; nothing changes without such a head or votes,
    /// or where offsets don't prove themselves on faces that did not choose them.
    ///
    /// - Parameter onFace: Told before each face which part is done; what it throws ends the work.
    package func fitAgreement(to validation: FaceDataSet, onFace: (Double) throws -> Void = { _ in }) rethrows
    {
        guard let place = configuration.heads.firstIndex(of: .ferplus), let votes = validation.votes,
            let bias = parameters.first(where: { $0.name == "head_ferplus.bias" })
        else { return }
        let recognizer = EmotionRecognizer(self)
        let logits = try (0..<validation.count).map {
            try onFace(Double($0) / Double(validation.count))
            return recognizer.logits(validation.image($0))[place]
        }
        let offsets = AgreementOffsets(provenBy: logits, votes: votes)
        for (index, value) in offsets.values.enumerated() { bias.value[index] += Float(value) }
    }
}
