import Foundation

/// The mean of a sequence's steps, each weighed by a softmax of scores: ``StepAttention``.
struct AttentionStep: StepDraft, ProgramStep {
    let input: ProgramValue
    let output: ProgramValue
    /// `[in, units]`.
    private let weights: AlignedFloats
    /// `[units]`.
    private let bias: AlignedFloats
    /// `[units]`.
    private let score: AlignedFloats

    /// Takes weights as they are learned, `[units, in]`.
    init(_ input: ProgramValue, into output: ProgramValue, weights: [Float], bias: [Float], score: [Float]) {
        self.input = input
        self.output = output
        let (features, units) = (input.features, bias.count)
        precondition(weights.count == features * units && score.count == units)
        self.weights = AlignedFloats(
            (0..<weights.count).map { weights[$0 % units * features + $0 / units] })
        self.bias = AlignedFloats(bias)
        self.score = AlignedFloats(score)
    }

    var inputs: [ProgramValue] { [input] }
    var multiplyAdds: Int { input.cells * (weights.count + score.count) }
    /// What scores each step, and the steps' scores.
    var scratchCount: Int { input.cells * bias.count + input.cells }

    func run(_ memory: borrowing Workspace, _ kernels: Kernels) {
        let (steps, features, units) = (input.cells, input.features, bias.count)
        let sequence = memory.read(input)
        var hidden = memory.writeScratch(0..<steps * units)
        for step in 0..<steps { copy(bias.span, into: &hidden, at: step * units) }
        kernels.product(
            rows: steps, columns: units, inner: features, left: sequence, rowStride: features,
            right: Kernels.RightSide(weights.span, stride: units), into: &hidden, targetStride: units,
            accumulate: true)
        var shares = memory.writeScratch(steps * units..<steps * units + steps)
        let scores = score.span
        var largest = -Float.infinity
        for step in 0..<steps {
            var sum: Float = 0
            for unit in 0..<units { sum += tanh(hidden[step * units + unit]) * scores[unit] }
            shares[step] = sum
            largest = max(largest, sum)
        }
        var total: Float = 0
        for step in 0..<steps {
            shares[step] = exp(shares[step] - largest)
            total += shares[step]
        }
        var target = memory.write(output)
        for index in 0..<features { target[index] = 0 }
        for step in 0..<steps {
            let share = shares[step] / total
            for index in 0..<features { target[index] += share * sequence[step * features + index] }
        }
    }

    func export(into graph: inout ONNXGraph) {
        let (features, units) = (input.features, bias.count)
        let source = graph.name(input)
        let product = graph.add(
            "MatMul", [source, graph.constant(weights.elements, [features, units])])
        let shifted = graph.add("Add", [product, graph.constant(bias.elements, [units])])
        let active = graph.add("Tanh", [shifted])
        let scores = graph.add("MatMul", [active, graph.constant(score.elements, [units, 1])])
        let shares = graph.add("Softmax", [scores], nil, ["axis": .int(1)])
        let weighed = graph.add("Mul", [source, shares])
        graph.add("ReduceSum", [weighed, graph.constant([1])], graph.name(output), ["keepdims": .int(0)])
    }
}
