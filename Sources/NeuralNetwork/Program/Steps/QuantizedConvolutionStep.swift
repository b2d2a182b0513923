extension ConvolutionDraft: QuantizableDraft {
    var isQuantizable: Bool {
        (kernelSize == 3 || kernelSize == 1) && input.features % 8 == 0 && output.features % 8 == 0
    }
    /// With fewer channels the transforms take longer than what they save; on smaller maps they lose more than elsewhere,
    /// and save less.
    var hasTransform: Bool { kernelSize == 3 && input.features >= 32 && input.cells > 64 }

    func quantized(_ ranges: InputRanges, _ kernels: IntegerKernels) -> any ProgramStep {
        if hasTransform {
            let convolution = IntegerWinograd(self, ranges, kernels)
            return QuantizedConvolutionStep(self, convolution, offset: bias.map { _ in 0 })
        }
        guard kernelSize == 3 else { return QuantizedProductStep(self, ranges, kernels) }
        let convolution = IntegerConvolution(self, ranges, kernels)
        return QuantizedConvolutionStep(self, convolution, offset: convolution.offset)
    }

    /// The bias, and what codes of nothing add to products.
    fileprivate func bias(with offset: [Float]) -> AlignedFloats {
        AlignedFloats(zip(bias, offset).map { $0 + $1 })
    }
}

/// A 3×3 convolution in integers.
struct QuantizedConvolutionStep<Convolution: IntegerMapProduct>: ProgramStep {
    private let input: ProgramValue
    let output: ProgramValue
    private let residual: ProgramValue?
    private let convolution: Convolution
    private let bias: AlignedFloats
    private let relu: Bool

    /// - Parameter offset: What the bias must hold beside its own.
    init(_ draft: ConvolutionDraft, _ convolution: Convolution, offset: [Float]) {
        input = draft.input
        output = draft.output
        residual = draft.residual
        relu = draft.relu
        self.convolution = convolution
        bias = draft.bias(with: offset)
    }

    var inputs: [ProgramValue] { [input] + (residual.map { [$0] } ?? []) }
    var scratchCount: Int { convolution.scratchCount }

    func run(_ memory: borrowing Workspace, _ kernels: Kernels) {
        var scratch = memory.writeScratch(0..<scratchCount)
        var target = memory.write(output)
        if let residual {
            convolution.run(
                memory.read(input), bias: bias.span, residual: memory.read(residual), relu: relu,
                scratch: &scratch, into: &target)
        } else {
            convolution.run(
                memory.read(input), bias: bias.span, residual: nil, relu: relu, scratch: &scratch,
                into: &target)
        }
    }
}

extension IntegerConvolution {
    /// Takes a draft's weights as they are.
    init(_ draft: ConvolutionDraft, _ ranges: InputRanges, _ kernels: IntegerKernels) {
        let outputs = draft.output.features
        let (matrix, coding) = CodeSpread.product(ranges, taps: 9, columns: outputs, kernels) {
            Double(draft.weights[$0 * outputs + $1])
        }
        self.init(height: draft.input.shape[0], width: draft.input.shape[1], matrix, coding, kernels)
    }
}

extension IntegerWinograd {
    /// Transforms a draft's weights, and quantises them there (LoWino, Li et al., 2021).
    init(_ draft: ConvolutionDraft, _ ranges: InputRanges, _ kernels: IntegerKernels) {
        let (inputs, outputs) = (draft.input.features, draft.output.features)
        let transform = Self.transform(draft.weights, count: inputs * outputs)
        let scale = ranges.channels.map { Self.mapLimit / $0 }
        var multiplier: [Int16] = []
        var matrices: [IntegerMatrix] = []
        for position in 0..<Self.positions {
            let weights = transform[position]
            let wanted = CodeSpread.scales(
                ranges: Array(ranges.transform[position * inputs..<(position + 1) * inputs]),
                weights: (0..<inputs).map { row in
                    (0..<outputs).reduce(0) { max($0, abs(weights[row * outputs + $1])) }
                }, levels: 127)
            let whole = zip(wanted, scale).map { wanted, scale in
                Int16(min(max((wanted / Double(scale) * 32768).rounded(), 1), 32767))
            }
            // What a code is worth is known exactly, though the multiplier is rounded.
            let exact = zip(whole, scale).map { Double($0) * Double($1) / 32768 }
            matrices.append(
                IntegerMatrix(rows: inputs, columns: outputs, kernels) {
                    weights[$0 * outputs + $1] / exact[$0]
                })
            multiplier += whole
        }
        self.init(
            height: draft.input.shape[0], width: draft.input.shape[1], matrices, scale: scale,
            multiplier: multiplier, kernels)
    }

    /// The largest whole number that a map's values become: sums of four fit in sixteen bits.
    private static let mapLimit: Float = 8191

    /// G w G^T of F(2×2, 3×3) for a kernel `[3, 3, count]`: 16 matrices `[count]`.
    private static func transform(_ kernel: [Float], count: Int) -> [[Double]] {
        func line(_ a: Double, _ b: Double, _ c: Double) -> SIMD4<Double> {
            SIMD4(a, (a + b + c) / 2, (a - b + c) / 2, c)
        }
        var result = [[Double]](
            repeating: [Double](repeating: 0, count: count), count: Self.positions)
        for index in 0..<count {
            func weight(_ row: Int, _ column: Int) -> Double {
                Double(kernel[(row * 3 + column) * count + index])
            }
            let columns = (
                line(weight(0, 0), weight(1, 0), weight(2, 0)),
                line(weight(0, 1), weight(1, 1), weight(2, 1)),
                line(weight(0, 2), weight(1, 2), weight(2, 2))
            )
            for row in 0..<4 {
                let values = line(columns.0[row], columns.1[row], columns.2[row])
                for column in 0..<4 { result[row * 4 + column][index] = values[column] }
            }
        }
        return result
    }
}

/// A 1×1 convolution in integers.
struct QuantizedProductStep: ProgramStep {
    private let input: ProgramValue
    let output: ProgramValue
    private let product: IntegerProduct
    private let bias: AlignedFloats
    private let relu: Bool

    init(_ draft: ConvolutionDraft, _ ranges: InputRanges, _ kernels: IntegerKernels) {
        input = draft.input
        output = draft.output
        relu = draft.relu
        let outputs = draft.output.features
        let (matrix, coding) = CodeSpread.product(ranges, columns: outputs, kernels) {
            Double(draft.weights[$0 * outputs + $1])
        }
        product = IntegerProduct(matrix, coding, kernels)
        bias = draft.bias(with: product.offset)
    }

    var inputs: [ProgramValue] { [input] }
    var scratchCount: Int { product.scratchCount(input.cells) }

    func run(_ memory: borrowing Workspace, _ kernels: Kernels) {
        var scratch = memory.writeScratch(0..<scratchCount)
        var target = memory.write(output)
        product.multiply(
            memory.read(input), count: input.cells, bias: bias.span, relu: relu, scratch: &scratch,
            into: &target)
    }
}
