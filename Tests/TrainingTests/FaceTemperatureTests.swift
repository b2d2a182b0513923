import EmotionRecognition
import Faces
import Foundation
import NeuralNetwork
import Testing
import Training

@Suite("A temperature that depends on the face")
struct FaceTemperatureTests {
    /// Logits that give `emotion` a probability and share the rest alike.
    private func head(_ probability: Float, _ emotion: Int, classes: Int = 7) -> [Float] {
        (0..<classes).map { log($0 == emotion ? probability : (1 - probability) / Float(classes - 1)) }
    }

    /// Two sources whose joined answers are alike: where the combined head differs from FER2013's, labels are right 19
    /// times of 20, where they are alike three times of five.
    private var answers: [(logits: [[Float]], label: Int, source: Int)] {
        let noisy = [head(0.7, 6), head(0.7, 6, classes: 8), head(0.7, 6)]
        let clean = [head(0.7, 0), head(0.7, 6, classes: 8), head(0.7, 6)]
        return (0..<400).map { (noisy, $0 % 5 < 3 ? 6 : 4, 0) }
            + (0..<100).map { (clean, $0 % 20 < 19 ? 6 : 4, 1) }
    }

    private func sureness(_ posterior: Posterior, _ source: Int) -> Float {
        answers.first { $0.source == source }.map { posterior.probabilities($0.logits)[.neutral] } ?? 0
    }

    @Test("fitted, it makes answers of both sources claim what they are worth, where one temperature can't")
    func fitted() {
        var (one, each) = (Posterior(combinedShare: 1), Posterior(combinedShare: 1))
        one.fitTemperature(to: answers, fixed: false, dependsOnFace: false)
        each.fitTemperature(to: answers, fixed: false, dependsOnFace: true)
        #expect(abs(sureness(one, 0) - sureness(one, 1)) < 1e-5)
        #expect(abs(sureness(each, 0) - 0.6) < 0.02 && abs(sureness(each, 1) - 0.95) < 0.02)
        #expect(one.faceTemperature == FaceTemperature() && one.temperature != 1)

        var fixed = Posterior(temperature: 1.1, combinedShare: 1)
        fixed.fitTemperature(to: answers, fixed: true, dependsOnFace: true)
        #expect(fixed.temperature == 1.1 && fixed.faceTemperature.divergence > 0.1)
    }

    @Test("answers keep their order, and a model without a combined head keeps its answers")
    func order() {
        let (plain, moved) = (
            Posterior(combinedShare: 0.5),
            Posterior(combinedShare: 0.5, faceTemperature: FaceTemperature(entropy: 0, divergence: 3))
        )
        let heads: [[Float]] = [
            [0.3, -2, 1, 0.7, 0, 0.2, -1], [1, 0, 0.1, -1, 0.4, 0.2, 0.9, 3], [5, -1, 2, 0, 0, 3, 4],
        ]
        func ranks(_ probabilities: EmotionProbabilities) -> [Int] {
            (0..<7).sorted { probabilities.lanes[$0] > probabilities.lanes[$1] }
        }
        let (before, after) = (plain.probabilities(heads), moved.probabilities(heads))
        #expect(ranks(before) == ranks(after) && after.lanes.max() > before.lanes.max() + 0.02)
        let two = Array(heads.prefix(2))
        let bare = Posterior(faceTemperature: FaceTemperature(entropy: 0, divergence: 3))
        #expect(bare.probabilities(two) == Posterior().probabilities(two))
    }

    @Test("it is a number whatever the heads say")
    func bounded() {
        let steep = FaceTemperature(entropy: 10, divergence: 10)
        let most = Posterior(combinedShare: 0.5, faceTemperature: steep)
        for (one, other) in [(Float(80), Float(80)), (-80, 80), (0, 0), (3e4, -3e4)] {
            let heads = [[one, 0, 0, 0, 0, 0, 0], [0, 0, 0, 0, 0, 0, 0, 0], [other, 0, 0, 0, 0, 0, 0]]
            let found = most.probabilities(heads).lanes
            #expect((0..<7).allSatisfy { found[$0] >= 0 && found[$0] <= 1 } && abs(found.sum() - 1) < 1e-4)
        }
    }

    @Test("a model's file keeps it, and one that says nonsense is refused")
    func metadata() throws {
        let posterior = Posterior(
            combinedShare: 0.75, faceTemperature: FaceTemperature(entropy: -0.25, divergence: 1.5))
        #expect(try Posterior(metadata: posterior.metadata, path: "") == posterior)
        let unshared = Posterior(faceTemperature: FaceTemperature(entropy: 0, divergence: 2))
        #expect(try Posterior(metadata: unshared.metadata, path: "") == unshared)
        #expect(Posterior().metadata["posterior_divergence_sureness"] == nil)
        for text in ["11", "nan", "inf", "much"] {
            for key in ["posterior_entropy_sureness", "posterior_divergence_sureness"] {
                #expect(throws: ModelFileError.self) { try Posterior(metadata: [key: text], path: "") }
            }
        }
    }
}
