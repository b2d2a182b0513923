import EmotionRecognition
import Foundation
import NeuralNetwork

/// Why a run ended before its last epoch.
public enum TrainingError: Error, Equatable, Sendable, CustomStringConvertible {
    /// The loss is no number any more; the last good checkpoint is left as it was.
    case lossIsNotFinite(epoch: Int, step: Int)
    /// There are no images to train on or to validate with.
    case noImages(of: String)
    /// A checkpoint was made by another run: what differs.
    case otherRun(path: String, reason: String)

    /// One line: what, where, what to do.
    public var description: String {
        switch self {
        case .lossIsNotFinite(let epoch, let step):
            "the loss is no number any more (epoch \(epoch), step \(step)): the last checkpoint is kept; "
                + "try a lower --learning-rate"
        case .noImages(let part): "no images for \(part)"
        case .otherRun(let path, let reason):
            "\(path): the checkpoint of another run: \(reason); give another --output, or leave out --resume"
        }
    }
}

/// Trains a network: the method of Sutarti and Syaqqialloh (2025), and what `raut` adds to it.
public final class Trainer {
    /// What fixes the run.
    public let options: TrainingOptions
    /// The network in training.
    public let network: EmotionNetwork
    /// What each finished epoch gave.
    public internal(set) var history = TrainingHistory()
    /// Images trained on.
    let training: FaceDataSet
    /// Images that each epoch is judged by.
    let validation: FaceDataSet
    let classWeights: [Float]?
    let teacher: Teacher?
    let execution: Execution
    let optimizer: Optimizer
    let average: WeightAverage?
    /// The epoch in progress, from 0, and how many of its steps are done.
    var position = Position()
    private let batch: TrainingBatch
    private let gradients: [Tensor]

    /// Where a run stands, for a checkpoint in the middle of an epoch.
    struct Position: Equatable {
        var epoch = 0
        var step = 0
        var lossSum = 0.0
        var correct = 0
        var seen = 0
        var seconds = 0.0
    }

    /// What is told after each step.
    public struct Progress: Sendable {
        /// The epoch in progress, from 1.
        public var epoch: Int
        /// Steps of it that are done.
        public var step: Int
        /// Steps of an epoch.
        public var steps: Int
        /// The epoch's mean loss so far.
        public var loss: Double
        /// The epoch's accuracy so far, in training mode.
        public var accuracy: Double
        /// Images a second of this epoch.
        public var imagesPerSecond: Double
        /// Seconds until the last epoch ends at that pace.
        public var secondsLeft: Double
    }

    /// Takes the data; `classWeights` weighs each image's loss by its label, `teacher` has answers for the training
    /// images.
    public init(
        _ options: TrainingOptions, training: FaceDataSet, validation: FaceDataSet,
        classWeights: [Float]? = nil, teacher: Teacher? = nil
    ) throws(TrainingError) {
        guard training.count > 0 else { throw .noImages(of: "training") }
        guard validation.count > 0 else { throw .noImages(of: "validation") }
        self.options = options
        self.training = training
        self.validation = validation
        self.classWeights = classWeights
        self.teacher = teacher
        network = EmotionNetwork(options.network, seed: options.seed)
        execution = Execution(threads: options.threads)
        execution.seed = options.seed
        optimizer = Optimizer(options.optimizer, parameters: network.parameters)
        let parameters = optimizer.parameters
        average = options.averageDecay.map { WeightAverage(of: parameters, decay: $0) }
        batch = TrainingBatch(heads: options.network.heads, threads: execution.pool.threads)
        gradients = options.network.heads.map { _ in Tensor() }
    }

    /// Steps of an epoch: a last batch of a single image is left out, for it has no statistics.
    public var stepsPerEpoch: Int {
        let (full, rest) = training.count.quotientAndRemainder(dividingBy: options.batch)
        return max(1, full + (rest > 1 ? 1 : 0))
    }

    /// Begins at the weights of a model of the same network or of a narrower one instead of random ones.
    public func start(from file: SafeTensors, path: String) throws(ModelFileError) {
        try network.widen(file, path: path)
        for (average, parameter) in zip(average?.values ?? [], optimizer.parameters) {
            average.copy(from: parameter.value)
        }
    }

    /// Runs to the last epoch, or until `shouldStop` says so between two steps.
    ///
    /// - Parameters:
    ///   - shouldStop: Asked after each step.
    ///   - onStep: Told after each step.
    ///   - onEpoch: Told after each epoch, when `history` has it; the place to save a checkpoint.
    /// - Returns: True where the last epoch was finished.
    public func run(
        shouldStop: () -> Bool = { false }, onStep: (Progress) -> Void = { _ in },
        onEpoch: (TrainingHistory.Epoch) throws -> Void = { _ in }
    ) throws -> Bool {
        while position.epoch < options.epochs {
            let order = shuffledOrder(epoch: position.epoch)
            let start = Date().timeIntervalSinceReferenceDate - position.seconds
            while position.step < stepsPerEpoch {
                try trainStep(order)
                position.seconds = Date().timeIntervalSinceReferenceDate - start
                onStep(progress())
                if shouldStop(), position.step < stepsPerEpoch { return false }
            }
            let entry = try finishEpoch()
            try onEpoch(entry)
            if shouldStop(), position.epoch < options.epochs { return false }
        }
        return true
    }

