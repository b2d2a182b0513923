/// A long short-term memory over the steps of a sequence, in one direction or in both.
struct LSTMDraft: StepDraft {
    /// One direction's weights as they are learned, gates i, f, g, o.
    struct Direction: Sendable {
        /// `[4 · hidden, in]`.
        let input: [Float]
        /// `[4 · hidden, hidden]`.
        let hidden: [Float]
        /// `[4 · hidden]`, the sum of both biases.
        let bias: [Float]
        /// Whether it reads from the last step to the first.
        let isReversed: Bool
    }

    /// The layer's name.
    let layer: String
    let input: ProgramValue
    let output: ProgramValue
    let hidden: Int
    let directions: [Direction]

    var inputs: [ProgramValue] { [input] }
    var multiplyAdds: Int {
        // Four gates each way, from the step's features and from the state before.
        input.cells * directions.count * 4 * hidden * (input.features + hidden)
    }

    func finished(_ kernels: Kernels) -> any ProgramStep { LSTMStep(self, kernels) }

    func export(into graph: inout ONNXGraph) {
        let features = input.features
        // ONNX's order of the gates is i, o, f, c.
        func reordered(_ values: [Float], width: Int) -> [Float] {
            [0, 3, 1, 2].flatMap { values[$0 * hidden * width..<($0 + 1) * hidden * width] }
        }
        let nothing = [Float](repeating: 0, count: 4 * hidden)
        let (count, gates) = (directions.count, 4 * hidden)
        let sources = [
            graph.stepsFirst(input),
            graph.constant(
                directions.flatMap { reordered($0.input, width: features) }, [count, gates, features]),
            graph.constant(
                directions.flatMap { reordered($0.hidden, width: hidden) }, [count, gates, hidden]),
            graph.constant(
                directions.flatMap { reordered($0.bias, width: 1) + nothing }, [count, 2 * gates]),
        ]
        let way = count == 2 ? "bidirectional" : directions[0].isReversed ? "reverse" : "forward"
        // `[steps, directions, batch, hidden]`.
        let read = graph.add(
            "LSTM", sources, nil, ["hidden_size": .int(hidden), "direction": .text(way)])
        let turned = graph.add("Transpose", [read], nil, ["perm": .ints([2, 0, 1, 3])])
        graph.add(
            "Reshape", [turned, graph.constant([0, input.cells, count * hidden])], graph.name(output))
    }
}

/// ``LSTMDraft`` with its weights packed.
struct LSTMStep: ProgramStep {
    private struct Direction: Sendable {
        let input: PackedMatrix
        let hidden: PackedMatrix
        let bias: AlignedFloats
        let isReversed: Bool
    }

    private let input: ProgramValue
    let output: ProgramValue
    private let hidden: Int
    private let directions: [Direction]

    init(_ draft: LSTMDraft, _ kernels: Kernels) {
        input = draft.input
        output = draft.output
        hidden = draft.hidden
        let (gates, features) = (4 * draft.hidden, draft.input.features)
        func packed(_ weights: [Float], columns: Int, panel: Int) -> PackedMatrix {
            let transposed = (0..<weights.count).map { weights[$0 % gates * columns + $0 / gates] }
            return PackedMatrix(transposed.span, rows: columns, columns: gates, panel: panel)
        }
        directions = draft.directions.map {
            Direction(
                input: packed($0.input, columns: features, panel: kernels.blockColumns),
                hidden: packed($0.hidden, columns: draft.hidden, panel: PackedMatrix.rowPanel),
                bias: AlignedFloats($0.bias), isReversed: $0.isReversed)
        }
    }

    var inputs: [ProgramValue] { [input] }
    /// The gates of all steps, and the cells' state.
    var scratchCount: Int { input.cells * 4 * hidden + hidden }

    func run(_ memory: borrowing Workspace, _ kernels: Kernels) {
        let (steps, width) = (input.cells, 4 * hidden)
        let across = directions.count * hidden
        for (number, direction) in directions.enumerated() {
            var gates = memory.writeScratch(0..<steps * width)
            for step in 0..<steps { copy(direction.bias.span, into: &gates, at: step * width) }
            direction.input.multiply(
                memory.read(input), count: steps, into: &gates, accumulate: true, kernels)
            var cell = memory.writeScratch(steps * width..<steps * width + hidden)
            for turn in 0..<steps {
                let step = direction.isReversed ? steps - 1 - turn : turn
                if turn > 0 {
                    let before = direction.isReversed ? step + 1 : step - 1
                    direction.hidden.multiply(
                        memory.read(output), from: before * across + number * hidden, count: 1, into: &gates,
                        at: step * width, accumulate: true, kernels)
                }
                var state = memory.write(output)
                kernels.lstmStep(
                    &gates, from: step * width, cell: &cell, isFirst: turn == 0, state: &state,
                    from: step * across + number * hidden)
            }
        }
    }
}
