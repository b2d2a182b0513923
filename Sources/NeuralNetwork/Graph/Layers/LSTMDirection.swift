/// What an ``LSTM`` does, and each direction of a ``BidirectionalLSTM``.
final class LSTMDirection {
    /// The layer's name.
    let layer: String
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

    /// The rows of one step beside each other, `[batch, …]`: those of a sequence lie as far apart as the sequence is long.
    private var compact = Tensor()
    /// `[batch, steps, apart]`, of which the first 4 · hidden count.
    var gates = Tensor()
    private var cells = Tensor()
    private var cellGradient = Tensor()
    private var outputGradient = Tensor()
    var previous = Tensor()
    private var partials: [[Tensor]] = []
    /// The weights as right sides of products, as they are and turned, `[in, 4 · hidden]`.
    private var (hiddenSide, turnedHiddenSide) = (Tensor(), Tensor())
    var (inputSide, turnedInputSide) = (Tensor(), Tensor())
    /// Rows worked on at a time, and rows that a sum over rows has at a time.
    static let (rows, summedRows) = (96, 256)

    init(name: String, suffix: String, inputFeatures: Int, hidden: Int, isReversed: Bool) {
        layer = name
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

    /// Floats from row to row of what is 4 · hidden wide: at a power of two rows would drive each other out of the cache.
    var apart: Int { 4 * hidden + 16 }

    func prepare(batch: Int, steps: Int, _ execution: Execution) {
        turnedHiddenSide = turnedSide(of: hiddenWeight, columns: hidden, execution)
        turnedInputSide = turnedSide(of: inputWeight, columns: inputFeatures, execution)
        execution.reserveProduct(rows: batch, columns: 0, inner: hidden)
        execution.reserveProduct(rows: Self.rows, columns: 0, inner: inputFeatures)
        compact = execution.tensor([batch, apart])
        gates = execution.tensor([batch, steps, apart])
        cells = execution.tensor([batch, steps, hidden])
    }

    func prepareBackward(batch: Int, _ execution: Execution) {
        hiddenSide = execution.rightSides(hiddenWeight.value, rows: 4 * hidden, columns: hidden)
        execution.reserveProduct(rows: batch, columns: 0, inner: 4 * hidden)
        inputSide = execution.rightSides(inputWeight.value, rows: 4 * hidden, columns: inputFeatures)
        execution.reserveProduct(rows: Self.rows, columns: 0, inner: 4 * hidden)
        execution.reserveProduct(
            rows: 4 * hidden, columns: max(inputFeatures, hidden), inner: Self.summedRows)
        cellGradient = execution.tensor([batch, hidden])
        outputGradient = execution.tensor([batch, hidden])
        previous = execution.tensor(cells.shape)
        partials = (0..<execution.pool.threads).map { _ in
            [inputFeatures, hidden, 1].map { execution.tensor([$0, apart]) }
        }
        // A thread without images leaves its share at zero.
        for sums in partials { for sum in sums { sum.fill(0) } }
    }

    /// Reads some images' sequences; outputs go to `[batch, steps, width]` from a column on.
    func forward(
        _ input: Tensor, _ images: Range<Int>, _ steps: Int, _ thread: Int, into output: Tensor,
        at column: Int, _ execution: Execution
    ) {
        let (width, stride) = (4 * hidden, output.shape[2])
        let (first, rows) = (images.lowerBound * steps, images.count * steps)
        let (gates, cells, compact, turned) = (self.gates, self.cells, self.compact, turnedHiddenSide)
        let (own, apart) = (images.lowerBound * self.apart, self.apart)
        var rowsBefore = compact.mutableSpan
        var gateSpan = gates.mutableSpan
        multiplyInput(input, first..<first + rows, thread, into: &gateSpan, execution)
        var cellSpan = cells.mutableSpan
        for turn in 0..<steps {
            let step = isReversed ? steps - 1 - turn : turn
            let before = isReversed ? step + 1 : step - 1
            if turn > 0 {
                for image in 0..<images.count {
                    let place = (first + image * steps + before) * stride + column
                    copy(
                        output.span.extracting(place..<place + hidden), into: &rowsBefore,
                        at: own + image * apart)
                }
                execution.product(
                    thread, rows: images.count, columns: width, inner: hidden, left: compact.span,
                    from: own, rowStride: apart,
                    right: execution.rightSide(turned.span, rows: hidden, columns: width),
                    into: &gateSpan, at: (first + step) * apart, targetStride: steps * apart, accumulate: true
                )
            }
            var states = output.mutableSpan
            execution.kernels.lstmStep(
                rows: images.count, hidden: hidden, gates: &gateSpan,
                Kernels.Rows(start: (first + step) * apart, stride: steps * apart), cells: &cellSpan,
                before: turn > 0
                    ? Kernels.Rows(start: (first + before) * hidden, stride: steps * hidden) : nil,
                Kernels.Rows(start: (first + step) * hidden, stride: steps * hidden), states: &states,
                Kernels.Rows(start: (first + step) * stride + column, stride: steps * stride))
        }
    }

    /// The gradients of some images' sequences: those for the input, and this thread's share of those for the weights.
    func backward(
        _ gradient: Tensor, _ output: Tensor, at column: Int, _ input: Tensor, _ images: Range<Int>,
        _ steps: Int, _ thread: Int, into inputGradient: Tensor, adding adds: Bool, _ execution: Execution
    ) {
        let (width, stride) = (4 * hidden, output.shape[2])
        let (first, count) = (images.lowerBound * steps, images.count)
        let (gates, cells, previous) = (self.gates, self.cells, self.previous)
        let (cellGradient, outputGradient, compact) = (self.cellGradient, self.outputGradient, self.compact)
        let apart = self.apart
        var rowsAfter = compact.mutableSpan
        let hiddenWeight = hiddenSide
        let own = images.lowerBound * hidden..<images.upperBound * hidden
        var gateSpan = gates.mutableSpan
        var kept = previous.mutableSpan
        var dc = cellGradient.mutableSpan
        var dh = outputGradient.mutableSpan
        let outer = gradient.span
        let states = output.span
        for index in own { dc[index] = 0 }
        for turn in (0..<steps).reversed() {
            let step = isReversed ? steps - 1 - turn : turn
            let (before, after) = isReversed ? (step + 1, step - 1) : (step - 1, step + 1)
            if turn < steps - 1 {
                for image in 0..<count {
                    let place = (first + image * steps + after) * apart
                    copy(
                        gates.span.extracting(place..<place + width), into: &rowsAfter,
                        at: (images.lowerBound + image) * apart)
                }
                execution.product(
                    thread, rows: count, columns: hidden, inner: width, left: compact.span,
                    from: images.lowerBound * apart, rowStride: apart,
                    right: execution.rightSide(hiddenWeight.span, rows: width, columns: hidden),
                    into: &dh, at: own.lowerBound, targetStride: hidden)
            } else {
                for index in own { dh[index] = 0 }
            }
            for image in 0..<count {
                let row = first + image * steps
                accumulate(
                    outer, from: (row + step) * stride + column, count: hidden, into: &dh,
                    at: own.lowerBound + image * hidden)
                guard turn > 0 else {
                    for cell in 0..<hidden { kept[(row + step) * hidden + cell] = 0 }
                    continue
                }
                let place = (row + before) * stride + column
                copy(states.extracting(place..<place + hidden), into: &kept, at: (row + step) * hidden)
            }
            execution.kernels.lstmStepGradient(
                rows: count, hidden: hidden, gates: &gateSpan,
                Kernels.Rows(start: (first + step) * apart, stride: steps * apart), cells: cells.span,
                before: turn > 0
                    ? Kernels.Rows(start: (first + before) * hidden, stride: steps * hidden) : nil,
                Kernels.Rows(start: (first + step) * hidden, stride: steps * hidden),
                outputGradient: outputGradient.span, cellGradient: &dc, from: own.lowerBound)
        }
        let rows = first..<first + count * steps
        collect(input, rows, thread, into: partials[thread], execution)
        multiplyGates(rows, thread, into: inputGradient, adding: adds, execution)
    }

    /// Adds the threads' sums into the parameters' gradients, always in the order of the threads, and drops what the backward
    /// pass needed.
    func collect(threads: Int) {
        for (index, parameter) in [inputWeight, hiddenWeight, inputBias].enumerated() {
            let sum = partials[0][index]
            for other in partials[1..<threads] { sum.add(other[index]) }
            var gradient = parameter.gradient.mutableSpan
            transpose(
                sum.span, rows: sum.shape[0], columns: 4 * hidden, stride: apart, into: &gradient)
        }
        hiddenBias.gradient.copy(from: inputBias.gradient)
        partials = []
        (cellGradient, outputGradient, previous) = (Tensor(), Tensor(), Tensor())
        forget()
    }

    /// Drops what the forward pass kept.
    func forget() {
        (gates, cells, compact) = (Tensor(), Tensor(), Tensor())
        (hiddenSide, turnedHiddenSide, inputSide, turnedInputSide) = (Tensor(), Tensor(), Tensor(), Tensor())
    }

    /// The weights for a program.
    var lowered: LSTMDraft.Direction {
        LSTMDraft.Direction(
            input: inputWeight.value.elements, hidden: hiddenWeight.value.elements,
            bias: zip(inputBias.value.elements, hiddenBias.value.elements).map(+), isReversed: isReversed)
    }
}
