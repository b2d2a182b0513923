import NeuralNetwork

/// The batches of a run on labelled faces: shuffled, varied, and in part mixed.
final class FaceBatches: BatchSource {
    let stepsPerEpoch: Int
    private let data: FaceDataSet
    private let options: TrainingOptions
    private let classWeights: [Float]?
    private let teacher: Teacher?
    private let execution: Execution
    private let batch: TrainingBatch
    private var order: (epoch: Int, indices: [Int])?

    init(
        _ data: FaceDataSet, _ options: TrainingOptions, classWeights: [Float]?, teacher: Teacher?,
        _ execution: Execution
    ) {
        self.data = data
        self.options = options
        self.classWeights = classWeights
        self.teacher = teacher
        self.execution = execution
        batch = TrainingBatch(
            heads: options.network.heads, threads: execution.pool.threads,
            offsets: options.logitOffsets(for: data))
        // A last batch of a single image is left out, for it has no statistics.
        let (full, rest) = data.count.quotientAndRemainder(dividingBy: options.batch)
        stepsPerEpoch = max(1, full + (rest > 1 ? 1 : 0))
    }

    func batch(epoch: Int, step: Int) -> Batch {
        let order = shuffledOrder(epoch: epoch)
        let first = step * options.batch
        var indices = order[first..<min(order.count, first + options.batch)]
        execution.shared = execution.communicator.flatMap {
            SharedBatch(total: indices.count, rank: $0.rank, size: $0.size)
        }
        if let shared = execution.shared {
            indices = (0..<shared.count).map { indices[first + shared.place($0)] }[...]
        }
        batch.fill(
            data, indices, options: options, classWeights: classWeights, epoch: epoch,
            looks: options.consistency > 0 ? 2 : 1, teacher: teacher, execution)
        var random = Xoshiro256StarStar(seed: options.seed, 0x313, epoch * stepsPerEpoch + step)
        let mixupShare = options.mixupShare(inEpoch: epoch)
        if mixupShare > 0, random.uniform() < mixupShare {
            batch.mix(alpha: options.mixupAlpha, using: &random)
        }
        let cutMixShare = options.cutMixShare(inEpoch: epoch)
        if cutMixShare > 0, random.uniform() < cutMixShare { batch.cutMix(using: &random) }
        return Batch(
            images: batch.images, targets: batch.targets, weights: batch.weights, offsets: batch.offsets)
    }

    /// The images of an epoch in an order that depends on the seed and the epoch alone.
    private func shuffledOrder(epoch: Int) -> [Int] {
        if let order, order.epoch == epoch { return order.indices }
        var random = Xoshiro256StarStar(seed: options.seed, 0x5F1E, epoch)
        var indices = Array(0..<data.count)
        indices.shuffle(using: &random)
        order = (epoch, indices)
        return indices
    }
}
