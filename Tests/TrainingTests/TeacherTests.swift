import EmotionRecognition
import NeuralNetwork
import TestSupport
import Testing
import Training

@Suite("Teacher")
struct TeacherTests {
    private let data = faces((0..<64).map { $0 % 7 })

    private func options(_ epochs: Int, share: Float = 0) -> TrainingOptions {
        var options = TrainingOptions(.cnnBiLSTM)
        options.network.widths = [8, 8, 16, 16]
        options.network.hidden = 16
        options.network.dropout = 0
        options.network.spatialDropout = 0
        options.augmentation = .none
        options.epochs = epochs
        options.batch = 16
        options.threads = 1
        options.learningRate = 0.003
        options.targets[0].teacherShare = share
        options.targets[0].wrongTeacherShare = share
        return options
    }

    @Test("what a teacher knows is learned from it alone, though every label is wrong")
    func learnsFromTeacher() throws {
        let trained = try Trainer(options(30), training: data, validation: data)
        _ = try trained.run()
        #expect(trained.evaluate(data).accuracy > 0.95)
        let teacher = try Teacher([trained.network], on: data, looks: 2, threads: 1)
        let wrong = faces((0..<64).map { ($0 + 3) % 7 })
        var mislabelled = data
        mislabelled.labels = wrong.labels
        let student = try Trainer(
            options(30, share: 1), training: mislabelled, validation: data, teacher: teacher)
        _ = try student.run()
        // By chance it would be a seventh.
        #expect(student.evaluate(data).accuracy > 0.5)
    }

    @Test("asking a teacher ends where somebody asks for it, and tells how far it is; so does judging")
    func stopped() throws {
        var options = TrainingOptions(.cnn)
        options.network.widths = [8, 8, 8, 8]
        let network = EmotionNetwork(options.network, seed: 1)
        var told: [Double] = []
        _ = try Teacher([network], on: data, looks: 3, threads: 1, onProgress: { told.append($0) })
        #expect(told.count == 3 && told == told.sorted() && told.last == 1)
        #expect(throws: Stopped.self) {
            try Teacher([network], on: data, looks: 3, threads: 1, shouldStop: { told.count == 3 })
        }
        let many = faces((0..<300).map { $0 % 7 })
        let recognizer = EmotionRecognizer(network)
        told = []
        let whole = try ModelPredictions(
            recognizer, on: many, mirrored: false, threads: 1, onProgress: { told.append($0) })
        #expect(whole[.joined]?.count == 300 && told == [128 / 300, 256 / 300, 1])
        #expect(throws: Stopped.self) {
            try ModelPredictions(
                recognizer, on: many, mirrored: false, threads: 1, shouldStop: { told.last == 1 })
        }
        // Whoever shares the faces, the answers are the same.
        let shared = try ModelPredictions(recognizer, on: many, mirrored: false, threads: 3)
        #expect(shared[.fer2013] == whole[.fer2013] && shared[.joined] == whole[.joined])
    }

    @Test("a run begun at a model's weights starts with its answers")
    func startsFromModel() throws {
        let trained = try Trainer(options(20), training: data, validation: data)
        _ = try trained.run()
        let next = try Trainer(options(1), training: data, validation: data)
        try next.start(from: trained.modelFile(), path: "model")
        #expect(next.evaluate(data).logits == trained.evaluate(data).logits)
    }

    @Test("a model of another shape is no beginning, and the error says why")
    func otherShape() throws {
        var other = options(1)
        other.network.widths = [8, 8, 16, 24]
        let file = try Trainer(other, training: data, validation: data).modelFile()
        let trainer = try Trainer(options(1), training: data, validation: data)
        #expect(message { try trainer.start(from: file, path: "other") }?.contains("narrower one") == true)
    }

    @Test("a wider network begun at a model starts with its answers and learns by all channels")
    func widens() throws {
        let trained = try Trainer(options(20), training: data, validation: data)
        _ = try trained.run()
        var wider = options(2)
        wider.network.widths = [8, 16, 24, 24]
        let next = try Trainer(wider, training: data, validation: data)
        try next.start(from: trained.modelFile(), path: "model")
        func furthest() -> Float {
            let (own, narrow) = (next.evaluate(data).logits, trained.evaluate(data).logits)
            return zip(own, narrow).map { abs($0 - $1) }.max() ?? .infinity
        }
        #expect(furthest() < 1e-4)
        func newColumns() -> [Float] {
            next.modelFile().entries.filter { $0.name == "lstm.weight_ih_l0" }.flatMap { $0.values.suffix(8) }
        }
        #expect(newColumns() == [Float](repeating: 0, count: 8))
        _ = try next.run()
        #expect(newColumns().allSatisfy { $0 != 0 })
        #expect(furthest() > 1e-4)
    }

    @Test("a checkpoint made with a teacher is not taken up without it")
    func checkpoint() throws {
        let folder = TemporaryFolder()
        let network = EmotionNetwork(options(1).network, seed: 5)
        let teacher = try Teacher([network], on: data, looks: 1, threads: 1)
        let path = "\(folder.path)/checkpoint.safetensors"
        try Trainer(options(1, share: 0.5), training: data, validation: data, teacher: teacher)
            .saveCheckpoint(to: path)
        try Trainer(options(1, share: 0.5), training: data, validation: data, teacher: teacher)
            .resume(from: path)
        let without = try Trainer(options(1), training: data, validation: data)
        #expect(throws: TrainingError.self) { try without.resume(from: path) }
    }
}
