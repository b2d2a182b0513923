import CKernels

/// A 3×3 convolution of codes.
protocol IntegerMapProduct: Sendable {
    var height: Int { get }
    var width: Int { get }
    var inputs: Int { get }
    var outputs: Int { get }
    /// Floats of scratch that it takes.
    var scratchCount: Int { get }
    /// Computes it, all addresses being such as ``run(_:bias:residual:relu:scratch:into:)`` has checked.
    func compute(
        _ map: UnsafePointer<Float>, _ addition: IntegerAddition, _ space: UnsafeMutablePointer<Float>,
        into target: UnsafeMutablePointer<Float>)
}

/// What is added to a convolution, and whether a ReLU follows.
struct IntegerAddition {
    let bias: UnsafePointer<Float>
    /// As large as the target, or nil.
    let residual: UnsafePointer<Float>?
    let relu: Bool
}

extension IntegerMapProduct {
    /// `target` = the convolution of `map` + bias, + residual where given, then ReLU where asked.
    func run(
        _ map: Span<Float>, bias: Span<Float>, residual: Span<Float>?, relu: Bool,
        scratch: inout MutableSpan<Float>, into target: inout MutableSpan<Float>
    ) {
        check(map, from: 0, height * width * inputs)
        check(target, from: 0, height * width * outputs)
        check(scratch, from: 0, scratchCount)
        precondition(bias.count == outputs)
        if let residual { check(residual, from: 0, height * width * outputs) }
        guard let space = scratch.address(), let to = target.address(), let from = map.address(),
            let shift = bias.address()
        else { return }
        compute(
            from, IntegerAddition(bias: shift, residual: residual?.address(), relu: relu), space, into: to)
    }
}

/// A 3×3 convolution of codes by Winograd's F(2×2, 3×3): see `quantized.h`.
struct IntegerWinograd: IntegerMapProduct {
    /// Positions of the transform.
    static let positions = 16

    let height: Int
    let width: Int
    let inputs: Int
    let outputs: Int
    private let matrices: [IntegerMatrix]
    /// `[positions, outputs]`.
    private let factor: AlignedFloats
    private let scale: AlignedFloats
    private let multiplier: [Int16]
    private let kernels: IntegerKernels
    /// Rows of tiles that are worked on at a time, so that their sums stay in the cache.
    private let strip: Int

    /// Takes one matrix a position; `scale` for each input makes whole numbers of a map, `multiplier` for each position and
    /// input makes codes of their transform.
    init(
        height: Int, width: Int, _ matrices: [IntegerMatrix], scale: [Float], multiplier: [Int16],
        _ kernels: IntegerKernels
    ) {
        precondition(matrices.count == Self.positions && height > 0 && width > 0)
        self.height = height
        self.width = width
        (inputs, outputs) = (matrices[0].rows, matrices[0].columns)
        precondition(scale.count == inputs && multiplier.count == Self.positions * inputs)
        precondition(multiplier.allSatisfy { $0 > 0 })
        self.matrices = matrices
        self.scale = AlignedFloats(scale)
        self.multiplier = multiplier
        self.kernels = kernels
        factor = AlignedFloats(matrices.flatMap(\.factor.elements))
        strip = min((height + 1) / 2, max(1, 96 / ((width + 1) / 2)))
    }

    /// Rows and columns of tiles.
    private var down: Int { (height + 1) / 2 }
    private var across: Int { (width + 1) / 2 }
    /// Floats of the padded map, of a strip's codes and of its sums: each a multiple of 16.
    private var paddedCount: Int { ((2 * down + 2) * (2 * across + 2) * inputs / 2 + 15) / 16 * 16 }
    private var codesCount: Int { (Self.positions * strip * across * inputs / 4 + 15) / 16 * 16 }
    private var sumsCount: Int { Self.positions * strip * across * outputs }
    /// Floats of scratch that it takes.
    var scratchCount: Int { paddedCount + codesCount + sumsCount }

    func compute(
        _ map: UnsafePointer<Float>, _ addition: IntegerAddition, _ space: UnsafeMutablePointer<Float>,
        into target: UnsafeMutablePointer<Float>
    ) {
        let padded = UnsafeMutableRawPointer(space).assumingMemoryBound(to: Int16.self)
        let codes = UnsafeMutableRawPointer(space + paddedCount).assumingMemoryBound(to: UInt8.self)
        let sums = UnsafeMutableRawPointer(space + paddedCount + codesCount).assumingMemoryBound(
            to: Int32.self)
        let table = kernels.table.pointee
        table.winograd_pad(map, height, width, inputs, scale.span.address(), padded)
        let line = (2 * across + 2) * inputs
        for first in stride(from: 0, to: down, by: strip) {
            let rows = min(strip, down - first)
            let tiles = rows * across
            table.winograd_input(padded + 2 * first * line, rows, across, inputs, multiplier, codes)
            for (position, matrix) in matrices.enumerated() {
                matrix.multiply(
                    codes + position * tiles * inputs, apart: inputs, count: tiles,
                    into: sums + position * tiles * outputs, kernels)
            }
            let place = 2 * first * width * outputs
            table.winograd_output(
                sums, min(2 * rows, height - 2 * first), width, outputs, factor.span.address(),
                addition.bias, addition.residual.map { $0 + place }, addition.relu, target + place)
        }
    }
}

/// A 3×3 convolution of codes, done directly: for few channels, whose transforms would take longer than what they save,
/// and lose more.
struct IntegerConvolution: IntegerMapProduct {
    let height: Int
    let width: Int
    private let matrix: IntegerMatrix
    private let coding: Coding
    private let kernels: IntegerKernels

    /// Takes `[3 · 3 · in, out]`.
    init(height: Int, width: Int, _ matrix: IntegerMatrix, _ coding: Coding, _ kernels: IntegerKernels) {
        precondition(height > 0 && width > 0 && coding.scale.count * 9 == matrix.rows)
        self.height = height
        self.width = width
        self.matrix = matrix
        self.coding = coding
        self.kernels = kernels
    }

    var inputs: Int { matrix.rows / 9 }
    var outputs: Int { matrix.columns }
    /// Bytes of a padded row.
    private var line: Int { (width + 2) * inputs }
    /// Floats of the padded codes, a multiple of 16.
    private var codesCount: Int { ((height + 2) * line / 4 + 15) / 16 * 16 }
    /// What a bias must hold beside its own, for codes of nothing are no zeros to the products.
    var offset: [Float] { matrix.offset(zero: coding.zero) }
    /// Floats of scratch that it takes.
    var scratchCount: Int { codesCount + width * outputs }

    func compute(
        _ map: UnsafePointer<Float>, _ addition: IntegerAddition, _ space: UnsafeMutablePointer<Float>,
        into target: UnsafeMutablePointer<Float>
    ) {
        let codes = UnsafeMutableRawPointer(space).assumingMemoryBound(to: UInt8.self)
        let sums = UnsafeMutableRawPointer(space + codesCount).assumingMemoryBound(to: Int32.self)
        let table = kernels.table.pointee
        table.encode_padded(
            map, height, width, inputs, coding.scale.span.address(), Int32(coding.zero), codes)
        for row in 0..<height {
            // The cells under the kernel lie one behind the other in each of its three rows.
            matrix.multiply(
                codes + row * line, apart: inputs, pieces: 3, piecesApart: line, count: width, into: sums,
                kernels)
            let place = row * width * outputs
            table.decode(
                sums, width, outputs, matrix.factor.span.address(), addition.bias,
                addition.residual.map { $0 + place }, addition.relu, target + place)
        }
    }
}
