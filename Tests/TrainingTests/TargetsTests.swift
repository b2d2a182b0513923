import Faces
import EmotionRecognition
import Foundation
import Imaging
import NeuralNetwork
import TestSupport
import Testing
import Training

@Suite("Targets of faces from several sources")
struct TargetsTests {
    private func options(_ targets: [SourceTargets] = [SourceTargets()]) -> TrainingOptions {
        var options = TrainingOptions(.raut)
        options.augmentation = .none
        options.labelSmoothing = 0
        options.targets = targets
        return options
    }

    private func batch(
        _ data: FaceDataSet, _ options: TrainingOptions, teacher: Teacher? = nil, classWeights: [Float]? = nil
    ) -> TrainingBatch {
        let batch = TrainingBatch(heads: [.fer2013, .ferplus], threads: 1)
        batch.fill(
            data, Array(0..<data.count)[...], options: options, classWeights: classWeights, epoch: 0,
            teacher: teacher, Execution(threads: 1))
        return batch
    }

    /// Four faces with votes, then four without, of another source.
    private func twoSources() -> FaceDataSet {
        var voted = faces([0, 1, 2, 3])
        voted.votes = (0..<4).map { label in FERPlusVotes(counts: (0..<10).map { $0 == label ? 8 : 0 }) }
        voted.append(faces([3, 4, 5, 6]), source: 1)
        return voted
    }

    @Test("a face without votes has the target on FER+'s head that its source makes of its label")
    func labelAsVotes() {
        var photographs = SourceTargets()
        photographs.weight = 0.5
        photographs.labelWeight = 0.4
        photographs.votesWeight = 2
        photographs.votesNeutral = 0.2
        photographs.votesSmoothing = 0.1
        let batch = batch(twoSources(), options([SourceTargets(), photographs]))
        #expect(batch.weights[0] == [1, 1, 1, 1, 0.2, 0.2, 0.2, 0.2])
        #expect(batch.weights[1] == [1, 1, 1, 1, 1, 1, 1, 1])
        let happy = batch.targets[1].elements[32..<40].map { $0 }
        let expected: [Float] = [0, 0, 0, 0.72, 0, 0, 0.18, 0].map { $0 + 0.0125 }
        #expect(zip(happy, expected).allSatisfy { abs($0 - $1) < 1e-6 })
        for row in 0..<8 {
            #expect(abs(batch.targets[1].elements[row * 8..<row * 8 + 8].reduce(0, +) - 1) < 1e-6)
        }
    }

    @Test("emotions count as they are weighed, on both heads")
    func classWeights() {
        var options = options()
        options.emotionWeights = [2, 1, 3, 1, 1, 1, 1]
        let batch = batch(twoSources(), options)
        #expect(batch.weights[0] == [2, 1, 3, 1, 1, 1, 1, 1])
        #expect(batch.weights[1] == [2, 1, 3, 1, 1, 1, 1, 1])
    }

    /// The loss of a batch's logits on one head, as the trainer adds it up.
    private func loss(_ logits: Tensor, _ batch: TrainingBatch, _ head: Int, gradient: Tensor = Tensor())
        -> Float
    {
        SoftmaxCrossEntropy.meanLoss(
            logits: logits, targets: batch.targets[head], weights: batch.weights[head], gradient: gradient)
    }

    private func logits(_ rows: Int, _ classes: Int) -> Tensor {
        let logits = Tensor([rows, classes])
        var random = Xoshiro256StarStar(seed: 3, 5)
        for index in 0..<logits.count { logits[index] = random.normal() }
        return logits
    }

    @Test(
        "the loss of a mixed batch is the mean of both faces' losses, each by its share and its weight",
        arguments: [0, 1])
    func mixedLoss(_ head: Int) {
        var photographs = SourceTargets()
        photographs.weight = 0.25
        photographs.votesWeight = 0
        var options = options([SourceTargets(), photographs])
        options.emotionWeights = [1, 1, 1, 3, 1, 1, 1]
        let data = twoSources()
        let plain = batch(data, options)
        let classes = head == 0 ? 7 : 8
        let logits = logits(8, classes)
        for seed in 0..<20 {
            let mixed = batch(data, options)
            var random = Xoshiro256StarStar(seed: UInt64(seed), 9)
            if seed % 2 == 0 { mixed.mix(alpha: 0.4, using: &random) } else { mixed.cutMix(using: &random) }
            // The share is what is left of the first face's weight on the first head, where its partner's is known.
            let (own, other) = (plain.weights[0][0], plain.weights[0][7])
            let share = (mixed.weights[0][0] - other) / (own - other)
            var (sum, total) = (0.0, 0.0)
            for image in 0..<8 {
                for (part, source) in [(share, image), (1 - share, 7 - image)] {
                    let weight = Double(part * plain.weights[head][source])
                    total += weight
                    let normalizer = SoftmaxCrossEntropy.logSumExp(
                        logits.span.extracting(image * classes..<(image + 1) * classes))
                    for place in 0..<classes {
                        let target = plain.targets[head].elements[source * classes + place]
                        sum += weight * Double(target * (normalizer - logits[image * classes + place]))
                    }
                }
            }
            #expect(abs(Double(loss(logits, mixed, head)) - sum / total) < 1e-4)
        }
    }

