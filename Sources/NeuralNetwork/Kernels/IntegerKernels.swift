import CKernels

/// The C kernels of eight-bit integers of one instruction set.
struct IntegerKernels: Sendable {
    // Constant data of the program.
    nonisolated(unsafe) let table: UnsafePointer<quantized_kernels>

    /// Takes the set's kernels; the portable ones where the processor lacks the set.
    init(_ set: IntegerSet) { table = set.pointer ?? quantized_kernels_portable() }
}

/// A matrix of whole numbers from -127 to 127 as the right side of products with codes, and what its sums are worth.
struct IntegerMatrix: Sendable {
    /// Rows, the products' inner extent, a multiple of 8.
    let rows: Int
    /// Columns, a multiple of 8.
    let columns: Int
    /// What a sum of each column is multiplied by.
    let factor: AlignedFloats
    private let packed: AlignedFloats
    private let correction: [Int32]

    /// Rounds `weight(row, column)`, what a unit of a code is worth, to as fine steps as each column's largest allows.
    init(rows: Int, columns: Int, _ kernels: IntegerKernels, weight: (Int, Int) -> Double) {
        precondition(rows > 0 && columns > 0 && rows % 8 == 0 && columns % 8 == 0)
        self.rows = rows
        self.columns = columns
        var values = [Double](repeating: 0, count: rows * columns)
        for row in 0..<rows {
            for column in 0..<columns { values[row * columns + column] = weight(row, column) }
        }
        let whole = WholeWeights(values, columns: columns)
        factor = AlignedFloats(whole.steps)
        correction = whole.sums.map { -128 * $0 }
        var packed = AlignedFloats(count: rows * columns / 4)
        packed.withUnsafeMutablePointer { target in
            target.withMemoryRebound(to: Int8.self, capacity: rows * columns) {
                kernels.table.pointee.pack(rows, columns, whole.numbers, $0)
            }
        }
        self.packed = packed
    }

    /// What is added to each column's sum, in floats, so that a code of `zero` counts as nothing in the place of 128.
    func offset(zero: Int) -> [Float] {
        correction.enumerated().map { Float(Double(128 - zero) / -128 * Double($1)) * factor.span[$0] }
    }

    /// `sums` = (`codes` - 128) · matrix, for `count` rows of codes that begin `apart` bytes apart, each of `pieces` pieces
    /// as many bytes apart as said.
    func multiply(
        _ codes: UnsafePointer<UInt8>, apart: Int, pieces: Int = 1, piecesApart: Int = 0, count: Int,
        into sums: UnsafeMutablePointer<Int32>, _ kernels: IntegerKernels
    ) {
        guard let place = packed.span.address() else { return }
        let bytes = UnsafeRawPointer(place).assumingMemoryBound(to: Int8.self)
        kernels.table.pointee.product(
            count, columns, codes, apart, pieces, rows / pieces, piecesApart, bytes, correction, sums)
    }
}

/// What a layer's inputs become, channel by channel.
struct Coding: Sendable {
    /// What an input is multiplied by.
    let scale: AlignedFloats
    /// The code of nothing: 0 where no input is negative, else 128.
    let zero: Int

    /// Takes one number a channel.
    init(scale: [Float], zero: Int) {
        self.scale = AlignedFloats(scale)
        self.zero = zero
    }
}

/// Products of rows of floats, made codes, with a matrix.
struct IntegerProduct: Sendable {
    let matrix: IntegerMatrix
    private let coding: Coding
    private let kernels: IntegerKernels

    init(_ matrix: IntegerMatrix, _ coding: Coding, _ kernels: IntegerKernels) {
        precondition(coding.scale.count == matrix.rows)
        self.matrix = matrix
        self.coding = coding
        self.kernels = kernels
    }

    /// What a bias must hold beside its own, for codes of nothing are no zeros to the products.
    var offset: [Float] { matrix.offset(zero: coding.zero) }

    /// Floats of scratch that `count` rows take.
    func scratchCount(_ count: Int) -> Int { count * (matrix.rows / 4 + matrix.columns) }

    /// `target` = `left` · matrix + `bias`, then ReLU where asked; without a bias what the target holds is added in its
    /// place. `left` is `[count, rows]`, from `leftStart` on, `target` `[count, columns]`, from `start` on.
    func multiply(
        _ left: Span<Float>, from leftStart: Int = 0, count: Int, bias: Span<Float>?, relu: Bool = false,
        scratch: inout MutableSpan<Float>, into target: inout MutableSpan<Float>, at start: Int = 0
    ) {
        let (rows, columns) = (matrix.rows, matrix.columns)
        check(left, from: leftStart, count * rows)
        check(target, from: start, count * columns)
        check(scratch, from: 0, scratchCount(count))
        if let bias { precondition(bias.count == columns) }
        guard let from = left.address(leftStart), let to = target.address(start),
            let space = scratch.address()
        else { return }
        let codes = UnsafeMutableRawPointer(space).assumingMemoryBound(to: UInt8.self)
        let sums = UnsafeMutableRawPointer(space + count * rows / 4).assumingMemoryBound(to: Int32.self)
        let table = kernels.table.pointee
        table.encode(from, count, rows, coding.scale.span.address(), Int32(coding.zero), codes)
        matrix.multiply(codes, apart: rows, count: count, into: sums, kernels)
        table.decode(
            sums, count, columns, matrix.factor.span.address(), bias?.address(),
            bias == nil ? UnsafePointer(to) : nil, relu, to)
    }
}
