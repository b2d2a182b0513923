import EmotionRecognition
import Faces
import Foundation
import NeuralNetwork

/// Everything that fixes a training run besides the data; the same options, data and number of threads give the same
/// weights bit for bit.
package struct TrainingOptions: Sendable, Equatable {
    /// The network.
    package var network: NetworkConfiguration
    /// Passes over the training images.
    package var epochs: Int
    /// Images a step.
    package var batch: Int
    /// The learning rate, at its peak where the schedule varies it.
    package var learningRate: Float
    /// How the learning rate goes.
    package var schedule: LearningRateSchedule
    /// The rule that changes the weights.
    package var optimizer: OptimizerMethod
    /// The largest norm of the gradients, or nil.
    package var clip: Float?
    /// How much of a label is spread evenly over all classes (Szegedy et al., 2016).
    package var labelSmoothing: Float
    /// The decay of the moving average of the weights, or nil for none.
    package var averageDecay: Float?
    /// Which part of the batches is mixed, image by image with another of the batch (mixup, Zhang et al., 2018).
    package var mixupShare: Float
    /// The parameter of the beta distribution that mixup draws from.
    package var mixupAlpha: Float
    /// Which part of the batches has a rectangle of each image replaced by another's (CutMix, Yun et al., 2019).
    package var cutMixShare: Float = 0
    /// How many of FER+'s annotators must agree on another emotion for FER2013's label not to count, or nil where it
    /// always counts.
    package var disputingVotes: Int?
    /// How much the loss of FER+'s head counts beside that of FER2013's.
    package var ferplusWeight: Float = 1
    /// How much of the combined head's target is FER2013's label where a face has votes, too, 0 to 1; the votes are the rest.
    package var combinedLabelShare: Float = 0.6
    /// How much it counts where two looks at an image, varied and dropped out otherwise, are answered otherwise, beside the
    /// labels' loss; 0 shows each image once (R-Drop, Liang et al., 2021).
    package var consistency: Float = 0
    /// How the faces of each source of data count, in their order; those of later sources count as the last one's.
    package var targets = [SourceTargets()]
    /// What the weight of each face is multiplied by, by its emotion, in the order of ``Emotion``, or nil.
    package var emotionWeights: [Float]?
    /// How images are varied.
    package var augmentation: Augmentation
    /// The last epochs, in which images are neither mixed nor erased nor spoilt: the network settles on faces as they
    /// are (as Ge et al., 2021, train YOLOX).
    package var settlingEpochs: Int = 0
    /// In what the operands of matrix products are kept.
    package var precision = ProductPrecision.float
    /// Seeds everything random.
    package var seed: UInt64
    /// Threads that share a batch.
    package var threads: Int

    /// How the faces of a source count.
    package func targets(of source: Int) -> SourceTargets {
        (source < targets.count ? targets[source] : targets.last) ?? SourceTargets()
    }

    /// What is added to the logits of each source's faces while training, one number an emotion
    /// (``SourceTargets/prior``); empty where nothing is.
    package func logitOffsets(for data: FaceDataSet) -> [[Float]] {
        guard targets.contains(where: { $0.prior != 0 }) else { return [] }
        let emotions = Emotion.allCases.count
        // Half a face more of each emotion, so that one without any has a frequency.
        var counts = targets.map { _ in [Float](repeating: 0.5, count: emotions) }
        for index in 0..<data.count {
            counts[min(data.source(of: index), counts.count - 1)][data.labels[index]] += 1
        }
        let frequencies = counts.map { counts in
            let sum = counts.reduce(0, +)
            return counts.map { $0 / sum }
        }
        return zip(targets, frequencies).map { targets, own in
            zip(own, frequencies[0]).map { targets.prior * log($0 / $1) }
        }
    }

    /// Finds out which emotions are rare in each source, where that counts.
    mutating func findRareEmotions(in data: FaceDataSet) {
        for source in targets.indices where targets[source].rareWeight != 1 {
            var counts = [Int](repeating: 0, count: Emotion.allCases.count)
            for index in 0..<data.count where data.source(of: index) == source {
                counts[data.labels[index]] += 1
            }
            let total = counts.reduce(0, +)
            targets[source].rareEmotions = Set(counts.indices.filter { counts[$0] * 10 < total })
        }
    }

    /// How images are varied in an epoch, counted from 0.
    func augmentation(inEpoch epoch: Int) -> Augmentation {
        isSettling(inEpoch: epoch) ? augmentation.settled : augmentation
    }

    /// Which part of the batches is mixed in an epoch, counted from 0.
    func mixupShare(inEpoch epoch: Int) -> Float { isSettling(inEpoch: epoch) ? 0 : mixupShare }

    /// The same for CutMix.
    func cutMixShare(inEpoch epoch: Int) -> Float { isSettling(inEpoch: epoch) ? 0 : cutMixShare }

    private func isSettling(inEpoch epoch: Int) -> Bool { epoch >= epochs - settlingEpochs }

    /// The standard for going on from a trained model on other faces: a few epochs at a low rate, images varied less.
    package init(continuing network: NetworkConfiguration) {
        self.init(network.architecture)
        self.network = network
        epochs = 8
        learningRate = 0.0005
        mixupShare = 0
        augmentation = augmentation.scaled(by: Self.continuingAugmentation)
        augmentation.erasing = min(augmentation.erasing, 0.1)
        augmentation.degradation.chance = min(augmentation.degradation.chance, 0.06)
    }

    /// What the strengths of the augmentation are multiplied by where training goes on from a model.
    package static let continuingAugmentation: Float = 0.5

    /// The project's own choice for an architecture: the paper's for `cnn` and `cnn-bilstm` (Adam, rate 0.001, batch
    /// 32, 100 epochs), one cycle of AdamW with averaged weights for `raut`.
    package init(_ architecture: Architecture) {
        network = NetworkConfiguration(architecture)
        seed = 1
        threads = 2
        switch architecture.recipe {
        case .paper:
            epochs = 100
            batch = 32
            learningRate = 0.001
            schedule = .constant
            optimizer = .adam
            clip = nil
            labelSmoothing = 0
            averageDecay = nil
            mixupShare = 0
            mixupAlpha = 0.4
            augmentation = .paper
        case .shipped:
            epochs = 100
            batch = 64
            learningRate = 0.002
            schedule = .oneCycle
            optimizer = .adamW(decay: 0.05)
            clip = 5
            labelSmoothing = 0.1
            averageDecay = 0.998
            mixupShare = 0.5
            mixupAlpha = 0.4
            augmentation = .raut
        }
    }
}

extension TrainingOptions {
    /// Whether an image counts on any head, by its label, its votes or a teacher's word.
    func counts(_ data: FaceDataSet, _ index: Int, isTaught: Bool) -> Bool {
        let (label, source) = (data.labels[index], targets(of: data.source(of: index)))
        guard source.weight(of: label) > 0 else { return false }
        if isTaught, source.teacherShare > 0 || source.wrongTeacherShare > 0 { return true }
        return network.heads.contains { head in
            switch head {
            case .fer2013: source.labelWeight > 0 && (emotionWeights?[label] ?? 1) > 0
            case .combined: (emotionWeights?[label] ?? 1) > 0
            case .ferplus:
                (data.votes != nil || source.votesWeight > 0)
                    && emotionWeights?.contains { $0 > 0 } ?? true
            }
        }
    }
}
