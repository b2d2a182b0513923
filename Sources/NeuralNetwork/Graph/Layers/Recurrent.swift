/// A long short-term memory (Hochreiter and Schmidhuber, 1997) that reads a sequence from its first step to its last,
/// with PyTorch's parameters: `weight_ih_l0`, …, gates in the order input, forget, cell, output.
public final class LSTM: Layer {
    /// Features of each step of the input.
    public let inputFeatures: Int
    /// Its cells.
    public let hidden: Int
    private let direction: LSTMDirection
    private var input = Tensor()
    private let output = Tensor()
    private let inputGradient = Tensor()

    /// Makes the layer; its weights are zero until initialised.
    public init(name: String, inputFeatures: Int, hidden: Int) {
        self.inputFeatures = inputFeatures
        self.hidden = hidden
        direction = LSTMDirection(
            name: name, suffix: "", inputFeatures: inputFeatures, hidden: hidden, isReversed: false)
    }

    /// Weights for the input and the state, then their biases.
    public var parameters: [Parameter] { direction.parameters }

    /// `[batch, steps, features]`, or `[batch, channels, height, width]` read cell by cell, row by row, to
    /// `[batch, steps, hidden]`.
    public func forward(_ input: Tensor, _ execution: Execution) -> Tensor {
        self.input = input
        let batch = input.shape[0]
        let steps = input.count / (batch * inputFeatures)
        output.resize([batch, steps, hidden])
        direction.prepare(batch: batch, steps: steps)
        execution.pool.split(batch) { _, images in
            direction.forward(
                input.pointer, images, steps, into: output.pointer, stride: hidden, execution)
        }
        return output
    }

    /// Sets the gradients of all weights, and returns the gradient for the input.
    public func backward(_ gradient: Tensor, _ execution: Execution) -> Tensor {
        inputGradient.resize(input.shape)
        let batch = input.shape[0]
        let steps = input.count / (batch * inputFeatures)
        direction.prepareBackward(batch: batch, threads: execution.pool.threads)
        execution.pool.split(batch) { thread, images in
            direction.backward(
                gradient.pointer, output.pointer, stride: hidden, input.pointer, images, steps, thread,
                into: inputGradient.pointer, accumulate: false, execution)
        }
        direction.collect(threads: execution.pool.threads)
        return inputGradient
    }

    /// The weights packed for one sequence at a time.
    public func lower(_ input: ProgramValue, into program: inout ProgramBuilder) -> ProgramValue {
        precondition(input.features == inputFeatures, "\(input.shape)")
        return program.append([input.cells, hidden]) {
            LSTMDraft(input: input, output: $0, hidden: hidden, directions: [direction.lowered])
        }
    }
}

/// Two ``LSTM`` that read a sequence in both directions (Schuster and Paliwal, 1997), with PyTorch's parameters:
/// `weight_ih_l0`, …, `_reverse` for the backward direction.
public final class BidirectionalLSTM: Layer {
    /// Features of each step of the input.
    public let inputFeatures: Int
    /// Cells of each direction.
    public let hidden: Int
    /// The direction that reads from the first step to the last.
    let forwardDirection: LSTMDirection
    /// The direction that reads from the last step to the first.
    let backwardDirection: LSTMDirection
    private var input = Tensor()
    private let output = Tensor()
    private let inputGradient = Tensor()

    /// Makes the layer; its weights are zero until initialised.
    public init(name: String, inputFeatures: Int, hidden: Int) {
        self.inputFeatures = inputFeatures
        self.hidden = hidden
        forwardDirection = LSTMDirection(
            name: name, suffix: "", inputFeatures: inputFeatures, hidden: hidden, isReversed: false)
        backwardDirection = LSTMDirection(
            name: name, suffix: "_reverse", inputFeatures: inputFeatures, hidden: hidden, isReversed: true)
    }

    /// The forward direction's weights, then the backward's.
    public var parameters: [Parameter] { forwardDirection.parameters + backwardDirection.parameters }

    /// `[batch, steps, features]`, or `[batch, channels, height, width]` read cell by cell, row by row, to
    /// `[batch, steps, 2 · hidden]`.
    public func forward(_ input: Tensor, _ execution: Execution) -> Tensor {
        self.input = input
        let batch = input.shape[0]
        let steps = input.count / (batch * inputFeatures)
        output.resize([batch, steps, 2 * hidden])
        for (index, direction) in [forwardDirection, backwardDirection].enumerated() {
            direction.prepare(batch: batch, steps: steps)
            execution.pool.split(batch) { _, images in
                direction.forward(
                    input.pointer, images, steps, into: output.pointer + index * hidden, stride: 2 * hidden,
                    execution)
            }
        }
        return output
    }

