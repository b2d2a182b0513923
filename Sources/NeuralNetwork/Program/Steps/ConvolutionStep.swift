/// A convolution that takes in the normalisation, the sum and the ReLU that follow it:
/// `relu(conv(x) + bias + residual)`.
struct ConvolutionDraft: StepDraft {
    /// The layer's name.
    let layer: String
    let input: ProgramValue
    let output: ProgramValue
    let kernelSize: Int
    /// `[kernel, kernel, in, out]`.
    private(set) var weights: [Float]
    /// `[out]`.
    private(set) var bias: [Float]
    private(set) var residual: ProgramValue?
    private(set) var relu = false

    init(
        _ layer: String, _ input: ProgramValue, into output: ProgramValue, kernelSize: Int, weights: [Float],
        bias: [Float]?
    ) {
        self.layer = layer
        precondition(weights.count == kernelSize * kernelSize * input.features * output.features)
        self.input = input
        self.output = output
        self.kernelSize = kernelSize
        self.weights = weights
        self.bias = bias ?? [Float](repeating: 0, count: output.features)
    }

    var inputs: [ProgramValue] { [input] + (residual.map { [$0] } ?? []) }
    var multiplyAdds: Int { output.cells * weights.count }

    private var isWinograd: Bool {
        kernelSize == 3 && input.features % 8 == 0 && output.features % 8 == 0
    }

    mutating func absorb(_ operation: FollowingOperation) -> Bool {
        guard !relu else { return false }
        switch operation {
        case .normalization(let mean, let scale, let shift):
            guard residual == nil else { return false }
            for channel in bias.indices {
                let own = Double(bias[channel]) - Double(mean[channel])
                bias[channel] = Float(own * scale[channel] + Double(shift[channel]))
                for index in stride(from: channel, to: weights.count, by: bias.count) {
                    weights[index] = Float(Double(weights[index]) * scale[channel])
                }
            }
        case .addition(let other):
            guard isWinograd, residual == nil, other.count == output.count else { return false }
            residual = other
        case .relu: relu = true
        }
        return true
    }

    func finished(_ kernels: Kernels) -> any ProgramStep {
        isWinograd ? WinogradStep(self, kernels) : GatheredStep(self, kernels)
    }

    func export(into graph: inout ONNXGraph) {
        let (inputs, outputs) = (input.features, output.features)
        let taps = kernelSize * kernelSize
        var kernel = [Float](repeating: 0, count: weights.count)
        for index in weights.indices {
            let (tap, from, to) = (index / outputs / inputs, index / outputs % inputs, index % outputs)
            kernel[(to * inputs + from) * taps + tap] = weights[index]
        }
        let sources = [
            graph.name(input), graph.constant(kernel, [outputs, inputs, kernelSize, kernelSize]),
            graph.constant(bias, [outputs]),
        ]
        let reach = kernelSize / 2
        let isLast = residual == nil && !relu
        var name = graph.add(
            "Conv", sources, isLast ? graph.name(output) : nil,
            ["pads": .ints([reach, reach, reach, reach])])
        if let residual {
            name = graph.add("Add", [name, graph.name(residual)], relu ? nil : graph.name(output))
        }
        if relu { graph.add("Relu", [name], graph.name(output)) }
    }
}

/// A 3×3 convolution through Winograd's minimal filtering.
struct WinogradStep: ProgramStep {
    private let input: ProgramValue
    let output: ProgramValue
    private let residual: ProgramValue?
    /// One matrix `[in, out]` a position.
    private let weights: [PackedMatrix]
    private let bias: AlignedFloats
    private let relu: Bool
    /// Floats of the input's transform, and of the products.
    private let transformed: Int
    private let products: Int

