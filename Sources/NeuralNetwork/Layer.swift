import CKernels

/// What a pass through a network shares among its layers: threads, scratch memory, and what kind of pass it is.
public final class Execution {
    /// The threads that share a batch.
    public let pool: ThreadPool
    /// True while training: batch statistics and dropout.
    public var isTraining = false
    /// Seeds dropout: a mask depends on the seed, the step, the layer and the image alone.
    public var seed: UInt64 = 0
    /// Counts training steps.
    public var step = 0
    /// The kernels in use.
    let kernels: network_kernels
    private var scratch: [[Tensor]]

    /// Takes the threads and the kernels; where the processor lacks those, the portable ones are used.
    public init(threads: Int = 1, kernels set: KernelSet = .best) {
        pool = ThreadPool(threads: threads)
        kernels = set.table ?? network_kernels_portable().pointee
        scratch = (0..<pool.threads).map { _ in (0..<4).map { _ in Tensor([0]) } }
    }

    /// Scratch memory of one thread, of at least `count` floats; `slot` 0 to 3. Call `reserve` before the threads run.
    func scratch(thread: Int, slot: Int) -> UnsafeMutablePointer<Float> { scratch[thread][slot].pointer }

    /// Makes a slot of every thread large enough.
    func reserve(slot: Int, count: Int) {
        for tensors in scratch where tensors[slot].count < count { tensors[slot].resize([count]) }
    }
}

/// One layer of a network that can be trained.
///
/// `backward` follows the `forward` whose saved activations it uses. Tensors returned belong to the layer and hold
/// until its next call.
public protocol Layer: AnyObject {
    /// The learned weights.
    var parameters: [Parameter] { get }
    /// Running statistics saved beside the weights.
    var statistics: [Statistic] { get }
    /// The layer's output for a batch.
    func forward(_ input: Tensor, _ execution: Execution) -> Tensor
    /// Takes the loss's gradient for the output, adds nothing to but sets the parameters' gradients, and returns the
    /// gradient for the input.
    func backward(_ gradient: Tensor, _ execution: Execution) -> Tensor
}

extension Layer {
    /// No weights, unless said.
    public var parameters: [Parameter] { [] }
    /// No statistics, unless said.
    public var statistics: [Statistic] { [] }
}

/// Layers one after another.
public final class Sequential: Layer {
    /// The layers in the order of the forward pass.
    public let layers: [any Layer]

    /// Takes the layers in the order of the forward pass.
    public init(_ layers: [any Layer]) { self.layers = layers }

    /// The layers' weights, first layer first.
    public var parameters: [Parameter] { layers.flatMap { $0.parameters } }
    /// The layers' statistics, first layer first.
    public var statistics: [Statistic] { layers.flatMap { $0.statistics } }

    /// Passes a batch through all layers.
    public func forward(_ input: Tensor, _ execution: Execution) -> Tensor {
        var output = input
        for layer in layers { output = layer.forward(output, execution) }
        return output
    }

    /// Passes the gradient through all layers, last layer first.
    public func backward(_ gradient: Tensor, _ execution: Execution) -> Tensor {
        var result = gradient
        for layer in layers.reversed() { result = layer.backward(result, execution) }
        return result
    }
}

/// A residual block: `relu(body(x) + shortcut(x))` (He et al., 2016); the shortcut is the identity where nil.
public final class Residual: Layer {
    /// The layers on the main path.
    public let body: Sequential
    /// The layers beside it, a 1×1 convolution where the number of channels changes.
    public let shortcut: Sequential?
    private let output = Tensor()
    private let sumGradient = Tensor()
    private let inputGradient = Tensor()

    /// Takes both paths.
    public init(body: Sequential, shortcut: Sequential?) {
        self.body = body
        self.shortcut = shortcut
    }

    /// The weights of the body, then of the shortcut.
    public var parameters: [Parameter] { body.parameters + (shortcut?.parameters ?? []) }
    /// The statistics of the body, then of the shortcut.
    public var statistics: [Statistic] { body.statistics + (shortcut?.statistics ?? []) }

    /// `[batch, channels, height, width]` to the same but for the number of channels.
    public func forward(_ input: Tensor, _ execution: Execution) -> Tensor {
        let main = body.forward(input, execution)
        let side = shortcut?.forward(input, execution) ?? input
        output.resize(main.shape)
        execution.pool.split(main.count / 8) { _, part in
            let start = part.lowerBound * 8
            execution.kernels.add_relu(
                main.pointer + start, side.pointer + start, part.count * 8, output.pointer + start)
        }
        let done = main.count / 8 * 8
        execution.kernels.add_relu(
            main.pointer + done, side.pointer + done, main.count - done, output.pointer + done)
        return output
    }

    /// The gradient for the input: the sum over both paths.
    public func backward(_ gradient: Tensor, _ execution: Execution) -> Tensor {
        sumGradient.resize(gradient.shape)
        execution.pool.split(gradient.count) { _, part in
            let start = part.lowerBound
            execution.kernels.relu_gradient(
                gradient.pointer + start, output.pointer + start, part.count, sumGradient.pointer + start)
        }
        let main = body.backward(sumGradient, execution)
        let side = shortcut?.backward(sumGradient, execution) ?? sumGradient
        inputGradient.resize(main.shape)
        execution.pool.split(main.count) { _, part in
            for index in part { inputGradient.pointer[index] = main.pointer[index] + side.pointer[index] }
        }
        return inputGradient
    }
}
