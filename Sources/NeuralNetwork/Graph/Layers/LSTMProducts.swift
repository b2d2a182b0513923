// An LSTM's large products, over all steps of its sequences at once.

extension LSTMDirection {
    /// A weight `[4 · hidden, columns]` turned, as the right side of products.
    func turnedSide(of weight: Parameter, columns: Int, _ execution: Execution) -> Tensor {
        let (turned, values) = (execution.tensor([columns, apart]), weight.value)
        var target = turned.mutableSpan
        transpose(values.span, rows: 4 * hidden, columns: columns, into: &target, targetStride: apart)
        return execution.rightSides(turned, rows: columns, columns: 4 * hidden, stride: apart)
    }

    /// Sets some rows of the gates to the biases and the input's share.
    func multiplyInput(
        _ input: Tensor, _ rows: Range<Int>, _ thread: Int, into gates: inout MutableSpan<Float>,
        _ execution: Execution
    ) {
        let (width, weights) = (4 * hidden, turnedInputSide)
        let bias = zip(inputBias.value.elements, hiddenBias.value.elements).map(+)
        for start in stride(from: rows.lowerBound, to: rows.upperBound, by: Self.rows) {
            let count = min(Self.rows, rows.upperBound - start)
            for row in start..<start + count { copy(bias.span, into: &gates, at: row * apart) }
            execution.product(
                thread, rows: count, columns: width,
                inner: inputFeatures, left: input.span, from: start * inputFeatures,
                rowStride: inputFeatures,
                right: execution.rightSide(weights.span, rows: inputFeatures, columns: width),
                into: &gates, at: start * apart, targetStride: apart, accumulate: true)
        }
    }

    /// Sets, or adds to, the gradients for some rows of the input.
    func multiplyGates(
        _ rows: Range<Int>, _ thread: Int, into inputGradient: Tensor, adding adds: Bool,
        _ execution: Execution
    ) {
        let (width, gates, weights) = (4 * hidden, self.gates, inputSide)
        var target = inputGradient.mutableSpan
        for start in stride(from: rows.lowerBound, to: rows.upperBound, by: Self.rows) {
            execution.product(
                thread, rows: min(Self.rows, rows.upperBound - start), columns: inputFeatures, inner: width,
                left: gates.span, from: start * apart, rowStride: apart,
                right: execution.rightSide(weights.span, rows: width, columns: inputFeatures),
                into: &target, at: start * inputFeatures, targetStride: inputFeatures, accumulate: adds)
        }
    }

    /// One thread's share of the weights' gradients, turned, `[in, 4 · hidden]`, from its rows of the gates' ones: products are
    /// faster that way round.
    func collect(
        _ input: Tensor, _ rows: Range<Int>, _ thread: Int, into sums: [Tensor], _ execution: Execution
    ) {
        let width = 4 * hidden
        let (gates, previous) = (self.gates, self.previous)
        let biasSum = sums[2]
        for (sum, left, columns) in [(sums[0], input, inputFeatures), (sums[1], previous, hidden)] {
            var target = sum.mutableSpan
            for start in stride(from: rows.lowerBound, to: rows.upperBound, by: Self.summedRows) {
                execution.product(
                    thread, rows: columns, columns: width,
                    inner: min(Self.summedRows, rows.upperBound - start), left: left.span,
                    from: start * columns, rowStride: 1, columnStride: columns,
                    right: Kernels.RightSide(gates.span, at: start * apart, stride: apart),
                    into: &target, targetStride: apart, accumulate: start > rows.lowerBound)
            }
        }
        biasSum.fill(0)
        let gateSpan = gates.span
        var biasTarget = biasSum.mutableSpan
        for row in rows {
            accumulate(gateSpan, from: row * apart, count: width, into: &biasTarget, at: 0)
        }
    }
}
