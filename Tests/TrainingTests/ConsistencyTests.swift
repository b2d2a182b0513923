import EmotionRecognition
import NeuralNetwork
import Testing
import Training

@Suite("Consistency between two looks")
struct ConsistencyTests {
    private func logits(_ rows: [[Float]]) -> Tensor {
        let tensor = Tensor()
        tensor.resize([rows.count, rows[0].count])
        tensor.elements = rows.flatMap { $0 }
        return tensor
    }

    private func disagreement(_ values: [Float], gradient: Tensor = Tensor()) -> Float {
        gradient.resize([4, 3])
        gradient.fill(0)
        let rows = (0..<4).map { Array(values[$0 * 3..<$0 * 3 + 3]) }
        return LookDisagreement.add(of: logits(rows), times: 1, to: gradient)
    }

    @Test("it is the mean of both Kullback-Leibler divergences, and nothing where looks are answered alike")
    func value() {
        // Softmax of (log 3, 0) is (3/4, 1/4), of (0, 0) is (1/2, 1/2).
        let gradient = Tensor()
        gradient.resize([2, 2])
        gradient.fill(0)
        let loss = LookDisagreement.add(of: logits([[1.0986123, 0], [0, 0]]), times: 1, to: gradient)
        let expected: Float = 0.5 * (0.75 - 0.5) * 1.0986123
        #expect(abs(loss - expected) < 1e-5)
        // Logits of one distribution, however large, agree.
        gradient.fill(0)
        #expect(abs(LookDisagreement.add(of: logits([[3, 1], [5, 3]]), times: 9, to: gradient)) < 1e-6)
        #expect(gradient.elements.allSatisfy { abs($0) < 1e-6 })
    }

    @Test("its gradient is that of the loss, is added, and is multiplied by the factor")
    func gradient() {
        let values: [Float] = [0.3, -1.2, 0.8, 2, 0.1, -0.4, 0.9, 0.2, -0.7, -0.3, 1.1, 0.6]
        let gradient = Tensor()
        _ = disagreement(values, gradient: gradient)
        for place in values.indices {
            var (above, below) = (values, values)
            above[place] += 1e-2
            below[place] -= 1e-2
            let slope = (disagreement(above) - disagreement(below)) / 2e-2
            #expect(abs(slope - gradient.elements[place]) < 1e-3)
        }
        let tripled = Tensor()
        tripled.resize([4, 3])
        tripled.fill(1)
        let rows = (0..<4).map { Array(values[$0 * 3..<$0 * 3 + 3]) }
        LookDisagreement.add(of: logits(rows), times: 3, to: tripled)
        #expect(zip(tripled.elements, gradient.elements).allSatisfy { abs($0 - 1 - 3 * $1) < 1e-5 })
    }

    @Test("a batch of two looks shows each image as one of one look does, then again, varied otherwise")
    func batches() {
        let data = faces([0, 1, 2, 3, 4])
        var options = TrainingOptions(.raut)
        options.augmentation = Augmentation(rotation: 20, flip: true)
        func filled(_ looks: Int) -> TrainingBatch {
            let batch = TrainingBatch(heads: [.fer2013], threads: 2)
            batch.fill(
                data, [3, 1, 4], options: options, classWeights: nil, epoch: 2, looks: looks,
                Execution(threads: 2))
            return batch
        }
        let (one, two) = (filled(1), filled(2))
        let (single, double) = (one.images.elements, two.images.elements)
        #expect(two.images.shape[0] == 6 && Array(double.prefix(single.count)) == Array(single))
        let size = single.count / 3
        for image in 0..<3 {
            let (first, second) = (image * size, (3 + image) * size)
            #expect((0..<size).contains { double[first + $0] != double[second + $0] })
        }
        #expect(Array(two.targets[0].elements.prefix(21)) == Array(two.targets[0].elements.suffix(21)))
    }

    @Test("a run that is told to agrees more about two looks than one that is not, and is as long")
    func agrees() throws {
        let data = faces((0..<48).map { $0 % 7 })
        /// How unlike a trained network's answers about two looks at the same images are.
        func train(_ consistency: Float) throws -> (disagreement: Float, steps: Int) {
            var options = TrainingOptions(.cnn)
            options.network.widths = [8, 8, 16, 16]
            options.network.hidden = 16
            options.network.dropout = 0
            options.network.spatialDropout = 0
            options.augmentation = Augmentation(rotation: 40, shift: 0.2)
            options.learningRate = 0.003
            options.epochs = 12
            options.batch = 16
            options.consistency = consistency
            let trainer = try Trainer(options, training: data, validation: data)
            #expect(try trainer.run())
            let execution = Execution(threads: 1)
            execution.isTraining = false
            let batch = TrainingBatch(heads: [.fer2013], threads: 1)
            batch.fill(
                data, Array(0..<48)[...], options: options, classWeights: nil, epoch: 99, looks: 2, execution)
            let answers = trainer.network.forward(batch.images, execution)[0]
            let gradient = Tensor()
            gradient.resize(answers.shape)
            gradient.fill(0)
            return (
                LookDisagreement.add(of: answers, times: 1, to: gradient), trainer.stepsPerEpoch
            )
        }
        let (plain, told) = (try train(0), try train(5))
        #expect(told.disagreement < plain.disagreement / 2)
        #expect(told.steps == plain.steps)
    }
}
