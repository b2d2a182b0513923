import EmotionRecognition
import NeuralNetwork

/// Trains a network that names emotions: the method of Sutarti and Syaqqialloh (2025), and what `raut` adds to it.
package final class Trainer {
    /// What fixes the run.
    package let options: TrainingOptions
    /// The network in training.
    package let network: EmotionNetwork
    /// What each finished epoch gave.
    package internal(set) var history = TrainingHistory()
    /// Images trained on.
    let training: FaceDataSet
    /// Images that each epoch is judged by.
    let validation: FaceDataSet
    let classWeights: [Float]?
    let teacher: Teacher?
    let execution: Execution
    let loop: TrainingLoop
    private let batches: FaceBatches

    /// What is told after each step.
    package struct Progress: Sendable {
        /// The epoch in progress, from 1.
        package var epoch: Int
        /// Steps of it that are done.
        package var step: Int
        /// Steps of an epoch.
        package var steps: Int
        /// The epoch's mean loss so far.
        package var loss: Double
        /// The epoch's accuracy so far, in training mode.
        package var accuracy: Double
        /// Images a second of this epoch.
        package var imagesPerSecond: Double
        /// Seconds until the last epoch ends at that pace.
        package var secondsLeft: Double
    }

    /// Takes the data; `classWeights` weighs each image's loss by its label, `teacher` has answers for the training
    /// images.
    ///
    /// - Parameter communicator: The processes that train together, each with a part of every batch; nil for one alone.
    ///   All must have the same options and data (``checkRanks()``).
    /// - Throws: ``TrainingError/noImages(of:)`` where there are none of a kind, ``TrainingError/nothingCounts``, or
    ///   ``TrainingError/smallBatch(images:ranks:)``.
    package init(
        _ options: TrainingOptions, training: FaceDataSet, validation: FaceDataSet,
        classWeights: [Float]? = nil, teacher: Teacher? = nil, communicator: (any Communicator)? = nil
    ) throws(TrainingError) {
        try TrainingError.loadLibraries()
        if let communicator, options.batch < 2 * communicator.size {
            throw .smallBatch(images: options.batch, ranks: communicator.size)
        }
        guard training.count > 0 else { throw .noImages(of: "training") }
        guard validation.count > 0 else { throw .noImages(of: "validation") }
        var options = options
        options.findRareEmotions(in: training)
        let teacher =
            options.network.heads.contains(.combined)
            ? teacher?.combined(
                labelShare: options.combinedLabelShare, labelSmoothing: options.labelSmoothing)
            : teacher
        let isTaught = teacher != nil
        guard (0..<training.count).contains(where: { options.counts(training, $0, isTaught: isTaught) })
        else { throw .nothingCounts }
        self.options = options
        self.training = training
        self.validation = validation
        self.classWeights = classWeights
        self.teacher = teacher
        network = EmotionNetwork(options.network, seed: options.seed)
        execution = Execution(threads: options.threads, precision: options.precision)
        execution.seed = options.seed
        execution.communicator = communicator
        batches = FaceBatches(
            training, options, classWeights: classWeights, teacher: teacher, execution)
        let plan = TrainingLoop.Plan(
            epochs: options.epochs, learningRate: options.learningRate, schedule: options.schedule,
            clip: options.clip,
            headWeights: options.network.heads.map { $0 == .ferplus ? options.ferplusWeight : 1 },
            consistency: options.consistency)
        loop = TrainingLoop(
            network.graph, plan, optimizer: options.optimizer, averageDecay: options.averageDecay,
            batches: batches, execution)
    }

    /// Steps of an epoch: a last batch of a single image is left out, for it has no statistics.
    package var stepsPerEpoch: Int { batches.stepsPerEpoch }

    /// Begins at the weights of a model of the same network or of a narrower one instead of random ones.
    package func start(from file: SafeTensors, path: String) throws(ModelFileError) {
        try network.widen(file, path: path)
        loop.average?.restart()
    }

    /// Runs to the last epoch, or until `shouldStop` says so between two steps.
    ///
    /// - Parameters:
    ///   - shouldStop: Asked after each step.
    ///   - onStep: Told after each step.
    ///   - onEpoch: Told after each epoch, when `history` has it; the place to save a checkpoint.
    /// - Returns: True where the last epoch was finished.
    package func run(
        shouldStop: () -> Bool = { false }, onStep: (Progress) -> Void = { _ in },
        onEpoch: (TrainingHistory.Epoch) throws -> Void = { _ in }
    ) throws -> Bool {
        try loop.run(
            shouldStop: shouldStop, onStep: { onStep(progress()) },
            onEpoch: { position in
                let entry = try finishEpoch(position)
                history.epochs.append(entry)
                try onEpoch(entry)
            })
    }

    /// Loss and accuracy of the first head, and its logits, on a data set: `[count · classes]`.
    ///
    /// The averaged weights are used where the run keeps them.
    package func evaluate(_ data: FaceDataSet) -> (loss: Double, accuracy: Double, logits: [Float]) {
        loop.average?.swap()
        defer { loop.average?.swap() }
        execution.isTraining = false
        execution.needsGradients = false
        // What a step of training took lies fallow after the last one.
        defer { if loop.position.epoch >= options.epochs { execution.releaseMemory() } }
        let unused = Tensor()
        let batch = TrainingBatch(heads: options.network.heads, threads: execution.pool.threads)
        let classes = options.network.heads[0].classes
        let starts = Array(stride(from: 0, to: data.count, by: 64))
        var losses = [Double](repeating: 0, count: starts.count)
        var correct = losses
        var all = [Float](repeating: 0, count: data.count * classes)
        let ranks = execution.communicator
        execution.shared = nil
        for (number, start) in starts.enumerated() {
            if let ranks, number % ranks.size != ranks.rank { continue }
            let range = start..<min(data.count, start + 64)
            batch.fillPlain(data, range, preprocessing: options.network.preprocessing, execution)
            let logits = network.forward(batch.images, execution)[0]
            let mean = SoftmaxCrossEntropy.meanLoss(
                logits: logits, targets: batch.targets[0], gradient: unused)
            losses[number] = Double(mean) * Double(range.count)
            correct[number] = Double(
                SoftmaxCrossEntropy.countCorrect(logits: logits, targets: batch.targets[0]))
            for index in 0..<logits.count { all[start * classes + index] = logits[index] }
        }
        // Each block is one rank's, the others have zeros there: the sums are exact.
        if let ranks {
            ranks.sum(&losses)
            ranks.sum(&correct)
            ranks.sum(&all)
        }
        return (losses.reduce(0, +) / Double(data.count), correct.reduce(0, +) / Double(data.count), all)
    }

    /// The model as it would be shipped: with the averaged weights where the run keeps them.
    package func modelFile(extra: [String: String] = [:]) -> SafeTensors {
        loop.average?.swap()
        defer { loop.average?.swap() }
        return network.modelFile(extra: extra)
    }

    private func finishEpoch(
        _ position: TrainingLoop.Position
    ) throws(TrainingError) -> TrainingHistory.Epoch {
        let measured = evaluate(validation)
        // Running statistics may overflow while the batches' own do not.
        guard measured.loss.isFinite else {
            throw .lossIsNotFinite(epoch: position.epoch + 1, step: position.step)
        }
        let lastStep = position.epoch * stepsPerEpoch + stepsPerEpoch - 1
        return TrainingHistory.Epoch(
            epoch: position.epoch + 1,
            learningRate: Double(options.learningRate * loop.rateFactor(atStep: lastStep)),
            trainLoss: position.loss, trainAccuracy: position.accuracy, validationLoss: measured.loss,
            validationAccuracy: measured.accuracy, seconds: position.seconds,
            imagesPerSecond: position.imagesPerSecond)
    }

    private func progress() -> Progress {
        let position = loop.position
        let left = (options.epochs - position.epoch) * training.count - position.seen
        return Progress(
            epoch: position.epoch + 1, step: position.step, steps: stepsPerEpoch, loss: position.loss,
            accuracy: position.accuracy, imagesPerSecond: position.imagesPerSecond,
            secondsLeft: Double(left) / max(1e-9, position.imagesPerSecond))
    }
}