    @Test("the gradient of a mixed batch is that of its loss, by finite differences", arguments: [0, 1])
    func mixedGradient(_ head: Int) {
        var photographs = SourceTargets()
        photographs.weight = 0.5
        photographs.labelWeight = 0
        let batch = batch(twoSources(), options([SourceTargets(), photographs]))
        var random = Xoshiro256StarStar(seed: 4, 9)
        batch.mix(alpha: 0.4, using: &random)
        expectGradient(batch.targets[head], batch.weights[head], classes: head == 0 ? 7 : 8)
    }

    @Test("targets that don't sum to one have the gradient of their loss")
    func otherSums() {
        let targets = Tensor([3, 7])
        for index in 0..<targets.count { targets[index] = Float(index % 5) * 0.2 }
        expectGradient(targets, [1, 0.5, 2], classes: 7)
    }

    private func expectGradient(_ targets: Tensor, _ weights: [Float], classes: Int) {
        let (logits, gradient, unused) = (logits(weights.count, classes), Tensor(), Tensor())
        _ = SoftmaxCrossEntropy.meanLoss(
            logits: logits, targets: targets, weights: weights, gradient: gradient)
        for index in 0..<logits.count {
            func loss(_ change: Float) -> Float {
                logits[index] += change
                defer { logits[index] -= change }
                return SoftmaxCrossEntropy.meanLoss(
                    logits: logits, targets: targets, weights: weights, gradient: unused)
            }
            let slope = (loss(1e-2) - loss(-1e-2)) / 2e-2
            #expect(abs(slope - gradient[index]) < 1e-3, "logit \(index)")
        }
    }

    @Test("a label that is left out stays out when faces are mixed")
    func leftOut() {
        var data = faces([0, 0, 1, 1])
        // Everyone sees another emotion in the first two.
        data.votes = [5, 5, 1, 1].map { label in FERPlusVotes(counts: (0..<10).map { $0 == label ? 10 : 0 }) }
        var options = options()
        options.disputingVotes = 8
        for seed in 0..<10 {
            let batch = batch(data, options)
            #expect(batch.weights[0] == [0, 0, 1, 1])
            var random = Xoshiro256StarStar(seed: UInt64(seed), 2)
            batch.mix(alpha: 0.4, using: &random)
            for row in 0..<4 where batch.weights[0][row] > 0 {
                #expect(abs(batch.targets[0].elements[row * 7 + 1] - 1) < 1e-5)
                #expect(batch.targets[0].elements[row * 7] == 0)
            }
            #expect(abs(batch.weights[0].reduce(0, +) - 2) < 1e-5)
        }
    }

    @Test("a teacher counts less on the faces that it is wrong about, source by source")
    func wrongTeacher() throws {
        let data = twoSources()
        let teacher = try Teacher(
            [EmotionNetwork(NetworkConfiguration(.raut), seed: 5)], on: data, looks: 1, threads: 1)
        func target(_ share: Float, _ wrong: Float?, _ index: Int) -> [Float] {
            var photographs = SourceTargets()
            photographs.teacherShare = share
            photographs.wrongTeacherShare = wrong ?? share
            let batch = batch(data, options([photographs]), teacher: teacher)
            return Array(batch.targets[0].elements[index * 7..<index * 7 + 7])
        }
        var (right, wrong) = (0, 0)
        for index in 0..<8 {
            let answer = target(1, nil, index)
            let isRight = answer.firstIndex(of: answer.max() ?? 0) == data.labels[index]
            (right, wrong) = (right + (isRight ? 1 : 0), wrong + (isRight ? 0 : 1))
            let blended = target(1, 0, index)
            #expect(blended == (isRight ? answer : target(0, nil, index)))
        }
        #expect(wrong > 0 && right + wrong == 8)
    }

