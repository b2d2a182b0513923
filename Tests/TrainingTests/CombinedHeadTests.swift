import EmotionRecognition
import Faces
import Foundation
import NeuralNetwork
import TestSupport
import Testing
import Training

@Suite("A head that learns from labels, votes and photographs alike")
struct CombinedHeadTests {
    private static let heads: [Head] = [.fer2013, .ferplus, .combined]

    /// A small network with all three heads.
    private func options(heads: [Head] = heads) -> TrainingOptions {
        var options = TrainingOptions(.raut)
        options.network.widths = [8, 8, 16, 16]
        options.network.hidden = 16
        options.network.heads = heads
        options.augmentation = .none
        options.labelSmoothing = 0
        options.mixupShare = 0
        options.epochs = 1
        options.batch = 8
        options.threads = 1
        return options
    }

    /// Three faces with votes, of which the last has none that count, and one photograph.
    private func data() -> FaceDataSet {
        var voted = faces([0, 3, 4])
        voted.votes = [
            FERPlusVotes(counts: [6, 0, 0, 0, 2, 0, 0, 2, 0, 0]),
            FERPlusVotes(counts: [0, 0, 0, 10, 0, 0, 0, 0, 0, 0]),
            FERPlusVotes(counts: [1, 0, 1, 0, 0, 0, 0, 0, 8, 0]),
        ]
        voted.append(faces([6]), source: 1)
        return voted
    }

    private func batch(_ options: TrainingOptions, teacher: Teacher? = nil) -> TrainingBatch {
        let (data, batch) = (data(), TrainingBatch(heads: Self.heads, threads: 1))
        batch.fill(
            data, Array(0..<data.count)[...], options: options, classWeights: nil, epoch: 0,
            teacher: teacher, Execution(threads: 1))
        return batch
    }

    private func rows(_ tensor: Tensor) -> [[Float]] {
        let classes = tensor.shape[1]
        return stride(from: 0, to: tensor.count, by: classes).map {
            Array(tensor.elements[$0..<$0 + classes])
        }
    }

    @Test(
        "its target is the label by a share and the votes by the rest; a photograph's label counts on it alone"
    )
    func targets() {
        var photographs = SourceTargets()
        photographs.labelWeight = 0
        photographs.votesWeight = 0
        var options = options()
        options.combinedLabelShare = 0.6
        options.targets = [SourceTargets(), photographs]
        options.emotionWeights = [1, 1, 1, 1, 1, 1, 2]
        let batch = batch(options)
        let found = rows(batch.targets[2])
        // Six of the eight votes that are none for contempt say angry, two sad.
        let mixed: [Float] = [0.6 + 0.4 * 0.75, 0, 0, 0, 0.4 * 0.25, 0, 0]
        #expect(zip(found[0], mixed).allSatisfy { abs($0 - $1) < 1e-6 })
        for (row, label) in [(1, 3), (2, 4), (3, 6)] {
            #expect(found[row] == (0..<7).map { $0 == label ? 1 : 0 })
        }
        #expect(batch.weights[0] == [1, 1, 1, 0] && batch.weights[2] == [1, 1, 1, 2])
        #expect(batch.weights[1] == [1, 1, 0, 0])
    }

    @Test("teachers without it say on it what their two heads say, smoothing and contempt taken out")
    func teachers() throws {
        let two = EmotionNetwork(self.options(heads: [.fer2013, .ferplus]).network, seed: 5)
        let teacher = try Teacher([two], on: data(), looks: 1, threads: 1)
        var options = options()
        options.combinedLabelShare = 0.3
        options.targets[0].teacherShare = 1
        options.targets[0].wrongTeacherShare = 1
        // As it is, it has nothing to say there.
        let silent = rows(batch(options, teacher: teacher).targets[2])
        #expect(silent[1] == (0..<7).map { $0 == 3 ? 1 : 0 })
        let speaking = teacher.combined(labelShare: 0.3, labelSmoothing: 0)
        let batch = batch(options, teacher: speaking)
        let (labels, votes, combined) = (
            rows(batch.targets[0]), rows(batch.targets[1]), rows(batch.targets[2])
        )
        for row in 0..<4 {
            for emotion in 0..<7 {
                let vote: Float = votes[row][emotion] / (1 - votes[row][7])
                let expected: Float = 0.3 * labels[row][emotion] + 0.7 * vote
                #expect(abs(combined[row][emotion] - expected) < 1e-5)
            }
        }
    }