    /// Sets the gradients of all weights, and returns the gradient for the input.
    public func backward(_ gradient: Tensor, _ execution: Execution) -> Tensor {
        inputGradient.resize(input.shape)
        let batch = input.shape[0]
        let steps = input.count / (batch * inputFeatures)
        for (index, direction) in [forwardDirection, backwardDirection].enumerated() {
            direction.prepareBackward(batch: batch, threads: execution.pool.threads)
            execution.pool.split(batch) { thread, images in
                direction.backward(
                    gradient.pointer + index * hidden, output.pointer + index * hidden, stride: 2 * hidden,
                    input.pointer, images, steps, thread, into: inputGradient.pointer, accumulate: index == 1,
                    execution)
            }
            direction.collect(threads: execution.pool.threads)
        }
        return inputGradient
    }

    /// The weights packed for one sequence at a time.
    public func lower(_ input: ProgramValue, into program: inout ProgramBuilder) -> ProgramValue {
        precondition(input.features == inputFeatures, "\(input.shape)")
        return program.append([input.cells, 2 * hidden]) {
            LSTMDraft(
                input: input, output: $0, hidden: hidden,
                directions: [forwardDirection.lowered, backwardDirection.lowered])
        }
    }
}

/// What an ``LSTM`` does, and each direction of a ``BidirectionalLSTM``.
final class LSTMDirection {
    let inputFeatures: Int
    let hidden: Int
    let isReversed: Bool
    /// `[4 · hidden, in]`.
    let inputWeight: Parameter
    /// `[4 · hidden, hidden]`.
    let hiddenWeight: Parameter
    /// `[4 · hidden]`, added to the input's share.
    let inputBias: Parameter
    /// `[4 · hidden]`, added to the hidden state's share; its gradient equals the other's.
    let hiddenBias: Parameter

    private let gates = Tensor()
    private let cells = Tensor()
    private let cellGradient = Tensor()
    private let outputGradient = Tensor()
    private let previous = Tensor()
    private var partials: [[Tensor]] = []

    init(name: String, suffix: String, inputFeatures: Int, hidden: Int, isReversed: Bool) {
        self.inputFeatures = inputFeatures
        self.hidden = hidden
        self.isReversed = isReversed
        inputWeight = Parameter(
            name: "\(name).weight_ih_l0\(suffix)", shape: [4 * hidden, inputFeatures], decays: true)
        hiddenWeight = Parameter(
            name: "\(name).weight_hh_l0\(suffix)", shape: [4 * hidden, hidden], decays: true)
        inputBias = Parameter(name: "\(name).bias_ih_l0\(suffix)", shape: [4 * hidden], decays: false)
        hiddenBias = Parameter(name: "\(name).bias_hh_l0\(suffix)", shape: [4 * hidden], decays: false)
    }

    var parameters: [Parameter] { [inputWeight, hiddenWeight, inputBias, hiddenBias] }

    func prepare(batch: Int, steps: Int) {
        gates.resize([batch, steps, 4 * hidden])
        cells.resize([batch, steps, hidden])
    }

    func prepareBackward(batch: Int, threads: Int) {
        cellGradient.resize([batch, hidden])
        outputGradient.resize([batch, hidden])
        previous.resize(cells.shape)
        while partials.count < threads {
            partials.append(
                [inputWeight, hiddenWeight, inputBias].map { Tensor($0.value.shape) })
        }
        // A thread without images leaves its share at zero.
        for thread in 0..<threads { for sum in partials[thread] { sum.fill(0) } }
    }

    func forward(
        _ input: UnsafePointer<Float>, _ images: Range<Int>, _ steps: Int,
        into output: UnsafeMutablePointer<Float>,
        stride: Int, _ execution: Execution
    ) {
        let width = 4 * hidden
        let line = steps * width
        let first = images.lowerBound
        for row in first * steps..<images.upperBound * steps {
            for gate in 0..<width {
                gates.pointer[row * width + gate] =
                    inputBias.value.pointer[gate] + hiddenBias.value.pointer[gate]
            }
        }
        BLAS.multiply(
            m: images.count * steps, n: width, k: inputFeatures, input + first * steps * inputFeatures,
            lda: inputFeatures, inputWeight.value.pointer, ldb: inputFeatures, transposeB: true,
            into: gates.pointer + first * line, ldc: width, accumulate: true)
        for turn in 0..<steps {
            let step = isReversed ? steps - 1 - turn : turn
            let before = isReversed ? step + 1 : step - 1
            let gate = gates.pointer + first * line + step * width
            let cell = cells.pointer + (first * steps + step) * hidden
            if turn > 0 {
                BLAS.multiply(
                    m: images.count, n: width, k: hidden, output + (first * steps + before) * stride,
                    lda: steps * stride, hiddenWeight.value.pointer, ldb: hidden, transposeB: true,
                    into: gate,
                    ldc: line, accumulate: true)
            }
            execution.kernels.lstm_step(
                images.count, hidden, gate, line,
                turn > 0 ? cells.pointer + (first * steps + before) * hidden : nil, steps * hidden, cell,
                steps * hidden, output + (first * steps + step) * stride, steps * stride)
        }
    }

