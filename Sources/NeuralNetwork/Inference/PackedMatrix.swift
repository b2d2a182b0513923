import CKernels

/// The right side of matrix products, laid out in panels of columns, so that a product reads it from first to last
/// byte: weights of a whole network are larger than the second cache, and what is read in order arrives in time.
///
/// Immutable after `init`, so that threads can share it.
final class PackedMatrix: @unchecked Sendable {
    /// Rows of the matrix: the products' inner extent.
    let rows: Int
    /// Columns of the matrix.
    let columns: Int
    private let panel: Int
    private let values: Tensor
    private let kernels: network_kernels

    /// Columns of a panel where products have one row.
    static let rowPanel = 64

    /// Packs `[rows, columns]`; a panel has as many columns as the kernels' blocks unless given.
    init(
        _ source: UnsafePointer<Float>, rows: Int, columns: Int, panel: Int? = nil,
        _ kernels: network_kernels
    ) {
        self.rows = rows
        self.columns = columns
        let panel = panel ?? kernels.block_columns
        self.panel = panel
        self.kernels = kernels
        values = Tensor([rows * columns])
        var place = 0
        for first in stride(from: 0, to: columns, by: panel) {
            for row in 0..<rows {
                for column in first..<min(columns, first + panel) {
                    values.pointer[place] = source[row * columns + column]
                    place += 1
                }
            }
        }
    }

    /// `target` (+)= `left` · matrix; `left` is `[count, rows]` with its rows one after another, `target`
    /// `[count, columns]`.
    func multiply(
        _ left: UnsafePointer<Float>, count: Int, into target: UnsafeMutablePointer<Float>,
        accumulate: Bool = false
    ) {
        for first in stride(from: 0, to: columns, by: panel) {
            let width = min(panel, columns - first)
            kernels.matrix_product(
                count, width, rows, left, rows, 1, values.pointer + first * rows, width, target + first,
                columns,
                accumulate)
        }
    }

    /// `target` = gathered `left` · matrix: row `r` of the left side lies at `left + r · apart`, its columns at
    /// `offsets` from there.
    func multiply(
        _ left: UnsafePointer<Float>, apart: Int, at offsets: [Int], count: Int,
        into target: UnsafeMutablePointer<Float>
    ) {
        for first in stride(from: 0, to: columns, by: panel) {
            let width = min(panel, columns - first)
            kernels.gathered_product(
                count, width, rows, left, apart, offsets, values.pointer + first * rows, width,
                target + first,
                columns, false)
        }
    }
}
