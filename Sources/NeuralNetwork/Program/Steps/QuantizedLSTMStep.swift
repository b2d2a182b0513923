extension LSTMDraft: QuantizableDraft {
    var isQuantizable: Bool { input.features % 8 == 0 && hidden % 8 == 0 }
    var hasTransform: Bool { false }

    func quantized(_ ranges: InputRanges, _ kernels: IntegerKernels) -> any ProgramStep {
        QuantizedLSTMStep(self, ranges, kernels)
    }
}

/// ``LSTMStep`` whose products are done in integers; the cells stay floats. Outputs lie between -1 and 1, so that the
/// codes of the state need no measuring.
struct QuantizedLSTMStep: ProgramStep {
    private struct Direction: Sendable {
        let isReversed: Bool
        let input, hidden: IntegerProduct
        let bias: AlignedFloats
    }

    private let input: ProgramValue
    private let hidden: Int
    private let directions: [Direction]
    let output: ProgramValue
    let scratchCount: Int
    /// Floats of the gates of all steps.
    private let gatesCount: Int
    /// Floats of those and of the cells' state: a multiple of 16.
    private let stateEnd: Int

    init(_ draft: LSTMDraft, _ ranges: InputRanges, _ kernels: IntegerKernels) {
        input = draft.input
        output = draft.output
        hidden = draft.hidden
        let (features, states) = (draft.input.features, draft.hidden)
        directions = draft.directions.map { way in
            let matrix = IntegerMatrix(rows: states, columns: 4 * states, kernels) {
                Double(way.hidden[$1 * states + $0]) / 127
            }
            let (weights, coding) = CodeSpread.product(ranges, columns: 4 * states, kernels) {
                Double(way.input[$1 * features + $0])
            }
            let input = IntegerProduct(weights, coding, kernels)
            return Direction(
                isReversed: way.isReversed, input: input,
                hidden: IntegerProduct(
                    matrix, Coding(scale: [Float](repeating: 127, count: states), zero: 128), kernels),
                bias: AlignedFloats(zip(way.bias, input.offset).map { $0 + $1 }))
        }
        let cells = draft.input.cells
        gatesCount = cells * 4 * states
        stateEnd = (gatesCount + states + 15) / 16 * 16
        scratchCount = stateEnd + (directions.map { $0.input.scratchCount(cells) }.max() ?? 0)
    }

    var inputs: [ProgramValue] { [input] }

    func run(_ memory: borrowing Workspace, _ kernels: Kernels) {
        let (steps, width) = (input.cells, 4 * hidden)
        let across = directions.count * hidden
        var scratch = memory.writeScratch(stateEnd..<scratchCount)
        for (number, direction) in directions.enumerated() {
            var gates = memory.writeScratch(0..<gatesCount)
            direction.input.multiply(
                memory.read(input), count: steps, bias: direction.bias.span, scratch: &scratch,
                into: &gates)
            var cell = memory.writeScratch(gatesCount..<gatesCount + hidden)
            for turn in 0..<steps {
                let step = direction.isReversed ? steps - 1 - turn : turn
                if turn > 0 {
                    let before = direction.isReversed ? step + 1 : step - 1
                    direction.hidden.multiply(
                        memory.read(output), from: before * across + number * hidden, count: 1, bias: nil,
                        scratch: &scratch, into: &gates, at: step * width)
                }
                var state = memory.write(output)
                kernels.lstmStep(
                    &gates, from: step * width, cell: &cell, isFirst: turn == 0, state: &state,
                    from: step * across + number * hidden)
            }
        }
    }
}