    func backward(
        _ gradient: UnsafePointer<Float>, _ output: UnsafePointer<Float>, stride: Int,
        _ input: UnsafePointer<Float>, _ images: Range<Int>, _ steps: Int, _ thread: Int,
        into inputGradient: UnsafeMutablePointer<Float>, accumulate: Bool, _ execution: Execution
    ) {
        let width = 4 * hidden
        let line = steps * width
        let (first, count) = (images.lowerBound, images.count)
        let dc = cellGradient.pointer + first * hidden
        let dh = outputGradient.pointer + first * hidden
        dc.update(repeating: 0, count: count * hidden)
        for turn in (0..<steps).reversed() {
            let step = isReversed ? steps - 1 - turn : turn
            let (before, after) = isReversed ? (step + 1, step - 1) : (step - 1, step + 1)
            if turn < steps - 1 {
                BLAS.multiply(
                    m: count, n: hidden, k: width, gates.pointer + first * line + after * width, lda: line,
                    hiddenWeight.value.pointer, ldb: hidden, into: dh, ldc: hidden)
            } else {
                dh.update(repeating: 0, count: count * hidden)
            }
            for image in 0..<count {
                let from = gradient + ((first + image) * steps + step) * stride
                for cell in 0..<hidden { dh[image * hidden + cell] += from[cell] }
                let kept = previous.pointer + ((first + image) * steps + step) * hidden
                if turn > 0 {
                    kept.update(from: output + ((first + image) * steps + before) * stride, count: hidden)
                } else {
                    kept.update(repeating: 0, count: hidden)
                }
            }
            execution.kernels.lstm_step_gradient(
                count, hidden, gates.pointer + first * line + step * width, line,
                turn > 0 ? cells.pointer + (first * steps + before) * hidden : nil, steps * hidden,
                cells.pointer + (first * steps + step) * hidden, steps * hidden, dh, hidden, dc)
        }
        let rows = count * steps
        let gate = gates.pointer + first * line
        let sums = partials[thread]
        BLAS.multiply(
            m: width, n: inputFeatures, k: rows, gate, lda: width, transposeA: true,
            input + first * steps * inputFeatures, ldb: inputFeatures, into: sums[0].pointer,
            ldc: inputFeatures)
        BLAS.multiply(
            m: width, n: hidden, k: rows, gate, lda: width, transposeA: true,
            previous.pointer + first * steps * hidden, ldb: hidden, into: sums[1].pointer, ldc: hidden)
        sums[2].fill(0)
        for row in 0..<rows {
            for index in 0..<width { sums[2].pointer[index] += gate[row * width + index] }
        }
        BLAS.multiply(
            m: rows, n: inputFeatures, k: width, gate, lda: width, inputWeight.value.pointer,
            ldb: inputFeatures,
            into: inputGradient + first * steps * inputFeatures, ldc: inputFeatures, accumulate: accumulate)
    }

    /// Adds the threads' sums into the parameters' gradients, always in the order of the threads.
    func collect(threads: Int) {
        for (index, parameter) in [inputWeight, hiddenWeight, inputBias].enumerated() {
            parameter.gradient.copy(from: partials[0][index])
            for other in partials[1..<threads] {
                for element in 0..<other[index].count {
                    parameter.gradient.pointer[element] += other[index].pointer[element]
                }
            }
        }
        hiddenBias.gradient.copy(from: inputBias.gradient)
    }

    /// The weights for a program.
    var lowered: LSTMDraft.Direction {
        LSTMDraft.Direction(
            input: inputWeight.value.elements, hidden: hiddenWeight.value.elements,
            bias: zip(inputBias.value.elements, hiddenBias.value.elements).map(+), isReversed: isReversed)
    }
}

/// The last output of each direction of a bidirectional sequence: what remains when all is read.
public final class LastOutputs: Layer {
    private var inputShape: [Int] = []
    private let output = Tensor()
    private let inputGradient = Tensor()

    /// Makes the layer.
    public init() {}

    /// `[batch, steps, 2 · hidden]` to `[batch, 2 · hidden]`: the forward half of the last step, the backward half of
    /// the first.
    public func forward(_ input: Tensor, _ execution: Execution) -> Tensor {
        inputShape = input.shape
        let (batch, steps, width) = (input.shape[0], input.shape[1], input.shape[2])
        output.resize([batch, width])
        for image in 0..<batch {
            let target = output.pointer + image * width
            let first = input.pointer + image * steps * width
            target.update(from: first + (steps - 1) * width, count: width / 2)
            (target + width / 2).update(from: first + width / 2, count: width - width / 2)
        }
        return output
    }

    /// The gradient for those outputs, zero for all others.
    public func backward(_ gradient: Tensor, _ execution: Execution) -> Tensor {
        inputGradient.resize(inputShape)
        inputGradient.fill(0)
        let (batch, steps, width) = (inputShape[0], inputShape[1], inputShape[2])
        for image in 0..<batch {
            let source = gradient.pointer + image * width
            let first = inputGradient.pointer + image * steps * width
            (first + (steps - 1) * width).update(from: source, count: width / 2)
            (first + width / 2).update(from: source + width / 2, count: width - width / 2)
        }
        return inputGradient
    }

    /// The same outputs.
    public func lower(_ input: ProgramValue, into program: inout ProgramBuilder) -> ProgramValue {
        program.append([input.features]) { LastOutputsStep(input: input, output: $0) }
    }
}
