import EmotionRecognition
import Foundation
import NeuralNetwork

extension Teacher {
    /// How an image is varied from look to look.
    private static let looks = Augmentation(rotation: 8, shift: 0.05, zoom: 0.08, flip: true)

    /// Asks the networks.
    ///
    /// - Parameters:
    ///   - networks: The teachers; a head's answers are the mean of those that have it.
    ///   - data: The training images.
    ///   - looks: How often each image is shown to each network.
    ///   - seed: Fixes how the images are varied.
    ///   - threads: Threads that share a batch.
    ///   - shouldStop: Asked before each batch.
    ///   - onProgress: Told after each batch which part is done, 0 to 1.
    /// - Throws: ``Stopped``.
    package init(
        _ networks: [EmotionNetwork], on data: FaceDataSet, looks: Int = 8, seed: UInt64 = 1, threads: Int,
        shouldStop: () -> Bool = { false }, onProgress: (Double) -> Void = { _ in }
    ) throws(Stopped) {
        let execution = Execution(threads: threads)
        execution.isTraining = false
        execution.needsGradients = false
        var answers: [Head: [Float]] = [:]
        for (number, network) in networks.enumerated() {
            var options = TrainingOptions(network.configuration.architecture)
            options.network = network.configuration
            options.augmentation = Self.looks
            options.seed = seed
            let heads = network.configuration.heads
            let batch = TrainingBatch(heads: heads, threads: execution.pool.threads)
            for look in 0..<looks {
                for start in stride(from: 0, to: data.count, by: 64) {
                    guard !shouldStop() else { throw Stopped() }
                    let range = start..<min(data.count, start + 64)
                    batch.fill(
                        data, Array(range)[...], options: options, classWeights: nil, epoch: look, execution)
                    for (head, logits) in zip(heads, network.forward(batch.images, execution)) {
                        answers[head, default: Array(repeating: 0, count: data.count * head.classes)]
                            .addProbabilities(of: logits, at: start * head.classes)
                    }
                    let done = Double(number * looks + look) + Double(range.upperBound) / Double(data.count)
                    onProgress(done / Double(networks.count * looks))
                }
            }
        }
        // Each row sums to the number of looks at it.
        self.answers = answers.mapValues { sums in
            let total = sums.prefix(data.count == 0 ? 0 : sums.count / data.count).reduce(0, +)
            return total > 0 ? sums.map { $0 / total } : sums
        }
    }
}

extension [Float] {
    /// Adds the softmax of each row of logits to the values from a place on.
    fileprivate mutating func addProbabilities(of logits: Tensor, at start: Int) {
        let (rows, classes) = (logits.shape[0], logits.shape[1])
        for row in 0..<rows {
            let values = logits.span.extracting(row * classes..<(row + 1) * classes)
            let normalizer = SoftmaxCrossEntropy.logSumExp(values)
            for place in 0..<classes {
                self[start + row * classes + place] += exp(values[place] - normalizer)
            }
        }
    }
}
