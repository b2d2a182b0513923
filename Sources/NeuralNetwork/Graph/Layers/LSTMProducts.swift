// An LSTM's large products, over all steps of its sequences at once: OpenBLAS', or those with rounded operands.

extension LSTMDirection {
    /// Makes the input's weights right sides of products, where OpenBLAS does not multiply them.
    func prepareInput(_ execution: Execution) {
        let (width, weight) = (4 * hidden, inputWeight.value)
        let turned = execution.tensor([inputFeatures, width])
        var target = turned.mutableSpan
        let source = weight.span
        for row in 0..<width {
            for column in 0..<inputFeatures {
                target[column * width + row] = source[row * inputFeatures + column]
            }
        }
        turnedInputSide = execution.rightSides(turned, rows: inputFeatures, columns: width)
        execution.reserveProduct(rows: Self.rows, columns: 0, inner: inputFeatures)
    }

    /// Adds the input's share to some rows of the gates.
    func multiplyInput(
        _ input: Tensor, _ rows: Range<Int>, _ thread: Int, into gates: inout MutableSpan<Float>,
        _ execution: Execution
    ) {
        let width = 4 * hidden
        guard execution.isNarrow else {
            let inputWeight = inputWeight.value
            return BLAS.multiply(
                rows: rows.count, columns: width, inner: inputFeatures,
                BLAS.Matrix(input.span, at: rows.lowerBound * inputFeatures, stride: inputFeatures),
                BLAS.Matrix(inputWeight.span, stride: inputFeatures, isTransposed: true), into: &gates,
                at: rows.lowerBound * width, targetStride: width, accumulate: true)
        }
        let weights = turnedInputSide
        for start in stride(from: rows.lowerBound, to: rows.upperBound, by: Self.rows) {
            execution.product(
                thread, rows: min(Self.rows, rows.upperBound - start), columns: width,
                inner: inputFeatures, left: input.span, from: start * inputFeatures,
                rowStride: inputFeatures,
                right: execution.rightSide(weights.span, rows: inputFeatures, columns: width),
                into: &gates, at: start * width, targetStride: width, accumulate: true)
        }
    }

    /// Sets, or adds to, the gradients for some rows of the input.
    func multiplyGates(
        _ rows: Range<Int>, _ thread: Int, into inputGradient: Tensor, adding adds: Bool,
        _ execution: Execution
    ) {
        let (width, gates) = (4 * hidden, self.gates)
        var target = inputGradient.mutableSpan
        guard execution.isNarrow else {
            let inputWeight = inputWeight.value
            return BLAS.multiply(
                rows: rows.count, columns: inputFeatures, inner: width,
                BLAS.Matrix(gates.span, at: rows.lowerBound * width, stride: width),
                BLAS.Matrix(inputWeight.span, stride: inputFeatures), into: &target,
                at: rows.lowerBound * inputFeatures, targetStride: inputFeatures, accumulate: adds)
        }
        let weights = inputSide
        for start in stride(from: rows.lowerBound, to: rows.upperBound, by: Self.rows) {
            execution.product(
                thread, rows: min(Self.rows, rows.upperBound - start), columns: inputFeatures, inner: width,
                left: gates.span, from: start * width, rowStride: width,
                right: execution.rightSide(weights.span, rows: width, columns: inputFeatures),
                into: &target, at: start * inputFeatures, targetStride: inputFeatures, accumulate: adds)
        }
    }

    /// One thread's share of the weights' gradients, from its rows of the gates' ones.
    func collect(
        _ input: Tensor, _ rows: Range<Int>, _ thread: Int, into sums: [Tensor], _ execution: Execution
    ) {
        let width = 4 * hidden
        let (gates, previous) = (self.gates, self.previous)
        let biasSum = sums[2]
        for (sum, right, columns) in [(sums[0], input, inputFeatures), (sums[1], previous, hidden)] {
            var target = sum.mutableSpan
            guard execution.isNarrow else {
                BLAS.multiply(
                    rows: width, columns: columns, inner: rows.count,
                    BLAS.Matrix(gates.span, at: rows.lowerBound * width, stride: width, isTransposed: true),
                    BLAS.Matrix(right.span, at: rows.lowerBound * columns, stride: columns), into: &target,
                    targetStride: columns)
                continue
            }
            for start in stride(from: rows.lowerBound, to: rows.upperBound, by: Self.summedRows) {
                execution.product(
                    thread, rows: width, columns: columns,
                    inner: min(Self.summedRows, rows.upperBound - start), left: gates.span,
                    from: start * width, rowStride: 1, columnStride: width,
                    right: Kernels.RightSide(right.span, at: start * columns, stride: columns),
                    into: &target, targetStride: columns, accumulate: start > rows.lowerBound)
            }
        }
        biasSum.fill(0)
        let gateSpan = gates.span
        var biasTarget = biasSum.mutableSpan
        for row in rows {
            accumulate(gateSpan, from: row * width, count: width, into: &biasTarget, at: 0)
        }
    }
}
