import Foundation

/// Attention over the steps of a sequence: their mean, each weighed by how much it says (Yang et al., 2016, after
/// Bahdanau et al., 2015).
///
/// A step's score is `v · tanh(W x + b)`; the scores' softmax over the steps gives the weights.
package final class StepAttention: Layer {
    /// Features of each step.
    package let inputFeatures: Int
    /// Units of the layer that scores.
    package let units: Int
    /// `W`, `[units, in]`.
    package let weight: Parameter
    /// `b`, `[units]`.
    package let bias: Parameter
    /// `v`, `[1, units]`.
    package let score: Parameter

    private var input = Tensor()
    /// `[batch · steps, units]`.
    private var activations = Tensor()
    /// The steps' weights, `[batch, steps]`.
    private var shares = Tensor()

    /// Makes the layer; its weights are zero until initialised.
    package init(name: String, inputFeatures: Int, units: Int) {
        self.inputFeatures = inputFeatures
        self.units = units
        weight = Parameter(name: "\(name).weight", shape: [units, inputFeatures], decays: true)
        bias = Parameter(name: "\(name).bias", shape: [units], decays: false)
        score = Parameter(name: "\(name).score.weight", shape: [1, units], decays: true)
    }

    /// Those of the layer that scores, then `v`.
    package var parameters: [Parameter] { [weight, bias, score] }

    /// `[batch, steps, features]` to `[batch, features]`.
    package func forward(_ input: Tensor, _ execution: Execution) -> Tensor {
        precondition(input.shape.count == 3 && input.shape[2] == inputFeatures, "\(input.shape)")
        self.input = input
        let (batch, steps) = (input.shape[0], input.shape[1])
        let activations = execution.tensor([batch * steps, units])
        let shares = execution.tensor([batch, steps])
        let output = execution.tensor([batch, inputFeatures])
        (self.activations, self.shares) = (activations, shares)
        output.fill(0)
        activations.fillRows(with: bias.value)
        let (weight, score) = (weight.value, score.value)
        execution.pool.split(batch) { _, images in
            let rows = images.lowerBound * steps..<images.upperBound * steps
            var hidden = activations.mutableSpan
            BLAS.multiply(
                rows: rows.count, columns: units, inner: inputFeatures,
                BLAS.Matrix(
                    input.span, at: rows.lowerBound * inputFeatures, stride: inputFeatures),
                BLAS.Matrix(weight.span, stride: inputFeatures, isTransposed: true), into: &hidden,
                at: rows.lowerBound * units, targetStride: units, accumulate: true)
            var weights = shares.mutableSpan
            for row in rows {
                var sum: Float = 0
                for unit in 0..<units {
                    hidden[row * units + unit] = tanh(hidden[row * units + unit])
                    sum += hidden[row * units + unit] * score[unit]
                }
                weights[row] = sum
            }
            var target = output.mutableSpan
            for image in images {
                softmax(&weights, image * steps..<(image + 1) * steps)
                for row in image * steps..<(image + 1) * steps {
                    for index in 0..<inputFeatures {
                        target[image * inputFeatures + index] +=
                            weights[row] * input[row * inputFeatures + index]
                    }
                }
            }
        }
        return output
    }

    /// Makes a distribution of scores.
    private func softmax(_ scores: inout MutableSpan<Float>, _ range: Range<Int>) {
        var (largest, total) = (-Float.infinity, Float(0))
        for index in range { largest = max(largest, scores[index]) }
        for index in range {
            scores[index] = exp(scores[index] - largest)
            total += scores[index]
        }
        for index in range { scores[index] /= total }
    }

    /// Sets the gradients of all weights, and returns the gradient for the input.
    package func backward(_ gradient: Tensor, _ execution: Execution) -> Tensor {
        let (input, activations, shares) = (self.input, self.activations, self.shares)
        (self.input, self.activations, self.shares) = (Tensor(), Tensor(), Tensor())
        let (batch, steps) = (input.shape[0], input.shape[1])
        let inputGradient = execution.tensor(input.shape)
        let activationGradient = execution.tensor([batch * steps, units])
        score.gradient.fill(0)
        // A step's gradient has two parts: by its place in the mean, and by its score.
        var told = [Float](repeating: 0, count: steps)
        for image in 0..<batch {
            var mean: Float = 0
            for step in 0..<steps {
                let row = image * steps + step
                told[step] = 0
                for index in 0..<inputFeatures {
                    let outer = gradient[image * inputFeatures + index]
                    told[step] += outer * input[row * inputFeatures + index]
                    inputGradient[row * inputFeatures + index] = shares[row] * outer
                }
                mean += shares[row] * told[step]
            }
            for step in 0..<steps {
                let row = image * steps + step
                let scoreGradient = shares[row] * (told[step] - mean)
                for unit in 0..<units {
                    let active = activations[row * units + unit]
                    score.gradient[unit] += scoreGradient * active
                    activationGradient[row * units + unit] =
                        scoreGradient * score.value[unit] * (1 - active * active)
                }
            }
        }
        bias.gradient.setSumOfRows(of: activationGradient)
        let (weight, weightGradient) = (weight.value, weight.gradient)
        var weightTarget = weightGradient.mutableSpan
        BLAS.multiply(
            rows: units, columns: inputFeatures, inner: batch * steps,
            BLAS.Matrix(activationGradient.span, stride: units, isTransposed: true),
            BLAS.Matrix(input.span, stride: inputFeatures), into: &weightTarget, targetStride: inputFeatures)
        var target = inputGradient.mutableSpan
        BLAS.multiply(
            rows: batch * steps, columns: inputFeatures, inner: units,
            BLAS.Matrix(activationGradient.span, stride: units),
            BLAS.Matrix(weight.span, stride: inputFeatures), into: &target, targetStride: inputFeatures,
            accumulate: true)
        return inputGradient
    }

    /// Drops the input, what was scored, and the shares.
    package func forget() { (input, activations, shares) = (Tensor(), Tensor(), Tensor()) }

    /// The same mean.
    package func lower(_ input: ProgramValue, into program: inout ProgramBuilder) -> ProgramValue {
        precondition(input.features == inputFeatures, "\(input.shape)")
        let (weight, bias, score) = (weight.value, bias.value, score.value)
        return program.append([inputFeatures]) {
            AttentionStep(
                input, into: $0, weights: weight.elements, bias: bias.elements, score: score.elements)
        }
    }
}
