/// A trained network made ready for one image at a time: normalisation folded into convolution, sums and ReLU fused,
/// weights packed, one workspace for all values, no allocation while it runs.
///
/// Nothing in it changes, so threads can share it; each brings its own ``ProgramMemory``.
package struct Program: Sendable {
    private let steps: [any ProgramStep]
    private let input: ProgramValue
    private let outputs: [ProgramValue]
    private let places: [Range<Int>]
    private let scratch: Range<Int>
    private let kernels: KernelSet

    init(
        steps: [any ProgramStep], input: ProgramValue, outputs: [ProgramValue], places: [Range<Int>],
        scratch: Range<Int>, kernels: KernelSet
    ) {
        self.steps = steps
        self.input = input
        self.outputs = outputs
        self.places = places
        self.scratch = scratch
        self.kernels = kernels
    }

    /// The extents of the image that it reads, `[height, width, channels]` in memory.
    package var inputShape: [Int] { input.shape }
    /// How many numbers each of its outputs has.
    package var outputCounts: [Int] { outputs.map(\.count) }
    /// Floats of the memory that a run takes.
    package var memoryCount: Int { scratch.upperBound }
    /// How many steps it has.
    package var stepCount: Int { steps.count }

    /// Computes all outputs for an image, `[height, width, channels]`, whose count must be the input's.
    package func run(_ image: [Float], _ memory: inout ProgramMemory) {
        precondition(image.count == input.count, "an image of another size")
        precondition(memory.floats.count == memoryCount, "the memory of another program")
        memory.floats.withUnsafeMutablePointer {
            run(image, in: Workspace($0, places: places, scratch: scratch))
        }
    }

    /// The same, and before each step hands its number and the memory on.
    func run(
        _ image: [Float], _ memory: inout ProgramMemory, before: (Int, borrowing Workspace) -> Void
    ) {
        precondition(image.count == input.count, "an image of another size")
        precondition(memory.floats.count == memoryCount, "the memory of another program")
        let kernels = Kernels(kernels)
        memory.floats.withUnsafeMutablePointer {
            let workspace = Workspace($0, places: places, scratch: scratch)
            var place = workspace.write(input)
            copy(image.span, into: &place)
            for (number, step) in steps.enumerated() {
                before(number, workspace)
                step.run(workspace, kernels)
            }
        }
    }

    private func run(_ image: [Float], in memory: borrowing Workspace) {
        let kernels = Kernels(kernels)
        var place = memory.write(input)
        copy(image.span, into: &place)
        for step in steps { step.run(memory, kernels) }
    }

    /// One number of an output of the last run.
    package func output(_ number: Int, _ index: Int, of memory: ProgramMemory) -> Float {
        let place = places[outputs[number].index]
        precondition(index >= 0 && index < place.count)
        return memory.floats.span[place.lowerBound + index]
    }
}

/// What one thread needs to run a ``Program``; used again from run to run.
package struct ProgramMemory: Sendable {
    var floats: AlignedFloats

    /// Takes memory for one program.
    package init(for program: Program) { floats = AlignedFloats(count: program.memoryCount) }
}
