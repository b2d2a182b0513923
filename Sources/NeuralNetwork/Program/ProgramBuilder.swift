/// Puts a program together: layers append their steps, what follows a step is fused into it where possible,
/// and in the end values that are not needed at the same time share memory.
package struct ProgramBuilder {
    private var drafts: [any StepDraft] = []
    private var values: [ProgramValue] = []
    /// Which step writes a value; nil for the program's input.
    private var writers: [Int?] = []
    /// Values that more than one thing reads.
    private var shared: Set<Int> = []

    init(inputShape: [Int]) { _ = value(inputShape, writer: nil) }

    /// What the program reads.
    var input: ProgramValue { values[0] }

    private mutating func value(_ shape: [Int], writer: Int?) -> ProgramValue {
        let value = ProgramValue(index: values.count, shape: shape)
        values.append(value)
        writers.append(writer)
        return value
    }

    /// Multiplications with additions that one image takes: of convolutions as if done directly, and of dense and
    /// recurrent layers.
    var multiplyAdds: Int { drafts.reduce(0) { $0 + $1.multiplyAdds } }

    /// Appends the draft that `make` gives for its output, a value of `shape`, and returns that value.
    mutating func append(_ shape: [Int], _ make: (_ output: ProgramValue) -> any StepDraft) -> ProgramValue {
        let output = value(shape, writer: drafts.count)
        drafts.append(make(output))
        return output
    }

    /// Marks a value that more than one step reads, so that nothing is fused into the step that writes it.
    mutating func share(_ value: ProgramValue) { shared.insert(value.index) }

    /// Fuses an operation into the step that writes a value; false where that step can't, or where something
    /// else reads the value as it is.
    mutating func absorb(_ operation: FollowingOperation, into value: ProgramValue) -> Bool {
        guard let writer = writers[value.index], !shared.contains(value.index) else { return false }
        if case .addition(let other) = operation, let after = writers[other.index], after > writer {
            return false
        }
        return drafts[writer].absorb(operation)
    }

    /// The operators of ONNX that give some values, each under a name, from images under the name `input`.
    func export(outputs: [(name: String, value: ProgramValue)], input name: String) -> ONNXGraph {
        var graph = ONNXGraph()
        graph.addInput(input, as: name)
        for draft in drafts { draft.export(into: &graph) }
        for output in outputs { graph.addOutput(output.value, as: output.name) }
        return graph
    }

    /// The program that ends with some values.
    func finish(outputs: [ProgramValue], kernels set: KernelSet) -> Program {
        let kernels = Kernels(set)
        return finish(drafts.map { $0.finished(kernels) }, outputs, set)
    }

    private func finish(
        _ steps: [any ProgramStep], _ outputs: [ProgramValue], _ set: KernelSet
    ) -> Program {
        let (places, end) = layOut(steps, outputs)
        let scratch = steps.map(\.scratchCount).max() ?? 0
        return Program(
            steps: steps, input: input, outputs: outputs, places: places, scratch: end..<end + scratch,
            kernels: set)
    }

    /// The drafts that can be done in integers.
    var quantizable: [any QuantizableDraft] {
        drafts.compactMap { $0 as? any QuantizableDraft }.filter(\.isQuantizable)
    }

    /// The program that ends with some values, in integers where a layer's ranges are known.
    func finish(
        outputs: [ProgramValue], kernels set: KernelSet, quantization: Quantization, integers: IntegerKernels
    ) -> Program {
        let kernels = Kernels(set)
        let steps = drafts.map { draft -> any ProgramStep in
            guard let draft = draft as? any QuantizableDraft, draft.isQuantizable,
                let ranges = quantization.ranges[draft.layer]
            else { return draft.finished(kernels) }
            return draft.quantized(ranges, integers)
        }
        return finish(steps, outputs, set)
    }

    /// How far what quantisable drafts read reaches on some images.
    ///
    /// - Parameter goesOn: Asked after each image, with how many are done; where it says no, the others are left out.
    func measure(
        outputs: [ProgramValue], images: [[Float]], goesOn: (Int) -> Bool
    ) -> Quantization {
        let program = finish(outputs: outputs, kernels: .best)
        var memory = ProgramMemory(for: program)
        var found: [String: InputRanges] = [:]
        for draft in quantizable {
            let channels = draft.input.features
            found[draft.layer] = InputRanges(
                channels: [Float](repeating: 0, count: channels),
                least: [Float](repeating: 0, count: channels),
                transform: [Float](
                    repeating: 0, count: draft.hasTransform ? IntegerWinograd.positions * channels : 0))
        }
        for (number, image) in images.enumerated() {
            program.run(image, &memory) { step, workspace in
                guard let draft = drafts[step] as? any QuantizableDraft, draft.isQuantizable,
                    var ranges = found.removeValue(forKey: draft.layer)
                else { return }
                draft.widen(&ranges, workspace.read(draft.input))
                found[draft.layer] = ranges
            }
            if !goesOn(number + 1) { break }
        }
        for layer in found.keys { found[layer]?.finish() }
        return Quantization(ranges: found)
    }

    /// Gives each value the first stretch that is free from when it is written to when it is last read.
    private func layOut(
        _ steps: [any ProgramStep], _ outputs: [ProgramValue]
    ) -> (places: [Range<Int>], end: Int) {
        var lastReads = [Int](repeating: -1, count: values.count)
        for (number, step) in steps.enumerated() {
            for value in step.inputs { lastReads[value.index] = number }
        }
        for value in outputs { lastReads[value.index] = steps.count }
        var places = [Range<Int>](repeating: 0..<0, count: values.count)
        var living: [Int] = []
        var end = 0
        func place(_ value: ProgramValue, at step: Int) {
            living.removeAll { lastReads[$0] < step }
            // Multiples of 16 floats keep what is aligned aligned.
            let size = (value.count + 15) / 16 * 16
            var start = 0
            for other in living.map({ places[$0] }).sorted(by: { $0.lowerBound < $1.lowerBound }) {
                if start + size <= other.lowerBound { break }
                start = max(start, (other.upperBound + 15) / 16 * 16)
            }
            places[value.index] = start..<start + value.count
            living.append(value.index)
            end = max(end, start + size)
        }
        place(input, at: -1)
        for (number, step) in steps.enumerated() { place(step.output, at: number) }
        return (places, end)
    }
}
