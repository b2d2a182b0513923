import EmotionRecognition
import NeuralNetwork

/// Everything that fixes a training run besides the data; the same options, data and number of threads give the same
/// weights bit for bit.
public struct TrainingOptions: Sendable, Equatable {
    /// The network.
    public var network: NetworkConfiguration
    /// Passes over the training images.
    public var epochs: Int
    /// Images a step.
    public var batch: Int
    /// The learning rate, at its peak where the schedule varies it.
    public var learningRate: Float
    /// How the learning rate goes.
    public var schedule: LearningRateSchedule
    /// The rule that changes the weights.
    public var optimizer: OptimizerMethod
    /// The largest norm of the gradients, or nil.
    public var clip: Float?
    /// How much of a label is spread evenly over all classes (Szegedy et al., 2016).
    public var labelSmoothing: Float
    /// The decay of the moving average of the weights, or nil for none.
    public var averageDecay: Float?
    /// Which part of the batches is mixed, image by image with another of the batch (mixup, Zhang et al., 2018).
    public var mixupShare: Float
    /// The parameter of the beta distribution that mixup draws from.
    public var mixupAlpha: Float
    /// Which part of the batches has a rectangle of each image replaced by another's (CutMix, Yun et al., 2019).
    public var cutMixShare: Float = 0
    /// How many of FER+'s annotators must agree on another emotion for FER2013's label not to count, or nil where it
    /// always counts.
    public var disputingVotes: Int?
    /// How much a teacher's word counts beside the labels, 0 to 1.
    public var teacherShare: Float = 0
    /// How much the loss of FER+'s head counts beside that of FER2013's.
    public var ferplusWeight: Float = 1
    /// How images are varied.
    public var augmentation: Augmentation
    /// The last epochs, in which images are neither mixed nor erased nor spoilt: the network settles on faces as they
    /// are (as Ge et al., 2021, train YOLOX).
    public var settlingEpochs: Int = 0
    /// Seeds everything random.
    public var seed: UInt64
    /// Threads that share a batch.
    public var threads: Int

    /// How images are varied in an epoch, counted from 0.
    func augmentation(inEpoch epoch: Int) -> Augmentation {
        isSettling(inEpoch: epoch) ? augmentation.settled : augmentation
    }

    /// Which part of the batches is mixed in an epoch, counted from 0.
    func mixupShare(inEpoch epoch: Int) -> Float { isSettling(inEpoch: epoch) ? 0 : mixupShare }

    /// The same for CutMix.
    func cutMixShare(inEpoch epoch: Int) -> Float { isSettling(inEpoch: epoch) ? 0 : cutMixShare }

    private func isSettling(inEpoch epoch: Int) -> Bool { epoch >= epochs - settlingEpochs }

    /// The project's own choice for an architecture: the paper's for `cnn` and `cnn-bilstm` (Adam, rate 0.001, batch
    /// 32, 100 epochs), one cycle of AdamW with averaged weights for `raut`.
    public init(_ architecture: Architecture) {
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
