import Foundation

/// Cross-entropy of the softmax of logits against target distributions, with the gradient for the logits.
///
/// A hard label is a distribution with a single 1; ``setTarget(_:smoothing:in:)`` smooths one. Class weights are
/// each image's weight, mixed targets (mixup) any other distribution.
package enum SoftmaxCrossEntropy {
    /// The mean loss over the batch, weighted by each image's weight; sets `gradient`.
    ///
    /// - Parameters:
    ///   - logits: `[batch, classes]`.
    ///   - targets: `[batch, classes]`; a row that sums to less or more than 1 counts so much less or more.
    ///   - weights: One weight an image, 0 to leave it out, or nil for 1 each. The mean divides by their sum.
    ///   - total: What the mean divides by instead, where these images are a part of a batch.
    ///   - gradient: Set to the gradient of the mean loss for the logits, `[batch, classes]`.
    package static func meanLoss(
        logits: Tensor, targets: Tensor, weights: [Float]? = nil, total: Float? = nil, gradient: Tensor
    ) -> Float {
        let (batch, classes) = (logits.shape[0], logits.shape[1])
        precondition(targets.count == batch * classes && (weights?.count ?? batch) == batch)
        gradient.resize(logits.shape)
        let total = total ?? weights?.reduce(0, +) ?? Float(batch)
        guard total > 0 else {
            gradient.fill(0)
            return 0
        }
        var loss = 0.0
        for image in 0..<batch {
            let row = image * classes
            let share = (weights?[image] ?? 1) / total
            let own = logits.span.extracting(row..<row + classes)
            let target = targets.span.extracting(row..<row + classes)
            var slope = gradient.mutableSpan(row..<row + classes)
            softmax(own, into: &slope)
            let normalizer = logSumExp(own)
            var sum: Float = 0
            for index in 0..<classes { sum += target[index] }
            for index in 0..<classes {
                if target[index] != 0 {
                    loss += Double(share * target[index] * (normalizer - own[index]))
                }
                slope[index] = share * (sum * slope[index] - target[index])
            }
        }
        return Float(loss)
    }

    /// How many images' largest logit stands where their target is largest, the first of several equal ones.
    package static func countCorrect(logits: Tensor, targets: Tensor) -> Int {
        let (batch, classes) = (logits.shape[0], logits.shape[1])
        precondition(targets.count == batch * classes)
        func largest(_ values: Span<Float>, _ row: Int) -> Int {
            (1..<classes).reduce(0) { values[row + $1] > values[row + $0] ? $1 : $0 }
        }
        return (0..<batch).count {
            largest(logits.span, $0 * classes) == largest(targets.span, $0 * classes)
        }
    }

    /// Sets a row of targets to a label: all of it on the label, but `smoothing` spread evenly over all classes (Szegedy
    /// et al., 2016).
    ///
    /// - Parameter row: One element a class.
    package static func setTarget(
        _ label: Int, smoothing: Float = 0, in row: inout MutableSpan<Float>
    ) {
        for index in row.indices { row[index] = smoothing / Float(row.count) }
        row[label] += 1 - smoothing
    }

    /// The softmax of logits, into as many elements.
    static func softmax(_ logits: Span<Float>, into target: inout MutableSpan<Float>) {
        var largest = -Float.infinity
        for index in logits.indices { largest = max(largest, logits[index]) }
        var sum: Float = 0
        for index in logits.indices {
            target[index] = exp(logits[index] - largest)
            sum += target[index]
        }
        for index in logits.indices { target[index] /= sum }
    }

    /// The logarithm of the sum of the exponentials of logits.
    package static func logSumExp(_ logits: Span<Float>) -> Float {
        var largest = -Float.infinity
        for index in logits.indices { largest = max(largest, logits[index]) }
        var sum: Float = 0
        for index in logits.indices { sum += exp(logits[index] - largest) }
        return largest + log(sum)
    }
}
