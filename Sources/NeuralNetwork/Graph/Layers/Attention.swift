import Foundation

/// Attention over the steps of a sequence: their mean, each weighed by how much it says (Yang et al., 2016, after
/// Bahdanau et al., 2015).
///
/// A step's score is `v · tanh(W x + b)`; the scores' softmax over the steps gives the weights.
public final class StepAttention: Layer {
    /// Features of each step.
    public let inputFeatures: Int
    /// Units of the layer that scores.
    public let units: Int
    /// `W`, `[units, in]`.
    public let weight: Parameter
    /// `b`, `[units]`.
    public let bias: Parameter
    /// `v`, `[1, units]`.
    public let score: Parameter

    private var input = Tensor()
    private let output = Tensor()
    private let inputGradient = Tensor()
    /// `[batch · steps, units]`.
    private let activations = Tensor()
    private let activationGradient = Tensor()
    /// The steps' weights, `[batch, steps]`.
    private let shares = Tensor()

    /// Makes the layer; its weights are zero until initialised.
    public init(name: String, inputFeatures: Int, units: Int) {
        self.inputFeatures = inputFeatures
        self.units = units
        weight = Parameter(name: "\(name).weight", shape: [units, inputFeatures], decays: true)
        bias = Parameter(name: "\(name).bias", shape: [units], decays: false)
        score = Parameter(name: "\(name).score.weight", shape: [1, units], decays: true)
    }

    /// Those of the layer that scores, then `v`.
    public var parameters: [Parameter] { [weight, bias, score] }

    /// `[batch, steps, features]` to `[batch, features]`.
    public func forward(_ input: Tensor, _ execution: Execution) -> Tensor {
        precondition(input.shape.count == 3 && input.shape[2] == inputFeatures, "\(input.shape)")
        self.input = input
        let (batch, steps) = (input.shape[0], input.shape[1])
        activations.resize([batch * steps, units])
        shares.resize([batch, steps])
        output.resize([batch, inputFeatures])
        output.fill(0)
        execution.pool.split(batch) { _, images in
            let rows = images.lowerBound * steps..<images.upperBound * steps
            let hidden = activations.pointer + rows.lowerBound * units
            for row in 0..<rows.count {
                (hidden + row * units).update(from: bias.value.pointer, count: units)
            }
            BLAS.multiply(
                m: rows.count, n: units, k: inputFeatures, input.pointer + rows.lowerBound * inputFeatures,
                lda: inputFeatures, weight.value.pointer, ldb: inputFeatures, transposeB: true, into: hidden,
                ldc: units, accumulate: true)
            for index in 0..<rows.count * units { hidden[index] = tanh(hidden[index]) }
            for image in images {
                let weights = shares.pointer + image * steps
                for step in 0..<steps {
                    let row = activations.pointer + (image * steps + step) * units
                    weights[step] = (0..<units).reduce(Float(0)) { $0 + row[$1] * score.value.pointer[$1] }
                }
                SoftmaxCrossEntropy.softmax(weights, count: steps, into: weights)
                let target = output.pointer + image * inputFeatures
                for step in 0..<steps {
                    let source = input.pointer + (image * steps + step) * inputFeatures
                    for index in 0..<inputFeatures { target[index] += weights[step] * source[index] }
                }
            }
        }
        return output
    }

    /// Sets the gradients of all weights, and returns the gradient for the input.
    public func backward(_ gradient: Tensor, _ execution: Execution) -> Tensor {
        let (batch, steps) = (input.shape[0], input.shape[1])
        inputGradient.resize(input.shape)
        activationGradient.resize([batch * steps, units])
        score.gradient.fill(0)
        bias.gradient.fill(0)
        // A step's gradient has two parts: by its place in the mean, and by its score.
        for image in 0..<batch {
            let from = gradient.pointer + image * inputFeatures
            let weights = shares.pointer + image * steps
            var told = [Float](repeating: 0, count: steps)
            for step in 0..<steps {
                let start = (image * steps + step) * inputFeatures
                for index in 0..<inputFeatures {
                    told[step] += from[index] * input.pointer[start + index]
                    inputGradient.pointer[start + index] = weights[step] * from[index]
                }
            }
            let mean = (0..<steps).reduce(Float(0)) { $0 + weights[$1] * told[$1] }
            for step in 0..<steps {
                let scoreGradient = weights[step] * (told[step] - mean)
                let row = (image * steps + step) * units
                for unit in 0..<units {
                    let active = activations.pointer[row + unit]
                    score.gradient.pointer[unit] += scoreGradient * active
                    let through = scoreGradient * score.value.pointer[unit] * (1 - active * active)
                    activationGradient.pointer[row + unit] = through
                    bias.gradient.pointer[unit] += through
                }
            }
        }
        BLAS.multiply(
            m: units, n: inputFeatures, k: batch * steps, activationGradient.pointer, lda: units,
            transposeA: true, input.pointer, ldb: inputFeatures, into: weight.gradient.pointer,
            ldc: inputFeatures)
        BLAS.multiply(
            m: batch * steps, n: inputFeatures, k: units, activationGradient.pointer, lda: units,
            weight.value.pointer, ldb: inputFeatures, into: inputGradient.pointer, ldc: inputFeatures,
            accumulate: true)
        return inputGradient
    }

    /// The same mean.
    public func lower(_ input: ProgramValue, into program: inout ProgramBuilder) -> ProgramValue {
        precondition(input.features == inputFeatures, "\(input.shape)")
        let (weight, bias, score) = (weight.value, bias.value, score.value)
        return program.append([inputFeatures]) {
            AttentionStep(
                input, into: $0, weights: weight.elements, bias: bias.elements, score: score.elements)
        }
    }
}
