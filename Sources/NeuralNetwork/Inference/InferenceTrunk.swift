import CKernels

/// A trained trunk made ready for one image at a time: normalisation folded into convolution, sums and ReLU fused, no
/// allocation.
///
/// Immutable after `init`, so that threads can share it; each brings its own ``InferenceMemory``.
public final class InferenceTrunk: @unchecked Sendable {
    private enum Step {
        case convolution(FoldedConvolution)
        /// First and second convolution of the body, and the one beside it.
        case residual(FoldedConvolution, FoldedConvolution, FoldedConvolution)
        case maxPool(height: Int, width: Int, channels: Int)
    }

    /// Height of the last map.
    public let height: Int
    /// Width of the last map.
    public let width: Int
    /// Channels of the last map.
    public let channels: Int
    let activationCount: Int
    let scratchCount: Int
    let kernels: network_kernels
    private let steps: [Step]

    /// Folds a trunk of convolutions with normalisation, pooling, dropout (which is left out) and residual blocks, as
    /// ``Convolution2D``, ``BatchNormalization2D``, ``MaxPool2D``, ``Dropout`` and ``Residual`` make it.
    public init(_ trunk: Sequential, height: Int, width: Int, channels: Int, kernels set: KernelSet = .best) {
        let execution = Execution(kernels: set)
        kernels = execution.kernels
        var steps: [Step] = []
        var (height, width, channels) = (height, width, channels)
        var (activations, scratch) = (height * width * channels, 0)
        func fold(_ layers: ArraySlice<any Layer>, relu: Bool) -> FoldedConvolution {
            guard layers.count == 2, let convolution = layers.first as? Convolution2D,
                let normalization = layers.last as? BatchNormalization2D
            else {
                preconditionFailure("a trunk is made of convolutions, each followed by its normalisation")
            }
            let folded = FoldedConvolution(
                convolution, normalization, height: height, width: width, relu: relu || normalization.relu,
                execution)
            activations = max(activations, folded.outputCount)
            scratch = max(scratch, folded.scratchCount)
            return folded
        }
        var rest = trunk.layers[...]
        while let layer = rest.first {
            if layer is Convolution2D {
                let folded = fold(rest.prefix(2), relu: false)
                steps.append(.convolution(folded))
                channels = folded.outputChannels
                if (rest.dropFirst().first as? BatchNormalization2D)?.pools == true {
                    steps.append(.maxPool(height: height, width: width, channels: channels))
                    (height, width) = (height / 2, width / 2)
                }
                rest = rest.dropFirst(2)
                continue
            }
            if let block = layer as? Residual, let shortcut = block.shortcut {
                let first = fold(block.body.layers[..<2], relu: false)
                let second = fold(block.body.layers[2...], relu: true)
                steps.append(.residual(first, second, fold(shortcut.layers[...], relu: false)))
                channels = second.outputChannels
            } else if layer is MaxPool2D {
                steps.append(.maxPool(height: height, width: width, channels: channels))
                (height, width) = (height / 2, width / 2)
            } else if !(layer is Dropout) {
                preconditionFailure("no inference for \(type(of: layer))")
            }
            rest = rest.dropFirst()
        }
        self.steps = steps
        self.height = height
        self.width = width
        self.channels = channels
        activationCount = activations
        scratchCount = scratch
    }

    /// The map of one image: `[1, channels, height, width]`, channels-last, in memory that holds until the next call
    /// with the same `memory`.
    public func apply(_ memory: InferenceMemory) -> UnsafePointer<Float> {
        var (current, other, third) = (memory.input, memory.second, memory.third)
        for step in steps {
            switch step {
            case .convolution(let convolution):
                convolution.apply(current, residual: nil, scratch: memory.scratch, into: other)
                swap(&current, &other)
            case .residual(let first, let second, let shortcut):
                first.apply(current, residual: nil, scratch: memory.scratch, into: other)
                shortcut.apply(current, residual: nil, scratch: memory.scratch, into: third)
                second.apply(other, residual: third, scratch: memory.scratch, into: current)
            case .maxPool(let height, let width, let channels):
                kernels.max_pool(current, height, width, channels, other)
                swap(&current, &other)
            }
        }
        return UnsafePointer(current)
    }
}

/// What one thread needs to run an ``InferenceTrunk`` and what follows it.
public final class InferenceMemory {
    /// Where the image goes: `[1, channels, height, width]`, channels-last.
    public let input: UnsafeMutablePointer<Float>
    let second: UnsafeMutablePointer<Float>
    let third: UnsafeMutablePointer<Float>
    let scratch: UnsafeMutablePointer<Float>
    private let tensors: [Tensor]

    /// Takes memory for one trunk.
    public init(for trunk: InferenceTrunk) {
        tensors = (0..<3).map { _ in Tensor([trunk.activationCount]) } + [Tensor([trunk.scratchCount])]
        (input, second, third) = (tensors[0].pointer, tensors[1].pointer, tensors[2].pointer)
        scratch = tensors[3].pointer
    }
}
