import Foundation
import NeuralNetwork

/// One step's images and what is right about them.
struct Batch {
    /// `[batch, channels, height, width]`.
    let images: Tensor
    /// A distribution an image for each head, `[batch, classes]`.
    let targets: [Tensor]
    /// A weight an image for each head, 0 to leave it out; nil for 1 each.
    let weights: [[Float]]?
    /// What is added to each head's logits before the loss, `[batch, classes]`; empty for nothing.
    var offsets: [Tensor] = []

    /// The images in it.
    var count: Int { images.shape[0] }
}

/// Where a loop's batches come from.
protocol BatchSource: AnyObject {
    /// Steps of an epoch.
    var stepsPerEpoch: Int { get }
    /// The batch of a step, both counted from 0: the same for the same numbers. It holds until the next call.
    func batch(epoch: Int, step: Int) -> Batch
}

/// Trains a network of any layers: batch, forward, loss, backward, update, step by step.
final class TrainingLoop {
    /// What fixes the steps besides the batches.
    struct Plan {
        var epochs: Int
        /// The learning rate, at its peak where the schedule varies it.
        var learningRate: Float
        var schedule: LearningRateSchedule
        /// The largest norm of the gradients, or nil.
        var clip: Float?
        /// How much each head's loss counts.
        var headWeights: [Float]
        /// How much the disagreement of both looks at each image counts, of which a batch holds the second ones behind
        /// the first; 0 where it holds one look.
        var consistency: Float = 0
    }

    /// Where a run stands, for a checkpoint in the middle of an epoch.
    struct Position: Equatable {
        /// The epoch in progress, from 0.
        var epoch = 0
        /// How many of its steps are done.
        var step = 0
        var lossSum = 0.0
        var correct = 0
        var seen = 0
        var seconds = 0.0

        /// The epoch's mean loss of the first head so far.
        var loss: Double { lossSum / Double(max(1, seen)) }
        /// The epoch's accuracy of the first head so far, in training mode.
        var accuracy: Double { Double(correct) / Double(max(1, seen)) }
        /// Images a second of this epoch.
        var imagesPerSecond: Double { Double(seen) / max(1e-9, seconds) }
    }

    let network: Network
    let plan: Plan
    let execution: Execution
    let optimizer: Optimizer
    let average: WeightAverage?
    private let batches: any BatchSource
    private let gradients: [Tensor]
    /// Where the run stands.
    var position = Position()
    /// What the ranks share of each step, where there are several.
    private var group: GroupStep?

    init(
        _ network: Network, _ plan: Plan, optimizer method: OptimizerMethod, averageDecay: Float?,
        batches: any BatchSource, _ execution: Execution
    ) {
        precondition(plan.headWeights.count == network.heads.count)
        self.network = network
        self.plan = plan
        self.execution = execution
        self.batches = batches
        let optimizer = Optimizer(method, parameters: network.parameters)
        self.optimizer = optimizer
        average = averageDecay.map { WeightAverage(of: optimizer.parameters, decay: $0) }
        gradients = network.heads.map { _ in Tensor() }
    }

    /// Runs to the last epoch, or until `shouldStop` says so between two steps.
    ///
    /// - Parameters:
    ///   - shouldStop: Asked after each step.
    ///   - onStep: Told after each step.
    ///   - onEpoch: Told after each epoch where it stood at its end; `position` is at the next one's begin.
    /// - Returns: True where the last epoch was finished.
    func run(shouldStop: () -> Bool, onStep: () -> Void, onEpoch: (Position) throws -> Void) throws -> Bool {
        try TrainingError.loadLibraries()
        let clock = ContinuousClock()
        group = execution.communicator.map { GroupStep($0, parameters: optimizer.parameters) }
        func stops() -> Bool { group?.stops ?? shouldStop() }
        while position.epoch < plan.epochs {
            let (start, before) = (clock.now, position.seconds)
            while position.step < batches.stepsPerEpoch {
                try step(wantsStop: group != nil && shouldStop())
                position.seconds = before + (clock.now - start) / .seconds(1)
                onStep()
                if stops(), position.step < batches.stepsPerEpoch { return false }
            }
            let finished = position
            position = Position(epoch: position.epoch + 1)
            try onEpoch(finished)
            if stops(), position.epoch < plan.epochs { return false }
        }
        return true
    }

    /// What the learning rate is multiplied by at a step, counted from the first of the run.
    func rateFactor(atStep step: Int) -> Float {
        plan.schedule.factor(
            step: step, total: plan.epochs * batches.stepsPerEpoch, stepsPerEpoch: batches.stepsPerEpoch)
    }

    /// - Parameter wantsStop: whether this rank was told to end: all end after the step in which any was.
    private func step(wantsStop: Bool) throws(TrainingError) {
        let number = position.epoch * batches.stepsPerEpoch + position.step
        let batch = batches.batch(epoch: position.epoch, step: position.step)
        execution.isTraining = true
        execution.needsGradients = true
        execution.step = number
        let isShared = execution.shared != nil
        let totals =
            isShared
            ? group?.totals(of: batch.weights, count: batch.count, heads: network.heads.count) : nil
        let logits = network.forward(batch.images, execution)
        for (logits, offset) in zip(logits, batch.offsets) { logits.add(offset) }
        var losses: [Float] = []
        for head in logits.indices {
            losses.append(
                SoftmaxCrossEntropy.meanLoss(
                    logits: logits[head], targets: batch.targets[head], weights: batch.weights?[head],
                    total: totals?[head], gradient: gradients[head]))
            if plan.headWeights[head] != 1 { gradients[head].scale(by: plan.headWeights[head]) }
            if plan.consistency > 0 {
                LookDisagreement.add(of: logits[head], times: plan.consistency, to: gradients[head])
            }
        }
        var correct = SoftmaxCrossEntropy.countCorrect(logits: logits[0], targets: batch.targets[0])
        if isShared, let group {
            execution.onGradients = { group.take($0) }
            network.backward(gradients, execution)
            execution.onGradients = nil
            group.sumGradients(&losses, &correct, wantsStop: wantsStop)
        }
        let count = execution.shared?.total ?? batch.count
        position.lossSum += Double(losses[0]) * Double(count)
        position.step += 1
        guard losses.reduce(0, +).isFinite else {
            throw .lossIsNotFinite(epoch: position.epoch + 1, step: position.step)
        }
        position.correct += correct
        position.seen += count
        if !isShared { network.backward(gradients, execution) }
        // A ReLU makes zeros of what are no numbers: the loss alone does not show a broken weight, its gradient does.
        let rate = plan.learningRate * rateFactor(atStep: number)
        guard optimizer.update(rate: rate, clip: plan.clip, execution) else {
            throw .lossIsNotFinite(epoch: position.epoch + 1, step: position.step)
        }
        average?.update(execution.pool)
    }
}
