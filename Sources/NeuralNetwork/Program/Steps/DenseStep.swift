/// A fully connected layer, then a ReLU where it took one in.
struct DenseStep: StepDraft, ProgramStep {
    let input: ProgramValue
    let output: ProgramValue
    /// `[in, out]`.
    let weights: AlignedFloats
    /// `[out]`.
    let bias: AlignedFloats
    private(set) var relu = false

    /// Takes weights as they are learned, `[out, in]`.
    init(_ input: ProgramValue, into output: ProgramValue, weights: Span<Float>, bias: Span<Float>) {
        self.input = input
        self.output = output
        let (inputs, outputs) = (input.count, output.count)
        precondition(weights.count == inputs * outputs && bias.count == outputs)
        self.weights = AlignedFloats(
            (0..<inputs * outputs).map { weights[$0 % outputs * inputs + $0 / outputs] })
        self.bias = AlignedFloats((0..<outputs).map { bias[$0] })
    }

    var inputs: [ProgramValue] { [input] }
    var multiplyAdds: Int { weights.count }

    mutating func absorb(_ operation: FollowingOperation) -> Bool { relu.absorbReLU(operation) }

    func run(_ memory: borrowing Workspace, _ kernels: Kernels) {
        var target = memory.write(output)
        copy(bias.span, into: &target)
        kernels.product(
            rows: 1, columns: output.count, inner: input.count, left: memory.read(input),
            rowStride: input.count, right: Kernels.RightSide(weights.span, stride: output.count),
            into: &target, targetStride: output.count, accumulate: true)
        if relu { for index in target.indices { target[index] = max(0, target[index]) } }
    }

    func export(into graph: inout ONNXGraph) {
        let sources = [
            graph.flattened(input), graph.constant(weights.elements, [input.count, output.count]),
            graph.constant(bias.elements, [output.count]),
        ]
        let name = graph.add("Gemm", sources, relu ? nil : graph.name(output))
        if relu { graph.add("Relu", [name], graph.name(output)) }
    }
}