    init(_ draft: ConvolutionDraft, _ kernels: Kernels) {
        input = draft.input
        output = draft.output
        residual = draft.residual
        relu = draft.relu
        bias = AlignedFloats(draft.bias)
        let (inputs, outputs) = (input.features, output.features)
        let winograd = kernels.winograd(height: input.shape[0], width: input.shape[1])
        let transform = Tensor([winograd.count(inputs, outputs)])
        var target = transform.mutableSpan
        winograd.weights(
            draft.weights.span, inputs: inputs, outputs: outputs, panel: kernels.blockColumns, into: &target)
        weights = (0..<winograd.positions).map {
            PackedMatrix(
                panels: transform.span, from: $0 * winograd.plane(inputs, outputs), rows: inputs,
                columns: outputs, panel: kernels.blockColumns)
        }
        transformed = winograd.count(winograd.tiles, inputs)
        products = winograd.count(winograd.tiles, outputs)
    }

    var inputs: [ProgramValue] { [input] + (residual.map { [$0] } ?? []) }
    var scratchCount: Int { transformed + products }

    func run(_ memory: borrowing Workspace, _ kernels: Kernels) {
        let winograd = kernels.winograd(height: input.shape[0], width: input.shape[1])
        let (inputs, outputs) = (input.features, output.features)
        var transform = memory.writeScratch(0..<transformed)
        winograd.input(memory.read(input), channels: inputs, into: &transform)
        let left = memory.readScratch(0..<transformed)
        var target = memory.writeScratch(transformed..<transformed + products)
        for (position, weight) in weights.enumerated() {
            weight.multiply(
                left, from: position * winograd.plane(winograd.tiles, inputs), count: winograd.tiles,
                into: &target, at: position * winograd.plane(winograd.tiles, outputs), kernels)
        }
        var map = memory.write(output)
        let found = memory.readScratch(transformed..<transformed + products)
        if let residual {
            winograd.output(
                found, channels: outputs, bias: bias.span, residual: memory.read(residual), relu: relu,
                into: &map)
        } else {
            winograd.output(
                found, channels: outputs, bias: bias.span, residual: nil, relu: relu, into: &map)
        }
    }
}

/// Any other convolution, through products that gather the inputs under the kernel.
struct GatheredStep: ProgramStep {
    private let input: ProgramValue
    let output: ProgramValue
    private let kernelSize: Int
    /// `[kernel · kernel · in, out]`.
    private let weights: PackedMatrix
    private let bias: AlignedFloats
    private let ones: AlignedFloats
    private let relu: Bool
    private let padded: PaddedImage
    private let taps: Taps

    init(_ draft: ConvolutionDraft, _ kernels: Kernels) {
        input = draft.input
        output = draft.output
        kernelSize = draft.kernelSize
        relu = draft.relu
        bias = AlignedFloats(draft.bias)
        ones = AlignedFloats([Float](repeating: 1, count: draft.bias.count))
        padded = PaddedImage(
            height: input.shape[0], width: input.shape[1], channels: input.features, kernelSize: kernelSize)
        taps = Taps(padded.offsets)
        weights = PackedMatrix(
            draft.weights.span, rows: draft.weights.count / output.features, columns: output.features,
            panel: kernels.blockColumns)
    }

    var inputs: [ProgramValue] { [input] }
    var scratchCount: Int { kernelSize > 1 ? padded.count : 0 }

    func run(_ memory: borrowing Workspace, _ kernels: Kernels) {
        let (height, width) = (input.shape[0], input.shape[1])
        let map = memory.read(input)
        if kernelSize > 1 {
            var image = memory.writeScratch(0..<padded.count)
            padded.fill(&image, from: map)
        }
        let image = memory.readScratch(0..<scratchCount)
        var target = memory.write(output)
        for row in 0..<height {
            let start = row * width * output.features
            if kernelSize == 1 {
                weights.multiply(
                    map, from: row * width * input.features, count: width, into: &target, at: start, kernels)
            } else {
                weights.multiply(
                    image, from: padded.start(row: row), apart: input.features, gathering: taps,
                    count: width, into: &target, at: start, kernels)
            }
            // While the row is in the first cache.
            kernels.scaleShift(
                &target, at: start, rows: width, Kernels.Affine(scale: ones.span, shift: bias.span),
                relu: relu)
        }
    }
}