    @Test(
        "a source's own frequencies are added to its faces' logits, mixed as the faces are, and to no other's"
    )
    func prior() throws {
        // Of the first source as many are happy as sad; of the second three times as many.
        var data = faces([3, 3, 4, 4])
        data.append(faces([3, 3, 3, 4]), source: 1)
        var photographs = SourceTargets()
        photographs.prior = 2
        var options = options([SourceTargets(), photographs])
        let batch = TrainingBatch(
            heads: [.fer2013, .ferplus], threads: 1, offsets: options.logitOffsets(for: data))
        batch.fill(
            data, Array(0..<8)[...], options: options, classWeights: nil, epoch: 0, Execution(threads: 1))
        func expect(_ row: Int, _ factor: Float) {
            for (head, classes) in [(0, 7), (1, 8)] {
                let own = batch.offsets[head].elements[row * classes..<(row + 1) * classes].map { $0 }
                #expect(abs(own[3] - factor * 2 * log(3.5 / 2.5)) < 1e-5)
                #expect(abs(own[4] - factor * 2 * log(1.5 / 2.5)) < 1e-5)
                #expect(own[0] == 0)
                #expect(classes == 7 || own[7] == 0)
            }
        }
        (0..<4).forEach { expect($0, 0) }
        (4..<8).forEach { expect($0, 1) }
        let logits = [logits(8, 7), logits(8, 8)]
        let before = logits.map(\.elements)
        for (logits, offset) in zip(logits, batch.offsets) { logits.add(offset) }
        #expect(logits[0][28 + 3] == before[0][28 + 3] + batch.offsets[0][28 + 3])
        var random = Xoshiro256StarStar(seed: 1, 2)
        batch.mix(alpha: 0.4, using: &random)
        let share = 1 - batch.offsets[0][3] / (2 * log(3.5 / 2.5))
        expect(0, 1 - share)
        expect(7, share)
        options.targets[1].prior = 0
        #expect(options.logitOffsets(for: data).isEmpty)
    }

    @Test("gamma bends the grey levels of about half of the images, and leaves black and white")
    func gamma() {
        var data = FaceDataSet()
        data.pixels = (0..<2304).map { UInt8($0 % 256) }
        data.labels = [0]
        data.usages = [.training]
        var bent = 0
        for seed in 0..<100 {
            var random = Xoshiro256StarStar(seed: UInt64(seed), 1)
            var target = [Float](repeating: 0, count: 2304)
            target.withUnsafeMutableBufferPointer { buffer in
                guard let base = buffer.baseAddress else { return }
                Augmentation(gamma: 0.7).apply(data, 0, using: &random, into: base)
            }
            #expect(target[0] == 0 && abs(target[255] - 255) < 1e-3)
            let power = log(target[100] / 255) / log(100.0 / 255)
            #expect(power > 0.49 && power < 2.02)
            let rises = (0..<255).allSatisfy { target[$0 + 1] > target[$0] }
            #expect(rises)
            bent += abs(target[100] - 100) > 1e-3 ? 1 : 0
        }
        #expect(bent > 30 && bent < 70)
    }

    @Test("a face from a photograph is moved into what lies around it, one without into its border")
    func surroundings() throws {
        let folder = TemporaryFolder()
        let path = try folder.picture("happy/a_1.png")
        try folder.picture("happy/b_1.png", number: 1)
        #expect(!path.isEmpty)
        let finder = FaceFinder(identity: "middle") {
            { _ in [.init(box: Rectangle(x: 72, y: 72, width: 48, height: 48))] }
        }
        let data = try DataSources([folder.path], finder: { finder }, threads: 1).faces
        var plain = FaceDataSet()
        plain.pixels = data.pixels
        plain.labels = data.labels
        plain.usages = data.usages
        func vary(_ augmentation: Augmentation, _ data: FaceDataSet, _ seed: UInt64) -> [Float] {
            var random = Xoshiro256StarStar(seed: seed, 1)
            var target = [Float](repeating: 0, count: 2304)
            target.withUnsafeMutableBufferPointer { buffer in
                guard let base = buffer.baseAddress else { return }
                augmentation.apply(data, 0, using: &random, into: base)
            }
            return target
        }
        #expect(vary(.none, data, 1) == data.pixels.prefix(2304).map(Float.init))
        // The picture's grey rises by 1 to the right and 2 downwards, wherever it is not cut off.
        func slope(_ face: [Float]) -> Int { (0..<47).count { abs(face[$0 + 1] - face[$0]) < 1e-3 } }
        let moved = Augmentation(shift: 0.3)
        #expect((0..<20).allSatisfy { slope(vary(moved, data, $0)) == 0 })
        #expect((0..<20).contains { slope(vary(moved, plain, $0)) > 5 })
        let jittered = (0..<20).map { vary(Augmentation(jitter: 1), data, $0) }
        #expect(Set(jittered).count == 20)
        #expect(vary(Augmentation(jitter: 1), plain, 3) == vary(.none, plain, 3))
    }
}
