import CKernels

/// The C kernels of one instruction set.
///
/// This folder alone knows them. Each call checks once that all it will touch lies inside what it was given, then hands
/// the addresses on. Maps are `[height, width, channels]` in memory; where a stretch is given as a span and a start,
/// the kernel works from that start on.
struct Kernels {
    let table: UnsafePointer<network_kernels>

    /// Those of products with rounded operands; nil where operands are floats.
    let narrow: UnsafePointer<bf16_kernels>?

    /// Takes the set's kernels; the portable ones where the processor lacks the set.
    init(_ set: KernelSet, _ precision: ProductPrecision = .float) {
        table = set.pointer ?? network_kernels_portable()
        narrow =
            switch precision {
            case .float: nil
            case .bf16: set == .best || set == .avx512 ? bf16_kernels_best() : bf16_kernels_portable()
            }
    }

    /// How many columns a product works on at once: its right side is best read in panels of so many.
    var blockColumns: Int { table.pointee.block_columns }

    /// The algorithm for 3×3 convolutions on maps of a size: F(4×4, 3×3) on large maps, F(2×2, 3×3) where a tile of 4
    /// would reach beyond the border.
    func winograd(height: Int, width: Int) -> Winograd {
        Winograd(height % 4 == 0 && width % 4 == 0 ? table.pointee.f4 : table.pointee.f2, height, width)
    }

    /// The same for batches, where weights are transformed once for many images. F(6×6, 3×3) has a fifth less to multiply than
    /// F(4×4, 3×3), for nearly twice as large a transform of the weights: on maps of sixteen tiles and more, which have fewer
    /// channels, and not of rounded operands, whose errors it would multiply. F(3×3, 3×3) has a third less than F(2×2, 3×3), on
    /// small maps that its tiles fit.
    func batchWinograd(height: Int, width: Int) -> Winograd {
        if narrow == nil, height % 6 == 0, width % 6 == 0, height * width >= 16 * 36 {
            return Winograd(table.pointee.f6, height, width)
        }
        guard height % 3 == 0, width % 3 == 0, height % 4 != 0 || width % 4 != 0 else {
            return winograd(height: height, width: width)
        }
        return Winograd(table.pointee.f3, height, width)
    }

    /// The right side of a product and where it begins in its memory.
    struct RightSide: ~Escapable {
        /// `[inner, columns]`, with `stride` floats a row; or in panels of `panel` columns, the last as many as are left, each
        /// `[inner, columns of the panel]`.
        let values: Span<Float>
        let start: Int
        let stride: Int
        let panel: Int?
        /// Whether they are rounded and packed, for products of rounded operands.
        let isPacked: Bool

        @_lifetime(copy values)
        init(_ values: Span<Float>, at start: Int = 0, stride: Int) {
            (self.values, self.start, self.stride, panel, isPacked) = (values, start, stride, nil, false)
        }

        @_lifetime(copy values)
        init(panels values: Span<Float>, at start: Int = 0, of panel: Int) {
            (self.values, self.start, stride, self.panel, isPacked) = (values, start, panel, panel, false)
        }

        @_lifetime(copy values)
        init(packed values: Span<Float>, at start: Int, columns: Int) {
            (self.values, self.start, stride, panel, isPacked) = (values, start, columns, nil, true)
        }
    }

    /// `target` (+)= `left` · `right`; row `r` and column `c` of the left side lie at `r · rowStride + c · columnStride`
    /// from `leftStart`, row `r` of the target at `r · targetStride` from `start`.
    func product(
        rows: Int, columns: Int, inner: Int, left: Span<Float>, from leftStart: Int = 0, rowStride: Int,
        columnStride: Int = 1, right: RightSide, into target: inout MutableSpan<Float>, at start: Int = 0,
        targetStride: Int, accumulate: Bool = false
    ) {
        guard rows > 0, columns > 0, inner > 0 else { return }
        check(left, from: leftStart, (rows - 1) * rowStride + (inner - 1) * columnStride + 1)
        check(target, from: start, (rows - 1) * targetStride + columns)
        guard let panel = right.panel else {
            check(right.values, from: right.start, (inner - 1) * right.stride + columns)
            table.pointee.matrix_product(
                rows, columns, inner, left.address(leftStart), rowStride, columnStride,
                right.values.address(right.start), right.stride, target.address(start), targetStride,
                accumulate)
            return
        }
        check(right.values, from: right.start, inner * columns)
        for first in stride(from: 0, to: columns, by: panel) {
            let width = min(panel, columns - first)
            table.pointee.matrix_product(
                rows, width, inner, left.address(leftStart), rowStride, columnStride,
                right.values.address(right.start + first * inner), width, target.address(start + first),
                targetStride, accumulate)
        }
    }

    /// Copies a matrix `[rows, columns]` of `stride` floats a row into panels of `panel` columns, the last as many as are left,
    /// each `[rows, columns of the panel]`.
    static func cut(
        _ matrix: Span<Float>, from start: Int, rows: Int, columns: Int, stride: Int, panel: Int,
        into target: inout MutableSpan<Float>, at place: Int
    ) {
        guard rows > 0, columns > 0 else { return }
        check(matrix, from: start, (rows - 1) * stride + columns)
        check(target, from: place, rows * columns)
        for first in Swift.stride(from: 0, to: columns, by: panel) {
            let width = min(panel, columns - first)
            for row in 0..<rows {
                let source = start + row * stride + first
                copy(
                    matrix.extracting(source..<source + width), into: &target,
                    at: place + first * rows + row * width)
            }
        }
    }

