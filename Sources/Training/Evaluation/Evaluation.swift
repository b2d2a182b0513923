import EmotionRecognition
import Faces
import Foundation

/// What a model's answers on labelled faces are worth.
package struct Evaluation: Sendable, Equatable {
    /// Labels against answers.
    package let confusion: ConfusionMatrix
    /// The mean cross-entropy of the labels under the probabilities, in nats.
    package let loss: Double
    /// The expected calibration error (Guo et al., 2017): how far confidence and accuracy lie apart, over bins of equal
    /// width, weighted by the faces in each.
    package let calibrationError: Double
    /// The bins behind ``calibrationError``, from the least to the most confident.
    package let calibration: [CalibrationBin]

    /// Faces whose confidence lies in one interval.
    package struct CalibrationBin: Sendable, Equatable {
        /// Faces in it.
        package let count: Int
        /// Their mean confidence; 0 where there are none.
        package let confidence: Double
        /// The share of them that is right; 0 where there are none.
        package let accuracy: Double
    }

    /// Bins of the calibration error, as in Guo et al. (2017).
    package static let calibrationBins = 15

    /// Judges probabilities, one set a face, by labels 0 to 6. Faces that were not found count as wrong in the confusion
    /// matrix; loss and calibration are those of the faces that were.
    ///
    /// - Parameter missed: The labels of faces that were not found.
    package init(_ probabilities: [EmotionProbabilities], labels: [Int], missed: [Int] = []) {
        var confusion = ConfusionMatrix()
        var loss = 0.0
        var sums = Array(repeating: (count: 0, confidence: 0.0, correct: 0), count: Self.calibrationBins)
        for (probability, label) in zip(probabilities, labels) {
            guard let emotion = Emotion(rawValue: label) else { continue }
            let answer = probability.mostLikely
            confusion.add(label: label, answer: answer.rawValue)
            // A probability too small for a float counts as the smallest one.
            loss -= log(Double(max(probability[emotion], Float.leastNormalMagnitude)))
            let confidence = Double(probability.confidence)
            let place = Int(exactly: (confidence * Double(Self.calibrationBins)).rounded(.down)) ?? 0
            let bin = min(Self.calibrationBins - 1, max(0, place))
            sums[bin].count += 1
            sums[bin].confidence += confidence
            sums[bin].correct += answer == emotion ? 1 : 0
        }
        let count = Double(max(1, confusion.count))
        for label in missed { confusion.addMissed(label: label) }
        self.confusion = confusion
        self.loss = loss / count
        calibration = sums.map { sum in
            let faces = Double(max(1, sum.count))
            return CalibrationBin(
                count: sum.count, confidence: sum.confidence / faces, accuracy: Double(sum.correct) / faces)
        }
        calibrationError = calibration.reduce(0) {
            $0 + Double($1.count) / count * abs($1.accuracy - $1.confidence)
        }
    }

    /// The share of faces called what they are labelled.
    package var accuracy: Double { confusion.accuracy }
}

/// How often a model is right on the faces that people agree on (FER+).
package struct AgreementEvaluation: Sendable, Equatable {
    /// How many of ten annotators had to name the same of the seven emotions.
    package let votes: Int
    /// Labels by that majority against answers.
    package let confusion: ConfusionMatrix

    /// Judges answers by FER+'s votes, leaving out faces on which fewer than `votes` of the annotators agree.
    package init(_ probabilities: [EmotionProbabilities], votes ballots: [FERPlusVotes], atLeast votes: Int) {
        self.votes = votes
        var confusion = ConfusionMatrix()
        for (probability, ballot) in zip(probabilities, ballots) {
            guard let emotion = ballot.agreed(atLeast: votes) else { continue }
            confusion.add(label: emotion.rawValue, answer: probability.mostLikely.rawValue)
        }
        self.confusion = confusion
    }
}

extension FERPlusVotes {
    /// The one of the seven emotions that at least so many annotators named; nil where there is none, or two share the
    /// most votes.
    package func agreed(atLeast votes: Int) -> Emotion? {
        let seven = counts.prefix(Emotion.allCases.count)
        guard let most = seven.max(), Int(most) >= votes, seven.count(where: { $0 == most }) == 1 else {
            return nil
        }
        return seven.firstIndex(of: most).flatMap { Emotion(rawValue: $0) }
    }
}
