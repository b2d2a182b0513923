import EmotionRecognition
import Faces
import Foundation
import Imaging
import Testing
import Training

/// Probabilities with the given ones for some emotions, the rest shared evenly.
private func probabilities(_ likeliest: Emotion, _ confidence: Float) -> EmotionProbabilities {
    var result = EmotionProbabilities(lanes: SIMD8(repeating: (1 - confidence) / 6))
    result[likeliest] = confidence
    return result
}

@Suite("Evaluation")
struct EvaluationTests {
    @Test("recall, precision and macro-F1 are those worked out by hand")
    func confusionByHand() {
        // Angry: 3 labelled, 2 of them called so, 1 called happy. Happy: 2 labelled, 1 called so, 1 called angry.
        let matrix = ConfusionMatrix(labels: [0, 0, 0, 3, 3], answers: [0, 0, 3, 3, 0])
        #expect(matrix.counts[0][3] == 1 && matrix.counts[3][0] == 1)
        #expect(matrix.accuracy == 0.6)
        #expect(abs(matrix.recall(.angry) - 2.0 / 3) < 1e-12)
        #expect(abs(matrix.precision(.angry) - 2.0 / 3) < 1e-12)
        #expect(matrix.recall(.happy) == 0.5)
        #expect(abs(matrix.macroF1 - (2.0 / 3 + 0.5) / 2) < 1e-12)
    }

    @Test("an emotion that no face is labelled does not count in macro-F1, one never found counts as 0")
    func absentEmotion() {
        #expect(ConfusionMatrix(labels: [0, 0], answers: [0, 0]).macroF1 == 1)
        #expect(ConfusionMatrix(labels: [0, 1], answers: [0, 0]).macroF1 == (2.0 / 3) / 2)
    }

    @Test("a face that was not found is wrong, in accuracy, recall and F1, but has no loss")
    func missedFaces() {
        let found = Evaluation([probabilities(.happy, 0.7)], labels: [3])
        let evaluation = Evaluation([probabilities(.happy, 0.7)], labels: [3], missed: [3, 0])
        #expect(evaluation.confusion.count == 3 && evaluation.confusion.missed[0] == 1)
        #expect(evaluation.accuracy == 1.0 / 3)
        #expect(evaluation.confusion.recall(.happy) == 0.5 && evaluation.confusion.recall(.angry) == 0)
        #expect(evaluation.confusion.meanRecall == 0.25)
        #expect(evaluation.confusion.f1(.happy) == 2.0 / 3)
        #expect(evaluation.loss == found.loss && evaluation.calibrationError == found.calibrationError)
    }

    @Test("loss is the mean of -ln p of the label")
    func loss() {
        let evaluation = Evaluation([probabilities(.happy, 0.7), probabilities(.sad, 0.4)], labels: [3, 0])
        let expected = (-log(0.7) - log(0.1)) / 2
        #expect(abs(evaluation.loss - expected) < 1e-6)
        #expect(evaluation.accuracy == 0.5)
    }

    @Test("a label given no probability at all costs much, but the loss stays a number")
    func impossibleLabel() {
        let evaluation = Evaluation([probabilities(.happy, 1)], labels: [0])
        #expect(evaluation.loss > 50 && evaluation.loss.isFinite)
    }

    @Test("the calibration error is the gap between confidence and accuracy, weighted by faces")
    func calibration() {
        // Four faces at 0.9, three right: gap 0.15. One face at 0.5, right: gap 0.5.
        let answers = Array(repeating: probabilities(.happy, 0.9), count: 4) + [probabilities(.sad, 0.5)]
        let evaluation = Evaluation(answers, labels: [3, 3, 3, 0, 4])
        #expect(abs(evaluation.calibrationError - (0.8 * 0.15 + 0.2 * 0.5)) < 1e-6)
        #expect(evaluation.calibration.reduce(0) { $0 + $1.count } == 5)
        #expect(evaluation.calibration.count == 15)
    }

    @Test("the calibration chart has a point for each bin with faces, where confidence and accuracy say")
    func calibrationChart() throws {
        let answers = Array(repeating: probabilities(.happy, 0.9), count: 4) + [probabilities(.sad, 0.5)]
        let evaluation = Evaluation(answers, labels: [3, 3, 3, 0, 4])
        let svg = Chart.calibration(title: "a < b", evaluation)
        #expect(svg.contains("a &lt; b"))
        #expect(svg.contains("expected calibration error 22.00 %"))
        #expect(svg.components(separatedBy: "<circle").count - 1 == 2)
        // Confidence 0.5 and accuracy 1 on a square of 320 whose corner is at 56, 44.
        #expect(svg.contains("cx='216.00' cy='44.00'"))
    }

    @Test("each shape of a chart has a plain colour too, for viewers that know no variables")
    func chartColors() {
        let evaluation = Evaluation([probabilities(.happy, 0.9)], labels: [3])
        let charts = [
            Chart.calibration(title: "a", evaluation),
            Chart.confusion(title: "b", evaluation.confusion),
            Chart.curves(title: "c", training: [0.1, 0.2], validation: [0.2, 0.3], percent: true),
        ]
        for svg in charts {
            let shapes = svg.matches(of: /<(rect|line|polyline|circle|text) [^>]*>/).map(\.output.0)
            #expect(shapes.count > 5)
            for shape in shapes {
                #expect(shape.contains(/(fill|stroke)='#[0-9a-f]{6}' style='(fill|stroke):var\(--[a-z]+\)'/))
            }
        }
    }

    @Test("full confidence falls in the last bin")
    func fullConfidence() {
        let evaluation = Evaluation([probabilities(.fear, 1)], labels: [2])
        #expect(evaluation.calibration.last?.count == 1 && evaluation.calibrationError == 0)
    }

    @Test("only faces on which enough annotators agree on one of the seven are judged")
    func agreement() {
        let ballots = [
            FERPlusVotes(counts: [0, 0, 0, 8, 0, 0, 2, 0, 0, 0]),
            FERPlusVotes(counts: [0, 0, 0, 6, 0, 0, 4, 0, 0, 0]),
            FERPlusVotes(counts: [0, 0, 0, 0, 0, 0, 1, 9, 0, 0]),  // contempt
            FERPlusVotes(counts: [5, 0, 0, 0, 0, 0, 5, 0, 0, 0]),  // a tie
        ]
        let answers = [
            probabilities(.happy, 0.9), probabilities(.sad, 0.9), probabilities(.neutral, 0.9),
            probabilities(.angry, 0.9),
        ]
        let six = AgreementEvaluation(answers, votes: ballots, atLeast: 6)
        #expect(six.confusion.count == 2 && six.confusion.accuracy == 0.5)
        let eight = AgreementEvaluation(answers, votes: ballots, atLeast: 8)
        #expect(eight.confusion.count == 1 && eight.confusion.accuracy == 1)
        #expect(AgreementEvaluation(answers, votes: ballots, atLeast: 5).confusion.count == 2)
    }
}
