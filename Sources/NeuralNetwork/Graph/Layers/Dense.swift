/// A fully connected layer: `y = x Wᵀ + b`.
public final class Dense: Layer {
    /// Input features.
    public let inputFeatures: Int
    /// Output features.
    public let outputFeatures: Int
    /// `[out, in]`.
    public let weight: Parameter
    /// `[out]`.
    public let bias: Parameter
    private var input = Tensor()
    private let output = Tensor()
    private let inputGradient = Tensor()

    /// Makes the layer; its weights are zero until initialised. `flattenedChannels` says that its input is a flattened
    /// map of so many channels, so that its weight is saved in PyTorch's order.
    public init(name: String, inputFeatures: Int, outputFeatures: Int, flattenedChannels: Int? = nil) {
        self.inputFeatures = inputFeatures
        self.outputFeatures = outputFeatures
        weight = Parameter(
            name: "\(name).weight", shape: [outputFeatures, inputFeatures],
            layout: flattenedChannels.map { .flattenedMap(channels: $0) } ?? .plain, decays: true)
        bias = Parameter(name: "\(name).bias", shape: [outputFeatures], decays: false)
    }

    /// Weight, then bias.
    public var parameters: [Parameter] { [weight, bias] }

    /// `[batch, …]` with `in` values an image to `[batch, out]`.
    public func forward(_ input: Tensor, _ execution: Execution) -> Tensor {
        self.input = input
        let batch = input.shape[0]
        precondition(input.count == batch * inputFeatures, "\(input.shape)")
        output.resize([batch, outputFeatures])
        for row in 0..<batch {
            (output.pointer + row * outputFeatures).update(from: bias.value.pointer, count: outputFeatures)
        }
        BLAS.multiply(
            m: batch, n: outputFeatures, k: inputFeatures, input.pointer, lda: inputFeatures,
            weight.value.pointer,
            ldb: inputFeatures, transposeB: true, into: output.pointer, ldc: outputFeatures, accumulate: true)
        return output
    }

    /// Sets the gradients of weight and bias, and returns the gradient for the input.
    public func backward(_ gradient: Tensor, _ execution: Execution) -> Tensor {
        let batch = input.shape[0]
        inputGradient.resize(input.shape)
        BLAS.multiply(
            m: outputFeatures, n: inputFeatures, k: batch, gradient.pointer, lda: outputFeatures,
            transposeA: true,
            input.pointer, ldb: inputFeatures, into: weight.gradient.pointer, ldc: inputFeatures)
        bias.gradient.fill(0)
        for row in 0..<batch {
            for column in 0..<outputFeatures {
                bias.gradient.pointer[column] += gradient.pointer[row * outputFeatures + column]
            }
        }
        BLAS.multiply(
            m: batch, n: inputFeatures, k: outputFeatures, gradient.pointer, lda: outputFeatures,
            weight.value.pointer, ldb: inputFeatures, into: inputGradient.pointer, ldc: inputFeatures)
        return inputGradient
    }

    /// A product of one row.
    public func lower(_ input: ProgramValue, into program: inout ProgramBuilder) -> ProgramValue {
        precondition(input.count == inputFeatures, "\(input.shape)")
        let (weight, bias) = (weight.value, bias.value)
        return program.append([outputFeatures]) {
            DenseStep(input, into: $0, weights: weight.span, bias: bias.span)
        }
    }
}

/// The rectified linear unit, `max(0, x)`.
public final class ReLU: Layer {
    private let output = Tensor()
    private let inputGradient = Tensor()

    /// Makes the layer.
    public init() {}

    /// Any shape, unchanged.
    public func forward(_ input: Tensor, _ execution: Execution) -> Tensor {
        output.resize(input.shape)
        for index in 0..<input.count { output.pointer[index] = max(0, input.pointer[index]) }
        return output
    }

    /// The gradient where the output is positive.
    public func backward(_ gradient: Tensor, _ execution: Execution) -> Tensor {
        inputGradient.resize(gradient.shape)
        execution.kernels.relu_gradient(
            gradient.pointer, output.pointer, gradient.count, inputGradient.pointer)
        return inputGradient
    }

    /// Part of what comes before it where that can take it in.
    public func lower(_ input: ProgramValue, into program: inout ProgramBuilder) -> ProgramValue {
        Self.lower(input, into: &program)
    }

    /// The same for layers that end with a ReLU.
    static func lower(_ input: ProgramValue, into program: inout ProgramBuilder) -> ProgramValue {
        if program.absorb(.relu, into: input) { return input }
        return program.append(input.shape) { ReLUStep(input: input, output: $0) }
    }
}
