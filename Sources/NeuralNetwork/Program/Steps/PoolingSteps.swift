/// The maximum of each 2×2 window, stride 2.
struct MaxPoolStep: UnaryStep {
    let input: ProgramValue
    let output: ProgramValue

    func apply(_ source: Span<Float>, into target: inout MutableSpan<Float>, _ kernels: Kernels) {
        kernels.maxPool(
            source, height: input.shape[0], width: input.shape[1], channels: input.features,
            into: &target)
    }

    func export(into graph: inout ONNXGraph) {
        graph.add(
            "MaxPool", [graph.name(input)], graph.name(output),
            ["kernel_shape": .ints([2, 2]), "strides": .ints([2, 2])])
    }
}

/// The mean of each 2×2 window, stride 2.
struct AveragePoolStep: UnaryStep {
    let input: ProgramValue
    let output: ProgramValue

    func apply(_ source: Span<Float>, into target: inout MutableSpan<Float>, _ kernels: Kernels) {
        let (height, width, channels) = (output.shape[0], output.shape[1], output.features)
        for y in 0..<height {
            for x in 0..<width {
                for channel in 0..<channels {
                    var sum: Float = 0
                    for (down, across) in [(0, 0), (0, 1), (1, 0), (1, 1)] {
                        let cell = (2 * y + down) * input.shape[1] + 2 * x + across
                        sum += 0.25 * source[cell * channels + channel]
                    }
                    target[(y * width + x) * channels + channel] = sum
                }
            }
        }
    }

    func export(into graph: inout ONNXGraph) {
        graph.add(
            "AveragePool", [graph.name(input)], graph.name(output),
            ["kernel_shape": .ints([2, 2]), "strides": .ints([2, 2])])
    }
}

/// The mean over all cells of a map or steps of a sequence.
struct MeanStep: UnaryStep {
    let input: ProgramValue
    let output: ProgramValue

    func apply(_ source: Span<Float>, into target: inout MutableSpan<Float>, _ kernels: Kernels) {
        let (rows, width) = (input.cells, input.features)
        check(source, from: 0, rows * width)
        check(target, from: 0, width)
        for column in 0..<width { target[unchecked: column] = 0 }
        for row in 0..<rows {
            for column in 0..<width {
                target[unchecked: column] += source[unchecked: row * width + column]
            }
        }
        let share = 1 / Float(rows)
        for column in 0..<width { target[unchecked: column] *= share }
    }

    func export(into graph: inout ONNXGraph) {
        graph.add(
            "ReduceMean", [graph.name(input)], graph.name(output),
            ["axes": .ints(input.shape.count == 3 ? [2, 3] : [1]), "keepdims": .int(0)])
    }
}

/// The forward half of a bidirectional sequence's last step, the backward half of its first.
struct LastOutputsStep: UnaryStep {
    let input: ProgramValue
    let output: ProgramValue

    func apply(_ source: Span<Float>, into target: inout MutableSpan<Float>, _ kernels: Kernels) {
        let (width, half) = (input.features, input.features / 2)
        let last = (input.cells - 1) * width
        for index in 0..<half { target[index] = source[last + index] }
        for index in half..<width { target[index] = source[index] }
    }

    func export(into graph: inout ONNXGraph) {
        let (width, half) = (input.features, input.features / 2)
        let axis = graph.constant([1])
        func part(_ step: Int, _ features: Range<Int>) -> String {
            let range = [graph.constant([step]), graph.constant([step + 1]), axis]
            let one = graph.add("Slice", [graph.name(input)] + range)
            let row = graph.add("Reshape", [one, graph.constant([0, width])])
            let ends = [graph.constant([features.lowerBound]), graph.constant([features.upperBound])]
            return graph.add("Slice", [row] + ends + [axis])
        }
        let parts = [part(input.cells - 1, 0..<half), part(0, half..<width)]
        graph.add("Concat", parts, graph.name(output), ["axis": .int(1)])
    }
}
