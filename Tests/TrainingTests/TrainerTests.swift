import EmotionRecognition
import Foundation
import NeuralNetwork
import System
import TestSupport
import Testing
import Training

@Suite("Trainer")
struct TrainerTests {
    /// A network so narrow that a step takes milliseconds.
    private func options(epochs: Int, batch: Int = 16) -> TrainingOptions {
        var options = TrainingOptions(.cnnBiLSTM)
        options.network.widths = [8, 8, 16, 16]
        options.network.hidden = 16
        options.epochs = epochs
        options.batch = batch
        return options
    }

    private let data = faces((0..<64).map { $0 % 7 })

    private func weights(_ trainer: Trainer) -> [UInt32] {
        trainer.network.parameters.flatMap { $0.value.elements.map(\.bitPattern) }
    }

    @Test("64 images are learned by heart")
    func learns() throws {
        var options = options(epochs: 60)
        options.augmentation = .none
        options.network.dropout = 0
        options.network.spatialDropout = 0
        options.learningRate = 0.003
        options.threads = 1
        let trainer = try Trainer(options, training: data, validation: data)
        #expect(try trainer.run())
        #expect(try #require(trainer.history.epochs.last).trainLoss < 0.05)
    }

    @Test("two runs with one seed end at the same weights bit for bit, another seed at others")
    func reproducible() throws {
        func train(_ seed: UInt64) throws -> [UInt32] {
            var options = options(epochs: 2)
            options.seed = seed
            let trainer = try Trainer(options, training: data, validation: data)
            _ = try trainer.run()
            return weights(trainer)
        }
        let first = try train(1)
        #expect(try train(1) == first)
        #expect(try train(2) != first)
    }

    @Test("CutMix exchanges one rectangle of two images, and mixes their targets by its area")
    func cutMix() {
        // Each image is of one grey, its label's.
        var data = FaceDataSet()
        for label in 0..<6 {
            data.pixels += [UInt8](repeating: UInt8(40 * label), count: FaceDataSet.pixelsPerImage)
            data.labels.append(label)
            data.usages.append(.training)
        }
        var options = options(epochs: 1)
        options.augmentation = .none
        let batch = TrainingBatch(heads: [.fer2013], threads: 1)
        var areas = Set<Int>()
        for seed in 0..<200 {
            batch.fill(
                data, Array(0..<6)[...], options: options, classWeights: nil, epoch: 0,
                Execution(threads: 1))
            let before = batch.images.elements
            var random = Xoshiro256StarStar(seed: UInt64(seed), 1)
            batch.cutMix(using: &random)
            let after = batch.images.elements
            let size = FaceDataSet.pixelsPerImage
            let changed = (0..<size).filter { after[$0] != before[$0] }
            areas.insert(changed.count)
            let rows = Set(changed.map { $0 / 48 })
            let columns = Set(changed.map { $0 % 48 })
            #expect(changed.count == rows.count * columns.count)
            #expect((rows.max() ?? -1) - (rows.min() ?? 0) == rows.count - 1)
            #expect((columns.max() ?? -1) - (columns.min() ?? 0) == columns.count - 1)
            for image in 0..<6 {
                let (own, other) = (image * size, (5 - image) * size)
                let isOther = changed.allSatisfy { after[own + $0] == before[other + $0] }
                #expect(isOther)
                let part = Float(changed.count) / Float(size)
                #expect(abs(batch.targets[0].elements[image * 7 + image] - (1 - part)) < 1e-5)
                #expect(abs(batch.targets[0].elements[image * 7 + 5 - image] - part) < 1e-5)
            }
        }
        #expect(areas.count > 100 && areas.max() ?? 0 > 1800)
    }

    @Test("labels that enough annotators dispute teach nothing, all others as without being asked")
    func disputed() throws {
        func train(_ votes: Int?, agreeing: Bool) throws -> [UInt32] {
            var voted = data
            voted.votes = data.labels.map { label in
                FERPlusVotes(counts: (0..<10).map { $0 == (agreeing ? label : (label + 1) % 7) ? 8 : 0 })
            }
            var options = options(epochs: 1)
            options.disputingVotes = votes
            let trainer = try Trainer(options, training: voted, validation: voted)
            _ = try trainer.run()
            return weights(trainer)
        }
        let all = try train(nil, agreeing: true)
        #expect(try train(8, agreeing: true) == all)
        #expect(try train(9, agreeing: false) == all)
        let untrained = weights(try Trainer(options(epochs: 1), training: data, validation: data))
        #expect(all != untrained)
        #expect(try train(8, agreeing: false) == untrained)
    }

