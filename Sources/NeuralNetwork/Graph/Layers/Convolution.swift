/// A two-dimensional convolution, stride 1, zero padding that keeps the size (kernel size odd).
///
/// 3×3 kernels with channels in multiples of 8 go through Winograd's minimal filtering (Lavin and Gray, 2016), others
/// through products that gather the inputs under the kernel (im2col without the copy, Dukhan, 2019).
package final class Convolution2D: Layer {
    /// What its parameters' names begin with.
    package let name: String
    /// Input channels.
    package let inputChannels: Int
    /// Output channels.
    package let outputChannels: Int
    /// Height and width of the kernel.
    package let kernelSize: Int
    /// `[out, in, kernel, kernel]`.
    package let weight: Parameter
    /// `[out]`, or nil for a convolution that normalisation follows.
    package let bias: Parameter?
    /// False for a first layer, whose input needs no gradient.
    package var needsInputGradient = true
    /// Floats of a transform that are worked on at a time, so that they stay in the cache.
    static let blockFloats = 192 * 1024
    /// The same where the weight's transform has more floats than `largeWeight`: with each block the sums of its gradient,
    /// megabytes in layers with many channels, are read and written once.
    static let largeBlockFloats = 512 * 1024
    static let largeWeight = 512 * 1024

    private(set) var input = Tensor()
    /// Scale and shift of a normalisation with ReLU that this layer does itself to what it reads; nil for none.
    private(set) var activation: (scale: Tensor, shift: Tensor)?
    /// The weight's transform, turned round for the backward pass.
    var transposed = Tensor()

    /// Makes the layer; its weights are zero until initialised.
    package init(
        name: String, inputChannels: Int, outputChannels: Int, kernelSize: Int = 3, bias hasBias: Bool = false
    ) {
        precondition(kernelSize % 2 == 1 && inputChannels > 0 && outputChannels > 0)
        self.name = name
        self.inputChannels = inputChannels
        self.outputChannels = outputChannels
        self.kernelSize = kernelSize
        weight = Parameter(
            name: "\(name).weight", shape: [kernelSize, kernelSize, inputChannels, outputChannels],
            layout: .convolution, decays: true)
        bias = hasBias ? Parameter(name: "\(name).bias", shape: [outputChannels], decays: false) : nil
    }

    /// The weight, then the bias where there is one.
    package var parameters: [Parameter] { [weight] + (bias.map { [$0] } ?? []) }

    /// Whether an input of this many channels goes through Winograd's algorithm.
    var isWinograd: Bool { kernelSize == 3 && inputChannels % 8 == 0 && outputChannels % 8 == 0 }

    /// `[batch, in, height, width]` to `[batch, out, height, width]`.
    package func forward(_ input: Tensor, _ execution: Execution) -> Tensor {
        forward(input, activatedBy: nil, execution)
    }

    /// The same behind a normalisation with ReLU, whose input this is and which was prepared for it: Winograd's transform reads
    /// each value so often from the cache that its output need not be made. What the backward pass returns is the gradient for
    /// that output.
    func forward(
        _ input: Tensor, activatedBy normalization: BatchNormalization2D?, _ execution: Execution
    ) -> Tensor {
        precondition(normalization == nil || isWinograd)
        activation = normalization.map { ($0.scale, $0.shift) }
        precondition(input.shape.count == 4 && input.shape[3] == inputChannels, "\(input.shape)")
        self.input = input
        let output = execution.tensor([input.shape[0], input.shape[1], input.shape[2], outputChannels])
        let sums =
            if isWinograd {
                forwardWinograd(into: output, execution)
            } else if kernelSize == 1 {
                forwardPointwise(into: output, execution)
            } else {
                forwardGathered(into: output, execution)
            }
        if measures(execution) { execution.keep(sums: sums, of: output) }
        return output
    }

    /// Sets the weight's gradient, and returns the gradient for the input.
    package func backward(_ gradient: Tensor, _ execution: Execution) -> Tensor {
        backward(.whole(gradient), addingTo: nil, execution)
    }

    /// The same; with a kernel of one pixel the gradient for the input can be added to another branch's.
    func backward(_ gradient: MapGradient, addingTo sum: Tensor?, _ execution: Execution) -> Tensor {
        precondition(sum == nil || kernelSize == 1 && sum?.shape == input.shape)
        let inputGradient = sum ?? execution.tensor(input.shape)
        let weights =
            isWinograd
            ? winograd(execution).count(inputChannels, outputChannels) : weight.value.count
        let partial = (0..<execution.pool.threads).map { _ in execution.tensor([weights]) }
        let images = input.shape[0]
        execution.pool.onEachThread { thread in
            // Winograd's products set what the first images give.
            if !isWinograd || execution.pool.part(thread, of: images).isEmpty { partial[thread].fill(0) }
        }
        let whole = isWinograd && bias == nil ? nil : gradient.tensor(execution)
        if isWinograd {
            let gradient = whole.map(MapGradient.whole) ?? gradient
            backwardWinograd(gradient, into: inputGradient, partial, execution)
        } else if let whole, kernelSize == 1 {
            backwardPointwise(whole, into: inputGradient, adding: sum != nil, partial, execution)
        } else if let whole {
            backwardGathered(whole, into: inputGradient, partial, execution)
        }
        if let bias, let whole { bias.gradient.setSumOfRows(of: whole) }
        forget()
        return inputGradient
    }

    /// Whether the output's sums are taken while it is made: without a bias a normalisation follows.
    func measures(_ execution: Execution) -> Bool { execution.isTraining && bias == nil }

    /// Takes the sums over some images of the output, where they are wanted.
    func measure(
        _ output: Tensor, _ images: Range<Int>, _ execution: Execution, into sums: inout MutableSpan<Double>
    ) {
        guard measures(execution) else { return }
        let pixels = input.shape[1] * input.shape[2]
        execution.kernels.channelSums(
            output.span, rows: images.lowerBound * pixels..<images.upperBound * pixels,
            channels: outputChannels, into: &sums)
    }

    /// Drops the input and the weight's transform.
    package func forget() { (input, transposed, activation) = (Tensor(), Tensor(), nil) }

    /// Adds the threads' sums into the first, always in the order of the threads.
    func sum(_ partial: [Tensor], _ execution: Execution) -> Tensor {
        for other in partial[1...] { partial[0].setSum(partial[0], other, execution.pool) }
        return partial[0]
    }

    // MARK: Inference

    /// A convolution that takes in what follows it.
    package func lower(_ input: ProgramValue, into program: inout ProgramBuilder) -> ProgramValue {
        precondition(input.shape.count == 3 && input.features == inputChannels, "\(input.shape)")
        return program.append([input.shape[0], input.shape[1], outputChannels]) {
            ConvolutionDraft(
                name, input, into: $0, kernelSize: kernelSize, weights: weight.value.elements,
                bias: bias?.value.elements)
        }
    }
}