    /// Loss and accuracy of the first head, and its logits, on a data set: `[count · classes]`.
    ///
    /// The averaged weights are used where the run keeps them.
    public func evaluate(_ data: FaceDataSet) -> (loss: Double, accuracy: Double, logits: [Float]) {
        average?.swap()
        defer { average?.swap() }
        execution.isTraining = false
        let unused = Tensor()
        let classes = options.network.heads[0].classes
        var (loss, correct, all) = (0.0, 0, [Float]())
        all.reserveCapacity(data.count * classes)
        for start in stride(from: 0, to: data.count, by: 64) {
            let range = start..<min(data.count, start + 64)
            batch.fillPlain(data, range, preprocessing: options.network.preprocessing, execution)
            let logits = network.forward(batch.images, execution)[0]
            let mean = SoftmaxCrossEntropy.meanLoss(
                logits: logits, targets: batch.targets[0], gradient: unused)
            loss += Double(mean) * Double(range.count)
            correct += countCorrect(logits, batch.targets[0])
            all += logits.elements
        }
        return (loss / Double(data.count), Double(correct) / Double(data.count), all)
    }

    /// The model as it would be shipped: with the averaged weights where the run keeps them.
    public func modelFile(extra: [String: String] = [:]) -> SafeTensors {
        average?.swap()
        defer { average?.swap() }
        return network.modelFile(extra: extra)
    }

    private func trainStep(_ order: [Int]) throws(TrainingError) {
        let first = position.step * options.batch
        let indices = order[first..<min(order.count, first + options.batch)]
        let globalStep = position.epoch * stepsPerEpoch + position.step
        batch.fill(
            training, indices, options: options, classWeights: classWeights, epoch: position.epoch,
            teacher: teacher, execution)
        var random = Xoshiro256StarStar(seed: options.seed, 0x313, globalStep)
        let mixupShare = options.mixupShare(inEpoch: position.epoch)
        if mixupShare > 0, random.uniform() < mixupShare {
            batch.mix(alpha: options.mixupAlpha, using: &random)
        }
        let cutMixShare = options.cutMixShare(inEpoch: position.epoch)
        if cutMixShare > 0, random.uniform() < cutMixShare { batch.cutMix(using: &random) }
        execution.isTraining = true
        execution.step = globalStep
        let logits = network.forward(batch.images, execution)
        var loss: Float = 0
        for head in logits.indices {
            let part = SoftmaxCrossEntropy.meanLoss(
                logits: logits[head], targets: batch.targets[head], weights: batch.weights[head],
                gradient: gradients[head])
            loss += part
            if options.network.heads[head] == .ferplus, options.ferplusWeight != 1 {
                gradients[head].scale(by: options.ferplusWeight)
            }
            if head == 0 { position.lossSum += Double(part) * Double(indices.count) }
        }
        position.step += 1
        guard loss.isFinite else { throw .lossIsNotFinite(epoch: position.epoch + 1, step: position.step) }
        position.correct += countCorrect(logits[0], batch.targets[0])
        position.seen += indices.count
        network.backward(gradients, execution)
        let factor = options.schedule.factor(
            step: globalStep, total: options.epochs * stepsPerEpoch, stepsPerEpoch: stepsPerEpoch)
        // A ReLU makes zeros of what are no numbers: the loss alone does not show a broken weight, its gradient does.
        guard optimizer.update(rate: options.learningRate * factor, clip: options.clip, execution) else {
            throw .lossIsNotFinite(epoch: position.epoch + 1, step: position.step)
        }
        average?.update()
    }

    private func finishEpoch() throws(TrainingError) -> TrainingHistory.Epoch {
        let measured = evaluate(validation)
        // Running statistics may overflow while the batches' own do not.
        guard measured.loss.isFinite else {
            throw .lossIsNotFinite(epoch: position.epoch + 1, step: position.step)
        }
        let lastStep = position.epoch * stepsPerEpoch + stepsPerEpoch - 1
        let factor = options.schedule.factor(
            step: lastStep, total: options.epochs * stepsPerEpoch, stepsPerEpoch: stepsPerEpoch)
        let entry = TrainingHistory.Epoch(
            epoch: position.epoch + 1, learningRate: Double(options.learningRate * factor),
            trainLoss: position.lossSum / Double(position.seen),
            trainAccuracy: Double(position.correct) / Double(position.seen), validationLoss: measured.loss,
            validationAccuracy: measured.accuracy, seconds: position.seconds,
            imagesPerSecond: Double(position.seen) / max(1e-9, position.seconds))
        history.epochs.append(entry)
        position = Position(epoch: position.epoch + 1)
        return entry
    }

    /// The images of an epoch in an order that depends on the seed and the epoch alone.
    private func shuffledOrder(epoch: Int) -> [Int] {
        var random = Xoshiro256StarStar(seed: options.seed, 0x5F1E, epoch)
        var order = Array(0..<training.count)
        order.shuffle(using: &random)
        return order
    }

    private func countCorrect(_ logits: Tensor, _ targets: Tensor) -> Int {
        let (batch, classes) = (logits.shape[0], logits.shape[1])
        func largest(_ row: UnsafePointer<Float>) -> Int {
            (1..<classes).reduce(0) { row[$1] > row[$0] ? $1 : $0 }
        }
        return (0..<batch).count {
            largest(logits.pointer + $0 * classes) == largest(targets.pointer + $0 * classes)
        }
    }

    private func progress() -> Progress {
        let pace = Double(position.seen) / max(1e-9, position.seconds)
        let left = (options.epochs - position.epoch) * training.count - position.seen
        return Progress(
            epoch: position.epoch + 1, step: position.step, steps: stepsPerEpoch,
            loss: position.lossSum / Double(max(1, position.seen)),
            accuracy: Double(position.correct) / Double(max(1, position.seen)), imagesPerSecond: pace,
            secondsLeft: Double(left) / max(1e-9, pace))
    }
}
