/// The right side of matrix products, laid out in panels of columns, so that a product reads it from first to last
/// byte: weights of a whole network are larger than the second cache, and what is read in order arrives in time.
struct PackedMatrix: Sendable {
    /// Rows of the matrix: the products' inner extent.
    let rows: Int
    /// Columns of the matrix.
    let columns: Int
    private let panel: Int
    private let values: AlignedFloats

    /// Columns of a panel where products have one row.
    static let rowPanel = 64

    /// Packs `[rows, columns]` that begin at a place of `source`, in panels of so many columns.
    init(_ source: Span<Float>, from start: Int = 0, rows: Int, columns: Int, panel: Int) {
        var packed = [Float](repeating: 0, count: rows * columns)
        var target = packed.mutableSpan
        Kernels.cut(
            source, from: start, rows: rows, columns: columns, stride: columns, panel: panel, into: &target,
            at: 0)
        self.init(panels: packed.span, rows: rows, columns: columns, panel: panel)
    }

    /// Takes a matrix `[rows, columns]` that lies in panels from a place of `source` on.
    init(panels source: Span<Float>, from start: Int = 0, rows: Int, columns: Int, panel: Int) {
        self.rows = rows
        self.columns = columns
        self.panel = panel
        values = AlignedFloats(source.extracting(start..<start + rows * columns))
    }

    /// `target` (+)= `left` · matrix; `left` is `[count, rows]` with its rows one after another, `target`
    /// `[count, columns]`.
    func multiply(
        _ left: Span<Float>, from leftStart: Int = 0, count: Int, into target: inout MutableSpan<Float>,
        at start: Int = 0, accumulate: Bool = false, _ kernels: Kernels
    ) {
        kernels.product(
            rows: count, columns: columns, inner: rows, left: left, from: leftStart, rowStride: rows,
            right: Kernels.RightSide(panels: values.span, of: panel), into: &target, at: start,
            targetStride: columns, accumulate: accumulate)
    }

    /// `target` = gathered `left` · matrix: row `r` of the left side begins at `leftStart + r · apart`, its columns lie
    /// where `taps` says.
    func multiply(
        _ left: Span<Float>, from leftStart: Int, apart: Int, gathering taps: Taps, count: Int,
        into target: inout MutableSpan<Float>, at start: Int, _ kernels: Kernels
    ) {
        let values = values.span
        for first in stride(from: 0, to: columns, by: panel) {
            let width = min(panel, columns - first)
            kernels.product(
                rows: count, columns: width, gathering: taps, left: left, from: leftStart, rowStride: apart,
                right: Kernels.RightSide(values, at: first * rows, stride: width), into: &target,
                at: start + first, targetStride: columns)
        }
    }
}
