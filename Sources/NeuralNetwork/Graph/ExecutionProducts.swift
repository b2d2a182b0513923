// Products in the precision of an execution.

extension Execution {
    /// Whether products have rounded operands.
    var isNarrow: Bool { kernels.narrow != nil }

    /// Makes every thread's room for products of no larger sides large enough.
    func reserveProduct(rows: Int, columns: Int, inner: Int) {
        guard isNarrow else { return }
        reserve(slot: 2, count: Kernels.packedCount(rows: inner, columns: rows + columns))
    }

    /// Matrices `[rows, columns]`, each `apart` floats behind the one before with `stride` floats a row, as right sides of many
    /// products: in panels, or rounded and packed.
    func rightSides(
        _ matrices: Tensor, count: Int = 1, rows: Int, columns: Int, stride: Int? = nil,
        apart: Int? = nil
    ) -> Tensor {
        let size = isNarrow ? Kernels.packedCount(rows: rows, columns: columns) : rows * columns
        let packed = tensor([count * size])
        let stride = stride ?? columns
        let apart = apart ?? rows * stride
        let panel = kernels.blockColumns
        pool.split(count) { _, part in
            var target = packed.mutableSpan
            for index in part where !isNarrow {
                Kernels.cut(
                    matrices.span, from: index * apart, rows: rows, columns: columns, stride: stride,
                    panel: panel, into: &target, at: index * size)
            }
            for index in part where isNarrow {
                kernels.pack(
                    matrices.span, from: index * apart, rows: rows, columns: columns, stride: stride,
                    into: &target, at: index * size)
            }
        }
        return packed
    }

    /// One of the matrices that ``rightSides(_:count:rows:columns:stride:apart:)`` made, or of such in panels, `apart` floats
    /// behind each other.
    @_lifetime(copy values)
    func rightSide(
        _ values: Span<Float>, number: Int = 0, rows: Int, columns: Int, apart: Int? = nil
    ) -> Kernels.RightSide {
        guard isNarrow else {
            return Kernels.RightSide(
                panels: values, at: number * (apart ?? rows * columns), of: kernels.blockColumns)
        }
        let size = Kernels.packedCount(rows: rows, columns: columns)
        return Kernels.RightSide(packed: values, at: number * size, columns: columns)
    }

    /// `target` (+)= `left` · `right` on one thread, as the kernels' product does it; room was made by
    /// ``reserveProduct(rows:columns:inner:)``.
    func product(
        _ thread: Int, rows: Int, columns: Int, inner: Int, left: Span<Float>, from leftStart: Int,
        rowStride: Int, columnStride: Int = 1, right: Kernels.RightSide,
        into target: inout MutableSpan<Float>, at start: Int = 0, targetStride: Int, accumulate: Bool = false
    ) {
        guard isNarrow else {
            return kernels.product(
                rows: rows, columns: columns, inner: inner, left: left, from: leftStart,
                rowStride: rowStride, columnStride: columnStride, right: right, into: &target, at: start,
                targetStride: targetStride, accumulate: accumulate)
        }
        let room = scratch(thread: thread, slot: 2)
        var scratch = room.mutableSpan
        kernels.narrowProduct(
            rows: rows, columns: columns, inner: inner, left: left, from: leftStart, rowStride: rowStride,
            columnStride: columnStride, right: right, into: &target, at: start, targetStride: targetStride,
            accumulate: accumulate, scratch: &scratch)
    }
}