    @Test("a network that goes on from one with two heads begins at their mean, one without them is refused")
    func begins() throws {
        let two = EmotionNetwork(self.options(heads: [.fer2013, .ferplus]).network, seed: 7)
        let trainer = try Trainer(options(), training: data(), validation: data())
        try trainer.start(from: two.modelFile(), path: "two")
        let image = data().image(0)
        let logits = EmotionRecognizer(trainer.network).logits(image)
        #expect(logits.count == 3 && logits[2].count == 7)
        for emotion in 0..<7 {
            #expect(abs(logits[2][emotion] - (logits[0][emotion] + logits[1][emotion]) / 2) < 1e-4)
        }
        let one = EmotionNetwork(self.options(heads: [.fer2013]).network, seed: 7)
        #expect(message { try trainer.start(from: one.modelFile(), path: "one") }?.contains("one") == true)
    }

    @Test("photographs that count on it alone are learned, kept in the file, judged and joined")
    func learned() throws {
        let some = faces((0..<32).map { $0 % 2 == 0 ? 3 : 6 })
        var options = options()
        options.epochs = 30
        options.learningRate = 0.003
        options.network.dropout = 0
        options.targets[0].labelWeight = 0
        options.targets[0].votesWeight = 0
        let trainer = try Trainer(options, training: some, validation: some)
        _ = try trainer.run()
        let file = trainer.network.modelFile(extra: Posterior(combinedShare: 1).metadata)
        #expect(file.metadata["heads"] == "fer2013,ferplus,combined")
        let network = try EmotionNetwork(file, path: "three")
        let posterior = try Posterior(metadata: file.metadata, path: "three")
        #expect(posterior.combinedShare == 1)
        let answers = try ModelPredictions(
            EmotionRecognizer(network, posterior: posterior), on: some, mirrored: false, threads: 1)
        for kind in [JudgedHead.combined, .joined] {
            let judged = Evaluation(try #require(answers[kind]), labels: some.labels)
            #expect(judged.accuracy > 0.95, "\(kind)")
        }
    }

    @Test("it counts by its share where heads are joined, the other two share the rest")
    func joined() throws {
        let first: [Float] = [0, 0, 0, log(4), 0, 0, 0]
        let second: [Float] = [log(13), 0, 0, 0, 0, 0, 0, 9]
        let third: [Float] = [0, 0, log(14), 0, 0, 0, 0]
        let posterior = Posterior(ferplusShare: 0.25, combinedShare: 0.6)
        let found = posterior.probabilities([first, second, third])
        #expect(abs(found[.happy] - (0.3 * 0.4 + 0.1 / 19 + 0.6 / 20)) < 1e-5)
        #expect(abs(found[.fear] - (0.3 * 0.1 + 0.1 / 19 + 0.6 * 14 / 20)) < 1e-5)
        #expect(
            posterior.probabilities([first, second])
                == Posterior(ferplusShare: 0.25).probabilities([first, second]))
        #expect(try Posterior(metadata: posterior.metadata, path: "") == posterior)
        #expect(Posterior().metadata["posterior_combined_share"] == nil)
        #expect(throws: ModelFileError.self) {
            try Posterior(metadata: ["posterior_combined_share": "1.5"], path: "")
        }
    }

    @Test("it changes nothing of how often an emotion is held to be seen")
    func frequencies() throws {
        func fitted(_ heads: [Head], from start: Posterior? = nil) throws -> Posterior {
            try Posterior.fitted(
                to: EmotionNetwork(options(heads: heads).network, seed: 2), training: data(),
                validation: data(), labelSmoothing: 0, startingAt: start)
        }
        let (two, three) = (try fitted([.fer2013, .ferplus]), try fitted(Self.heads))
        #expect(two.frequencies == three.frequencies && two.combinedShare == 0)
        #expect(three.combinedShare == Posterior.standardCombinedShare)
        #expect(two.ferplusShare == 0.6 && three.ferplusShare == 1)
        // Four faces are too few to tell how it depends on the face.
        #expect(three.temperature != 1 && three.faceTemperature == FaceTemperature())
        var start = Posterior()
        start.faceTemperature.divergence = 3
        #expect(try fitted(Self.heads, from: start).faceTemperature == start.faceTemperature)
    }

    @Test("heads are named in their order or not at all")
    func names() {
        #expect(NetworkConfiguration.heads(named: "fer2013,ferplus,combined") == Self.heads)
        #expect(NetworkConfiguration.heads(named: "fer2013") == [.fer2013])
        for wrong in [
            "", "ferplus", "fer2013,combined", "fer2013,fer2013", "fer2013,", "combined,ferplus,fer2013", "x",
        ] {
            #expect(NetworkConfiguration.heads(named: wrong) == nil, "\(wrong)")
        }
    }
}
