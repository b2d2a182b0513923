/// What a pass through a network shares among its layers: threads, scratch memory, and what kind of pass it is.
package final class Execution {
    /// The threads that share a batch.
    package let pool: ThreadPool
    /// True while training: batch statistics and dropout.
    package var isTraining = false
    /// False where no backward pass follows: no layer then holds on to what only that one needs.
    package var needsGradients = true
    /// Seeds dropout: a mask depends on the seed, the step, the layer and the image alone.
    package var seed: UInt64 = 0
    /// Counts training steps.
    package var step = 0
    /// The processes that train together, or nil where this one does alone.
    package var communicator: (any Communicator)?
    /// The part of the batch in work that is this rank's; nil where it has all of it.
    package var shared: SharedBatch?
    /// Told in a backward pass which gradients are ready, some of them more than once; nil where nobody wants to know.
    package var onGradients: (([Parameter]) -> Void)?
    /// The kernels in use.
    let kernels: Kernels
    /// Each channel's sums over what a convolution has just made, `[2, channels]`, for the normalisation whose turn is next, taken
    /// while the map was in the cache: of a map and its squares, or of a gradient and its products with the map.
    private var measured: (output: Tensor, sums: [Double])?
    private var scratch: [[Tensor]]
    private let memory = TensorMemory()

    /// Takes the threads, the kernels and the precision of products; where the processor lacks the kernels, the portable ones
    /// are used.
    package init(
        threads: Int = 1, kernels set: KernelSet = .best, precision: ProductPrecision = .float
    ) {
        pool = ThreadPool(threads: threads)
        kernels = Kernels(set, precision)
        scratch = (0..<pool.threads).map { _ in (0..<4).map { _ in Tensor([0]) } }
    }

    /// The most memory in bytes that the tensors of its passes took.
    package var tensorBytes: Int { memory.peak * MemoryLayout<Float>.stride }

    /// The memory in bytes that tensors of its passes have now.
    package var heldTensorBytes: Int { memory.held * MemoryLayout<Float>.stride }

    /// Gives the memory of tensors that are gone back to the system.
    package func releaseMemory() { memory.release() }

    /// A tensor for as long as somebody refers to it; its elements hold any numbers.
    func tensor(_ shape: [Int]) -> Tensor { Tensor(shape, in: memory) }

    /// The place in the whole batch of an image of this rank's part.
    func place(ofImage image: Int) -> Int { shared?.place(image) ?? image }

    /// Replaces sums over this rank's part of a batch by those over all of it, where the batch is shared; `count` images or
    /// rows become as many as the whole has.
    func sumOverRanks(_ sums: inout [Double], count: Int) -> Int {
        guard let communicator, let shared else { return count }
        communicator.sum(&sums)
        return count / shared.count * shared.total
    }

    /// Sums that the threads take over their parts of `0..<count`, added in the order of the threads.
    func sums(
        over count: Int, width: Int,
        _ body: (_ thread: Int, _ part: Range<Int>, _ sums: inout MutableSpan<Double>) -> Void
    ) -> [Double] {
        // Each thread has sums of its own.
        var sums = [[Double]](repeating: [Double](repeating: 0, count: width), count: pool.threads)
        sums.withUnsafeMutableBufferPointer { all in
            nonisolated(unsafe) let all = all
            pool.split(count) { thread, part in
                var own = all[thread].mutableSpan
                body(thread, part, &own)
            }
        }
        var total = sums[0]
        for other in sums.dropFirst() {
            for index in other.indices { total[index] += other[index] }
        }
        return total
    }

    /// Keeps the sums of a new map, or of its gradient, until the next layer asks for them.
    func keep(sums: [Double], of output: Tensor) { measured = (output, sums) }

    /// A map's or a gradient's sums where they are there; they are gone then.
    func takeSums(of output: Tensor) -> [Double]? {
        defer { measured = nil }
        return measured?.output === output ? measured?.sums : nil
    }

    /// Scratch memory of one thread, as large as was reserved before the threads ran; `slot` 0 to 3.
    func scratch(thread: Int, slot: Int) -> Tensor { scratch[thread][slot] }

    /// Makes a slot of every thread large enough.
    func reserve(slot: Int, count: Int) {
        for tensors in scratch where tensors[slot].count < count { tensors[slot].resize([count]) }
    }
}

/// One layer of a network: how it is trained, and which steps of a ``Program`` it becomes.
///
/// `backward` follows the `forward` whose activations it uses, and drops them: a layer holds on to no more of them than it
/// needs, and to nothing of what it returns unless it needs that, too.
package protocol Layer: AnyObject {
    /// The learned weights.
    var parameters: [Parameter] { get }
    /// Running statistics saved beside the weights.
    var statistics: [Statistic] { get }
    /// The layer's output for a batch.
    func forward(_ input: Tensor, _ execution: Execution) -> Tensor
    /// Takes the gradient of the loss for the output, sets the parameters' gradients (nothing is added to old
    /// ones), and returns the gradient for the input.
    func backward(_ gradient: Tensor, _ execution: Execution) -> Tensor
    /// Drops what the last forward pass kept for a backward pass.
    func forget()
    /// Appends its steps to a program that runs one image, outside training and with its present weights;
    /// returns the value that holds its output.
    func lower(_ input: ProgramValue, into program: inout ProgramBuilder) -> ProgramValue
}

extension Layer {
    /// No weights, unless said.
    package var parameters: [Parameter] { [] }
    /// No statistics, unless said.
    package var statistics: [Statistic] { [] }
    /// Nothing was kept, unless said.
    package func forget() {}
}