    /// `target` (+)= gathered `left` · `right`: row `r` of the left side begins at `r · rowStride` from `leftStart`, its
    /// columns lie where `taps` says.
    func product(
        rows: Int, columns: Int, gathering taps: Taps, left: Span<Float>, from leftStart: Int,
        rowStride: Int, right: RightSide, into target: inout MutableSpan<Float>, at start: Int,
        targetStride: Int, accumulate: Bool = false
    ) {
        guard rows > 0, columns > 0, taps.count > 0 else { return }
        check(left, from: leftStart, (rows - 1) * rowStride + taps.reach)
        check(right.values, from: right.start, (taps.count - 1) * right.stride + columns)
        check(target, from: start, (rows - 1) * targetStride + columns)
        table.pointee.gathered_product(
            rows, columns, taps.count, left.address(leftStart), rowStride, taps.offsets,
            right.values.address(right.start), right.stride, target.address(start), targetStride, accumulate)
    }

    /// `target` (+)= the transpose of gathered `left` · `right`: row `r` of the transpose begins where `taps` says, from
    /// `leftStart` on, and its columns lie `columnStride` apart; `right` is `[inner, columns]`.
    func product(
        gathering taps: Taps, columns: Int, inner: Int, left: Span<Float>, from leftStart: Int,
        columnStride: Int, right: RightSide, into target: inout MutableSpan<Float>, targetStride: Int,
        accumulate: Bool
    ) {
        guard taps.count > 0, columns > 0, inner > 0 else { return }
        check(left, from: leftStart, (inner - 1) * columnStride + taps.reach)
        check(right.values, from: right.start, (inner - 1) * right.stride + columns)
        check(target, from: 0, (taps.count - 1) * targetStride + columns)
        table.pointee.gathered_product_adjoint(
            taps.count, columns, inner, left.address(leftStart), taps.offsets, columnStride,
            right.values.address(right.start), right.stride, target.address(), targetStride, accumulate)
    }
}

/// Where a gathered product's left columns lie, each counted from its row's first.
struct Taps: Sendable {
    /// The places, none below 0.
    let offsets: [Int]
    /// Floats from a row's first to behind its farthest.
    let reach: Int
    /// How many there are.
    var count: Int { offsets.count }

    /// Takes the places.
    init(_ offsets: [Int]) {
        precondition(offsets.allSatisfy { $0 >= 0 })
        self.offsets = offsets
        reach = (offsets.max() ?? -1) + 1
    }
}

/// Traps where a kernel would leave its memory: a fault of the program, never of its input.
@inline(__always)
func check(_ span: Span<Float>, from start: Int, _ count: Int) {
    precondition(start >= 0 && count >= 0 && start <= span.count - count, "outside the span")
}

/// The same for what is written.
@inline(__always)
func check(_ span: borrowing MutableSpan<Float>, from start: Int, _ count: Int) {
    precondition(start >= 0 && count >= 0 && start <= span.count - count, "outside the span")
}

/// Copies all elements to a place of the target.
func copy(_ source: Span<Float>, into target: inout MutableSpan<Float>, at start: Int = 0) {
    check(target, from: start, source.count)
    guard let from = source.address(), let to = target.address(start) else { return }
    to.update(from: from, count: source.count)
}

/// Copies a matrix `[rows, columns]` of `stride` floats a row with its columns for rows, of `targetStride` floats each.
func transpose(
    _ matrix: Span<Float>, rows: Int, columns: Int, stride: Int? = nil,
    into target: inout MutableSpan<Float>, targetStride: Int? = nil
) {
    let (apart, targetApart) = (stride ?? columns, targetStride ?? rows)
    guard rows > 0, columns > 0 else { return }
    check(matrix, from: 0, (rows - 1) * apart + columns)
    check(target, from: 0, (columns - 1) * targetApart + rows)
    guard let from = matrix.address(), let to = target.address() else { return }
    for row in 0..<rows {
        for column in 0..<columns { to[column * targetApart + row] = from[row * apart + column] }
    }
}

/// Adds some elements to as many of the target's, from a place on.
func accumulate(
    _ source: Span<Float>, from start: Int, count: Int, into target: inout MutableSpan<Float>, at place: Int
) {
    check(source, from: start, count)
    check(target, from: place, count)
    guard let from = source.address(start), let to = target.address(place) else { return }
    for index in 0..<count { to[index] += from[index] }
}

/// Sets so many elements from a place on to the products of some elements and as many factors.
func multiply(
    _ source: Span<Float>, from start: Int, by factors: Span<Float>, from first: Int, count: Int,
    into target: inout MutableSpan<Float>, at place: Int
) {
    check(source, from: start, count)
    check(factors, from: first, count)
    check(target, from: place, count)
    guard let from = source.address(start), let by = factors.address(first), let to = target.address(place)
    else { return }
    for index in 0..<count { to[index] = from[index] * by[index] }
}

extension Span<Float> {
    /// The address of an element, for the one call into C that it stands in; nil where there is none.
    func address(_ index: Int = 0) -> UnsafePointer<Float>? {
        withUnsafeBufferPointer { $0.baseAddress.map { $0 + index } }
    }
}

extension MutableSpan<Float> {
    /// The address of an element, for the one call into C that it stands in; nil where there is none.
    mutating func address(_ index: Int = 0) -> UnsafeMutablePointer<Float>? {
        withUnsafeMutableBufferPointer { $0.baseAddress.map { $0 + index } }
    }
}
