import EmotionRecognition
import NeuralNetwork
import Testing
import Training

@Suite("Augmentation")
struct AugmentationTests {
    private func vary(_ augmentation: Augmentation, _ data: FaceDataSet, seed: UInt64) -> [Float] {
        var random = Xoshiro256StarStar(seed: seed, 1)
        var target = [Float](repeating: 0, count: FaceDataSet.pixelsPerImage)
        target.withUnsafeMutableBufferPointer { buffer in
            guard let base = buffer.baseAddress else { return }
            augmentation.apply(data, 0, using: &random, into: base)
        }
        return target
    }

    @Test("half of the faces have their grey levels bent, some lighter and some darker, black and white stay")
    func gamma() {
        var data = faces([0])
        for place in data.pixels.indices { data.pixels[place] = UInt8(place % 256) }
        let plain = data.pixels.map(Float.init)
        let varied = (0..<400).map { vary(Augmentation(gamma: 0.5), data, seed: $0) }
        let bent = varied.filter { $0 != plain }
        #expect((150...250).contains(bent.count))
        #expect((50...200).contains(bent.count { $0[128] > 128 }))
        for face in bent {
            #expect(face[0] == 0 && abs(face[255] - 255) < 1e-3)
            #expect((1..<256).allSatisfy { face[$0] > face[$0 - 1] })
            // 255 · (128 / 255)^e at e^0.5 and e^-0.5.
            #expect((81.9...168.0).contains(face[128]))
        }
    }
}

@Suite("Rare emotions")
struct RareEmotionsTests {
    /// A first source of two emotions, and photographs of which one in twenty is angry, each emotion of which has votes
    /// made of its label.
    private func data() -> FaceDataSet {
        var data = faces([0, 0, 0, 6])
        data.votes = (0..<4).map { _ in FERPlusVotes(counts: [8, 0, 0, 0, 0, 0, 2, 0, 0, 0]) }
        data.append(faces([0] + [Int](repeating: 3, count: 9) + [Int](repeating: 6, count: 10)), source: 1)
        return data
    }

    private func weights(first: Float, photographs: Float) throws -> [[Float]] {
        var options = TrainingOptions(.raut)
        options.network.widths = [8, 8, 8, 8]
        options.network.hidden = 8
        options.threads = 1
        options.targets = [SourceTargets(), SourceTargets()]
        options.targets[0].rareWeight = first
        options.targets[1].rareWeight = photographs
        options.targets[1].weight = 0.5
        let trainer = try Trainer(options, training: data(), validation: data())
        let batch = TrainingBatch(heads: [.fer2013, .ferplus], threads: 1)
        batch.fill(
            data(), Array(0..<24)[...], options: trainer.options, classWeights: nil, epoch: 0,
            Execution(threads: 1))
        return batch.weights
    }

    @Test("a face counts more on both heads where its emotion is rare in its own source, and only there")
    func weighed() throws {
        let halves = [Float](repeating: 0.5, count: 19)
        let weighed: [Float] = [1, 1, 1, 1, 1.5] + halves
        let plain: [Float] = [1, 1, 1, 1, 0.5] + halves
        let found = try weights(first: 7, photographs: 3)
        #expect(found[0] == weighed)
        #expect(found[1] == weighed)
        #expect(try weights(first: 1, photographs: 1)[0] == plain)
    }
}
