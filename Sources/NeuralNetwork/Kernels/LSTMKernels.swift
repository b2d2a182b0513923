extension Kernels {
    /// Rows of a matrix that lie `stride` floats apart, from `start` on.
    struct Rows {
        let start: Int
        let stride: Int

        /// Floats from the first row's first to behind the last one's last.
        func reach(_ rows: Int, _ width: Int) -> Int { (rows - 1) * stride + width }
    }

    /// One step of an LSTM for one sequence: the four gates' pre-activations, `[4 · hidden]` from `gateStart` on, become
    /// activations, the cell's state `[hidden]` is replaced, and the output goes to `state` from `stateStart` on. At the
    /// first step the cell counts as zero.
    func lstmStep(
        _ gates: inout MutableSpan<Float>, from gateStart: Int, cell: inout MutableSpan<Float>, isFirst: Bool,
        state: inout MutableSpan<Float>, from stateStart: Int
    ) {
        let hidden = cell.count
        check(gates, from: gateStart, 4 * hidden)
        check(state, from: stateStart, hidden)
        let before = isFirst ? nil : UnsafePointer(cell.address())
        table.pointee.lstm_step(
            1, hidden, gates.address(gateStart), 4 * hidden, before, hidden, cell.address(), hidden,
            state.address(stateStart), hidden)
    }

    /// One step of an LSTM for `rows` sequences: gates' pre-activations `[rows, 4 · hidden]` become activations, the
    /// cells' states `[rows, hidden]` are made from those at `before`, which count as zero where it is nil, and outputs
    /// `[rows, hidden]` go to `states`.
    func lstmStep(
        rows: Int, hidden: Int, gates: inout MutableSpan<Float>, _ gateRows: Rows,
        cells: inout MutableSpan<Float>, before: Rows?, _ cellRows: Rows, states: inout MutableSpan<Float>,
        _ stateRows: Rows
    ) {
        guard rows > 0 else { return }
        check(gates, from: gateRows.start, gateRows.reach(rows, 4 * hidden))
        check(cells, from: cellRows.start, cellRows.reach(rows, hidden))
        check(states, from: stateRows.start, stateRows.reach(rows, hidden))
        if let before { check(cells, from: before.start, before.reach(rows, hidden)) }
        let earlier = before.flatMap { cells.address($0.start) }
        table.pointee.lstm_step(
            rows, hidden, gates.address(gateRows.start), gateRows.stride, earlier,
            before?.stride ?? cellRows.stride, cells.address(cellRows.start), cellRows.stride,
            states.address(stateRows.start), stateRows.stride)
    }

    /// The gradient of such a step: from the outputs' gradients `[rows, hidden]` and the cells', which become those of
    /// the step before; the gates' activations are replaced by the gradients of their pre-activations.
    func lstmStepGradient(
        rows: Int, hidden: Int, gates: inout MutableSpan<Float>, _ gateRows: Rows, cells: Span<Float>,
        before: Rows?, _ cellRows: Rows, outputGradient: Span<Float>,
        cellGradient: inout MutableSpan<Float>, from gradientStart: Int
    ) {
        guard rows > 0 else { return }
        check(gates, from: gateRows.start, gateRows.reach(rows, 4 * hidden))
        check(cells, from: cellRows.start, cellRows.reach(rows, hidden))
        check(outputGradient, from: gradientStart, rows * hidden)
        check(cellGradient, from: gradientStart, rows * hidden)
        if let before { check(cells, from: before.start, before.reach(rows, hidden)) }
        let earlier = before.flatMap { cells.address($0.start) }
        table.pointee.lstm_step_gradient(
            rows, hidden, gates.address(gateRows.start), gateRows.stride, earlier,
            before?.stride ?? cellRows.stride, cells.address(cellRows.start), cellRows.stride,
            outputGradient.address(gradientStart), hidden, cellGradient.address(gradientStart))
    }
}
