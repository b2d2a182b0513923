import CKernels

extension Kernels {
    /// The right side of a product, rounded and packed: room for it, in floats.
    static func packedCount(rows: Int, columns: Int) -> Int { (rows + 1) / 2 * columns }

    /// Packs a matrix `[rows, columns]` of `stride` floats a row as the right side of products of rounded operands.
    func pack(
        _ matrix: Span<Float>, from start: Int, rows: Int, columns: Int, stride: Int,
        into target: inout MutableSpan<Float>, at place: Int
    ) {
        guard let narrow, rows > 0, columns > 0 else { return }
        check(matrix, from: start, (rows - 1) * stride + columns)
        check(target, from: place, Self.packedCount(rows: rows, columns: columns))
        narrow.pointee.pack(rows, columns, matrix.address(start), stride, target.address(place))
    }

    /// `target` (+)= `left` · `right` with rounded operands; the left side's row or column stride is 1.
    ///
    /// - Parameters:
    ///   - right: Packed, or floats, which are packed first.
    ///   - scratch: Room for both sides, packed.
    func narrowProduct(
        rows: Int, columns: Int, inner: Int, left: Span<Float>, from leftStart: Int, rowStride: Int,
        columnStride: Int, right: RightSide, into target: inout MutableSpan<Float>, at start: Int,
        targetStride: Int, accumulate: Bool, scratch: inout MutableSpan<Float>
    ) {
        guard let narrow, rows > 0, columns > 0, inner > 0 else { return }
        precondition(rowStride == 1 || columnStride == 1)
        check(left, from: leftStart, (rows - 1) * rowStride + (inner - 1) * columnStride + 1)
        check(target, from: start, (rows - 1) * targetStride + columns)
        let room = Self.packedCount(rows: inner, columns: rows)
        check(scratch, from: 0, room)
        if right.isPacked {
            check(right.values, from: right.start, Self.packedCount(rows: inner, columns: columns))
        } else {
            pack(
                right.values, from: right.start, rows: inner, columns: columns, stride: right.stride,
                into: &scratch, at: room)
        }
        let pairs =
            right.isPacked
            ? UnsafeRawPointer(right.values.address(right.start)) : UnsafeRawPointer(scratch.address(room))
        narrow.pointee.product(
            rows, columns, inner, left.address(leftStart), rowStride, columnStride, pairs,
            target.address(start), targetStride, accumulate, scratch.address(0))
    }
}