    @Test("the last epochs neither mix nor cut nor erase nor spoil images")
    func settles() throws {
        func train(_ augmentation: Augmentation, mixup: Float, settling: Int) throws -> [UInt32] {
            var options = options(epochs: 2)
            options.augmentation = augmentation
            options.mixupShare = mixup
            options.cutMixShare = mixup
            options.settlingEpochs = settling
            let trainer = try Trainer(options, training: data, validation: data)
            _ = try trainer.run()
            return weights(trainer)
        }
        let varied = Augmentation(rotation: 10, flip: true, erasing: 1, degradation: .webcam)
        let plain = try train(Augmentation(rotation: 10, flip: true), mixup: 0, settling: 0)
        #expect(try train(varied, mixup: 1, settling: 2) == plain)
        #expect(try train(varied, mixup: 1, settling: 1) != plain)
    }

    @Test("FER+'s head learns as it is weighed, at 0 not at all")
    func weighsVotes() throws {
        var voted = data
        voted.votes = data.labels.map { label in
            FERPlusVotes(counts: (0..<10).map { $0 == label ? 10 : 0 })
        }
        /// The biases of the second head after two epochs; they begin at 0 and don't decay.
        func biases(_ weight: Float) throws -> [Float] {
            var options = TrainingOptions(.raut)
            options.network.widths = [8, 8, 16, 16]
            options.network.hidden = 16
            options.epochs = 2
            options.batch = 16
            options.ferplusWeight = weight
            let trainer = try Trainer(options, training: voted, validation: voted)
            _ = try trainer.run()
            let bias = trainer.network.parameters.first { $0.name == "head_ferplus.bias" }
            return try #require(bias).value.elements
        }
        let even = try biases(1)
        #expect(try biases(0).allSatisfy { $0 == 0 })
        #expect(even.allSatisfy { $0 != 0 })
        #expect(try biases(3) != even)
    }

    @Test("a run stopped in the middle of an epoch and resumed ends at the weights of an unbroken one")
    func resumes() throws {
        let folder = TemporaryFolder()
        let path = "\(folder.path)/checkpoint.safetensors"
        let unbroken = try Trainer(options(epochs: 3), training: data, validation: data)
        #expect(try unbroken.run())
        let broken = try Trainer(options(epochs: 3), training: data, validation: data)
        var steps = 0
        let finished = try broken.run(shouldStop: { steps == 6 }, onStep: { _ in steps += 1 })
        #expect(!finished)
        try broken.saveCheckpoint(to: path)
        let resumed = try Trainer(options(epochs: 3), training: data, validation: data)
        try resumed.resume(from: path)
        #expect(try resumed.run())
        #expect(weights(resumed) == weights(unbroken))
        #expect(resumed.history.epochs.map(\.trainLoss) == unbroken.history.epochs.map(\.trainLoss))
    }

