/// A fully connected layer: `y = x Wᵀ + b`.
package final class Dense: Layer {
    /// Input features.
    package let inputFeatures: Int
    /// Output features.
    package let outputFeatures: Int
    /// `[out, in]`.
    package let weight: Parameter
    /// `[out]`.
    package let bias: Parameter
    private var input = Tensor()

    /// Makes the layer; its weights are zero until initialised. `flattenedChannels` says that its input is a flattened
    /// map of so many channels, so that its weight is saved in PyTorch's order.
    package init(name: String, inputFeatures: Int, outputFeatures: Int, flattenedChannels: Int? = nil) {
        self.inputFeatures = inputFeatures
        self.outputFeatures = outputFeatures
        weight = Parameter(
            name: "\(name).weight", shape: [outputFeatures, inputFeatures],
            layout: flattenedChannels.map { .flattenedMap(channels: $0) } ?? .plain, decays: true)
        bias = Parameter(name: "\(name).bias", shape: [outputFeatures], decays: false)
    }

    /// Weight, then bias.
    package var parameters: [Parameter] { [weight, bias] }

    /// `[batch, …]` with `in` values an image to `[batch, out]`.
    package func forward(_ input: Tensor, _ execution: Execution) -> Tensor {
        self.input = input
        let batch = input.shape[0]
        precondition(input.count == batch * inputFeatures, "\(input.shape)")
        let (output, weight) = (execution.tensor([batch, outputFeatures]), weight.value)
        output.fillRows(with: bias.value)
        var target = output.mutableSpan
        BLAS.multiply(
            rows: batch, columns: outputFeatures, inner: inputFeatures,
            BLAS.Matrix(input.span, stride: inputFeatures),
            BLAS.Matrix(weight.span, stride: inputFeatures, isTransposed: true), into: &target,
            targetStride: outputFeatures, accumulate: true)
        return output
    }

    /// Sets the gradients of weight and bias, and returns the gradient for the input.
    package func backward(_ gradient: Tensor, _ execution: Execution) -> Tensor {
        let input = self.input
        forget()
        let batch = input.shape[0]
        let inputGradient = execution.tensor(input.shape)
        let (weight, weightGradient) = (weight.value, weight.gradient)
        var weightTarget = weightGradient.mutableSpan
        BLAS.multiply(
            rows: outputFeatures, columns: inputFeatures, inner: batch,
            BLAS.Matrix(gradient.span, stride: outputFeatures, isTransposed: true),
            BLAS.Matrix(input.span, stride: inputFeatures), into: &weightTarget, targetStride: inputFeatures)
        bias.gradient.setSumOfRows(of: gradient)
        var inputTarget = inputGradient.mutableSpan
        BLAS.multiply(
            rows: batch, columns: inputFeatures, inner: outputFeatures,
            BLAS.Matrix(gradient.span, stride: outputFeatures),
            BLAS.Matrix(weight.span, stride: inputFeatures), into: &inputTarget, targetStride: inputFeatures)
        return inputGradient
    }

    /// Drops the input.
    package func forget() { input = Tensor() }

    /// A product of one row.
    package func lower(_ input: ProgramValue, into program: inout ProgramBuilder) -> ProgramValue {
        precondition(input.count == inputFeatures, "\(input.shape)")
        let (weight, bias) = (weight.value, bias.value)
        return program.append([outputFeatures]) {
            DenseStep(input, into: $0, weights: weight.span, bias: bias.span)
        }
    }
}

/// The rectified linear unit, `max(0, x)`.
package final class ReLU: Layer {
    private var output = Tensor()

    /// Makes the layer.
    package init() {}

    /// Any shape, unchanged.
    package func forward(_ input: Tensor, _ execution: Execution) -> Tensor {
        output = execution.tensor(input.shape)
        for index in 0..<input.count { output[index] = max(0, input[index]) }
        return output
    }

    /// The gradient where the output is positive.
    package func backward(_ gradient: Tensor, _ execution: Execution) -> Tensor {
        let (output, inputGradient) = (self.output, execution.tensor(gradient.shape))
        forget()
        var target = inputGradient.mutableSpan
        execution.kernels.reluGradient(
            gradient.span, output: output.span, 0..<gradient.count, into: &target)
        return inputGradient
    }

    /// Drops the output.
    package func forget() { output = Tensor() }

    /// Fused into the step before it where that step can do so; else a step of its own.
    package func lower(_ input: ProgramValue, into program: inout ProgramBuilder) -> ProgramValue {
        Self.lower(input, into: &program)
    }

    /// Appends a ReLU, fused into the step that writes `input` where possible; for layers that end with one.
    static func lower(_ input: ProgramValue, into program: inout ProgramBuilder) -> ProgramValue {
        if program.absorb(.relu, into: input) { return input }
        return program.append(input.shape) { ReLUStep(input: input, output: $0) }
    }
}
