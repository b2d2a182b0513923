/// An operation that a layer asks for, before it becomes a step: what follows may still be fused into it.
protocol StepDraft: Sendable {
    /// What it reads.
    var inputs: [ProgramValue] { get }
    /// What it writes.
    var output: ProgramValue { get }
    /// Multiplications with additions, as if done directly.
    var multiplyAdds: Int { get }
    /// Fuses an operation that follows into this one, which saves a pass over memory; false where it can't,
    /// with nothing changed.
    mutating func absorb(_ operation: FollowingOperation) -> Bool
    /// Appends what it does to a graph of ONNX's operators.
    func export(into graph: inout ONNXGraph)
    /// The step with its weights made ready for a processor's kernels.
    func finished(_ kernels: Kernels) -> any ProgramStep
}

extension StepDraft {
    var multiplyAdds: Int { 0 }
    mutating func absorb(_ operation: FollowingOperation) -> Bool { false }
}

/// One step of a program: reads values, writes one. Nothing in it changes, so threads share it.
protocol ProgramStep: Sendable {
    /// What it reads.
    var inputs: [ProgramValue] { get }
    /// What it writes.
    var output: ProgramValue { get }
    /// Floats that it works in.
    var scratchCount: Int { get }
    /// Computes the step.
    func run(_ memory: borrowing Workspace, _ kernels: Kernels)
}

extension ProgramStep {
    var scratchCount: Int { 0 }
}

extension StepDraft where Self: ProgramStep {
    /// A draft whose weights need no preparation is its own step.
    func finished(_ kernels: Kernels) -> any ProgramStep { self }
}

/// An operation that can be fused into the one before it.
enum FollowingOperation {
    /// `(x - mean) · scale + shift` for each channel.
    case normalization(mean: [Float], scale: [Double], shift: [Float])
    /// The sum with another value.
    case addition(ProgramValue)
    /// `max(0, x)`.
    case relu
}

/// A step that reads one value, and is its own draft.
protocol UnaryStep: StepDraft, ProgramStep {
    /// What it reads.
    var input: ProgramValue { get }
    /// Sets `target` from `source`.
    func apply(_ source: Span<Float>, into target: inout MutableSpan<Float>, _ kernels: Kernels)
}

extension UnaryStep {
    var inputs: [ProgramValue] { [input] }

    func run(_ memory: borrowing Workspace, _ kernels: Kernels) {
        var target = memory.write(output)
        apply(memory.read(input), into: &target, kernels)
    }
}

extension Bool {
    /// Fuses a ReLU that follows, once; false for anything else.
    mutating func absorbReLU(_ operation: FollowingOperation) -> Bool {
        guard case .relu = operation, !self else { return false }
        self = true
        return true
    }
}