    @Test("a checkpoint of other options is refused, and says so")
    func otherRun() throws {
        let folder = TemporaryFolder()
        let path = "\(folder.path)/checkpoint.safetensors"
        try Trainer(options(epochs: 1), training: data, validation: data).saveCheckpoint(to: path)
        let other = try Trainer(options(epochs: 1, batch: 8), training: data, validation: data)
        #expect(
            message { try other.resume(from: path) }
                == "\(path): the checkpoint of another run: batch is 16 there, 8 here; give another --output")
        let fewer = try Trainer(
            options(epochs: 1), training: data.subset(Array(0..<60)), validation: data)
        let words = try #require(message { try fewer.resume(from: path) })
        #expect(words.contains("another run: training images is 64 (") && words.contains(" there, 60 ("))
    }

    @Test("a checkpoint that can't be written leaves the old one whole")
    func unwritable() throws {
        let folder = TemporaryFolder()
        let path = "\(folder.path)/checkpoint.safetensors"
        let trainer = try Trainer(options(epochs: 1), training: data, validation: data)
        try trainer.saveCheckpoint(to: path)
        let before = try Data(contentsOf: URL(fileURLWithPath: path))
        let faults = SystemFaults()
        faults.fail(.write, .noSpace)
        #expect(throws: ModelFileError.self) { try faults.during { try trainer.saveCheckpoint(to: path) } }
        #expect(try Data(contentsOf: URL(fileURLWithPath: path)) == before)
    }

    @Test("a run is not taken up with other FER+ votes than it began with")
    func otherVotes() throws {
        let folder = TemporaryFolder()
        let path = folder.path + "/checkpoint.safetensors"
        func trainer(votingFor shift: Int) throws -> Trainer {
            var voted = data
            voted.votes = data.labels.map { label in
                FERPlusVotes(counts: (0..<10).map { $0 == (label + shift) % 7 ? 10 : 0 })
            }
            var options = TrainingOptions(.raut)
            options.network.widths = [8, 8, 16, 16]
            options.network.hidden = 16
            options.epochs = 2
            return try Trainer(options, training: voted, validation: voted)
        }
        try trainer(votingFor: 0).saveCheckpoint(to: path)
        try trainer(votingFor: 0).resume(from: path)
        let words = try #require(message { try trainer(votingFor: 1).resume(from: path) })
        #expect(words.hasPrefix("\(path): the checkpoint of another run: votes is "))
    }

    @Test("a folder that another program trains into is refused until that one ends")
    func locked() throws {
        let folder = TemporaryFolder()
        let first = try RunFolder(folder.path)
        do {
            let lock = try first.lock()
            #expect(throws: DataError.self) { try RunFolder(folder.path).lock() }
            withExtendedLifetime(lock) {}
        }
        _ = try RunFolder(folder.path).lock()
    }

    @Test("without images there is nothing to train")
    func noImages() {
        #expect(throws: TrainingError.noImages(of: "training")) {
            try Trainer(options(epochs: 1), training: FaceDataSet(), validation: data)
        }
    }

    @Test("a run in which no image counts is refused, and one in which some do is not")
    func nothingCounts() throws {
        var none = options(epochs: 1)
        none.targets = [SourceTargets()]
        none.targets[0].weight = 0
        #expect(throws: TrainingError.nothingCounts) { try Trainer(none, training: data, validation: data) }
        none.targets[0].weight = 1
        none.targets[0].labelWeight = 0
        #expect(throws: TrainingError.nothingCounts) { try Trainer(none, training: data, validation: data) }
        none.targets[0].labelWeight = 1
        none.emotionWeights = [Float](repeating: 0, count: 7)
        #expect(throws: TrainingError.nothingCounts) { try Trainer(none, training: data, validation: data) }
        none.emotionWeights?[data.labels[0]] = 1
        _ = try Trainer(none, training: data, validation: data)
    }

    @Test("a loss that is no number stops the run and leaves the last checkpoint")
    func notFinite() throws {
        let folder = TemporaryFolder()
        let run = try RunFolder(folder.path)
        let trainer = try Trainer(options(epochs: 3), training: data, validation: data)
        let error = message {
            try run.train(
                trainer,
                onStep: { progress in
                    // As an overflow in the second epoch would.
                    if progress.epoch == 2 { trainer.network.parameters[0].value[0] = .nan }
                })
        }
        #expect(error?.hasPrefix("the loss is no number any more (epoch 2, step 2)") == true)
        let kept = try Trainer(options(epochs: 3), training: data, validation: data)
        try run.resume(kept)
        #expect(kept.history.epochs.count == 1)
        #expect(kept.network.parameters.allSatisfy { $0.value.elements.allSatisfy(\.isFinite) })
        #expect(TrainingHistory(csv: try String(contentsOfFile: run.log, encoding: .utf8))?.epochs.count == 1)
    }

    @Test("a class without a training image, and a part without any, are named")
    func emptyClass() throws {
        func prepared(_ labels: [Int], _ split: Split) -> String? {
            message {
                try TrainingData(
                    faces(labels), path: "f.csv", split: split, balance: .none, seed: 1, threads: 1)
            }
        }
        #expect(
            prepared((0..<100).map { $0 % 6 }, .random)
                == "f.csv: no image of class 6 (neutral) among its training images")
        #expect(
            prepared((0..<100).map { $0 % 7 }, .official)
                == "no images for validation in f.csv; --split grouped parts anew what is there")
        #expect(prepared((0..<100).map { $0 % 7 }, .random) == nil)
    }
}
