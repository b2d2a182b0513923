/// What a layer asks for: an operation that may still take in what follows it.
protocol StepDraft: Sendable {
    /// What it reads.
    var inputs: [ProgramValue] { get }
    /// What it writes.
    var output: ProgramValue { get }
    /// Multiplications with additions, as if done directly.
    var multiplyAdds: Int { get }
    /// Takes an operation that follows into its own work, so that no pass over memory is spent on it; false where it
    /// can't, with nothing changed.
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
    /// Does it.
    func run(_ memory: borrowing Workspace, _ kernels: Kernels)
}

extension ProgramStep {
    var scratchCount: Int { 0 }
}

extension StepDraft where Self: ProgramStep {
    /// A draft that needs no making ready is its own step.
    func finished(_ kernels: Kernels) -> any ProgramStep { self }
}

/// What may follow an operation and be done within it.
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
    /// Takes in a ReLU that follows, once; false where something else follows.
    mutating func absorbReLU(_ operation: FollowingOperation) -> Bool {
        guard case .relu = operation, !self else { return false }
        self = true
        return true
    }
}
