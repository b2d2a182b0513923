/// Normalisation that no convolution could take in: `x · scale + shift` for each channel, then ReLU where asked.
struct ScaleShiftStep: StepDraft, ProgramStep {
    let input: ProgramValue
    let output: ProgramValue
    let scale: AlignedFloats
    let shift: AlignedFloats
    private(set) var relu = false

    init(_ input: ProgramValue, into output: ProgramValue, scale: [Float], shift: [Float]) {
        self.input = input
        self.output = output
        self.scale = AlignedFloats(scale)
        self.shift = AlignedFloats(shift)
    }

    var inputs: [ProgramValue] { [input] }

    mutating func absorb(_ operation: FollowingOperation) -> Bool { relu.absorbReLU(operation) }

    func run(_ memory: borrowing Workspace, _ kernels: Kernels) {
        var target = memory.write(output)
        copy(memory.read(input), into: &target)
        kernels.scaleShift(
            &target, at: 0, rows: output.cells, Kernels.Affine(scale: scale.span, shift: shift.span),
            relu: relu)
    }

    func export(into graph: inout ONNXGraph) {
        let factor = graph.perChannel(scale.elements, of: input)
        let product = graph.add("Mul", [graph.name(input), factor])
        let summand = graph.perChannel(shift.elements, of: input)
        let sum = graph.add("Add", [product, summand], relu ? nil : graph.name(output))
        if relu { graph.add("Relu", [sum], graph.name(output)) }
    }
}

/// The sum of two values, then a ReLU.
struct AddReLUStep: StepDraft, ProgramStep {
    let first: ProgramValue
    let second: ProgramValue
    let output: ProgramValue

    var inputs: [ProgramValue] { [first, second] }

    func run(_ memory: borrowing Workspace, _ kernels: Kernels) {
        var target = memory.write(output)
        kernels.addReLU(memory.read(first), memory.read(second), 0..<output.count, into: &target)
    }

    func export(into graph: inout ONNXGraph) {
        let sum = graph.add("Add", [graph.name(first), graph.name(second)])
        graph.add("Relu", [sum], graph.name(output))
    }
}

/// The rectified linear unit.
struct ReLUStep: UnaryStep {
    let input: ProgramValue
    let output: ProgramValue

    func apply(_ source: Span<Float>, into target: inout MutableSpan<Float>, _ kernels: Kernels) {
        for index in source.indices { target[index] = max(0, source[index]) }
    }

    func export(into graph: inout ONNXGraph) {
        graph.add("Relu", [graph.name(input)], graph.name(output))
    }
}

/// Values one behind the other.
struct ConcatenationStep: StepDraft, ProgramStep {
    let inputs: [ProgramValue]
    let output: ProgramValue

    func run(_ memory: borrowing Workspace, _ kernels: Kernels) {
        var target = memory.write(output)
        var start = 0
        for input in inputs {
            copy(memory.read(input), into: &target, at: start)
            start += input.count
        }
    }

    func export(into graph: inout ONNXGraph) {
        let sources = inputs.map { graph.flattened($0) }
        graph.add("Concat", sources, graph.name(output), ["axis": .int(1)])
    }
}
