import Foundation
import NeuralNetwork

/// How unlike the answers about two looks at the same images are: the mean of both Kullback-Leibler divergences between
/// their softmax distributions, as R-Drop (Liang et al., 2021) adds it to the labels' loss.
package enum LookDisagreement {
    /// The mean disagreement over the images; adds its gradient.
    ///
    /// - Parameters:
    ///   - logits: `[2 · images, classes]`: those of all first looks, then those of the second looks in the same order.
    ///   - factor: What the gradient is multiplied by.
    ///   - gradient: What the logits' gradient is added to, `[2 · images, classes]`.
    @discardableResult
    package static func add(of logits: Tensor, times factor: Float, to gradient: Tensor) -> Float {
        let (rows, classes) = (logits.shape[0], logits.shape[1])
        precondition(rows % 2 == 0 && gradient.count == rows * classes)
        let images = rows / 2
        guard images > 0 else { return 0 }
        let share = factor / (2 * Float(images))
        var sum = 0.0
        for image in 0..<images {
            let (first, second) = (image * classes, (images + image) * classes)
            let own = logits.span.extracting(first..<first + classes)
            let other = logits.span.extracting(second..<second + classes)
            let (normalizer, otherNormalizer) =
                (SoftmaxCrossEntropy.logSumExp(own), SoftmaxCrossEntropy.logSumExp(other))
            // Divergences of the first from the second look, and of the second from the first.
            var (forward, backward): (Float, Float) = (0, 0)
            for index in 0..<classes {
                let (a, b) = (own[index] - normalizer, other[index] - otherNormalizer)
                forward += exp(a) * (a - b)
                backward += exp(b) * (b - a)
            }
            for index in 0..<classes {
                let (a, b) = (own[index] - normalizer, other[index] - otherNormalizer)
                let (p, q) = (exp(a), exp(b))
                gradient[first + index] += share * (p * (a - b - forward) + p - q)
                gradient[second + index] += share * (q * (b - a - backward) + q - p)
            }
            sum += Double(forward + backward) / 2
        }
        return Float(sum / Double(images))
    }
}
