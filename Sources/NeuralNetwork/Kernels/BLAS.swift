import COpenBLAS
import COpenBLASLate

/// OpenBLAS, which training alone needs, kept to one thread: its own threading is slow on small products, and the batch is
/// spread over ours.
package enum BLAS {
    /// Why it can't be loaded, and what to install; nil where it is there.
    package static let missing: String? = {
        if let reason = raut_load_openblas() { return String(cString: reason) }
        openblas_set_num_threads(1)
        return nil
    }()

    /// One side of a product: a matrix of `stride` floats a row, as stored, from `start` on.
    struct Matrix: ~Escapable {
        let values: Span<Float>
        let start: Int
        let stride: Int
        let isTransposed: Bool

        @_lifetime(copy values)
        init(_ values: Span<Float>, at start: Int = 0, stride: Int, isTransposed: Bool = false) {
            self.values = values
            self.start = start
            self.stride = stride
            self.isTransposed = isTransposed
        }

        /// Traps where it has not so many rows and columns.
        func check(rows: Int, columns: Int) {
            let (stored, width) = isTransposed ? (columns, rows) : (rows, columns)
            precondition(width <= stride && start >= 0)
            precondition(start + (stored - 1) * stride + width <= values.count, "outside the span")
        }
    }

    /// `target` (+)= `left` · `right`: `rows` × `inner` by `inner` × `columns`, its rows `targetStride` floats apart from
    /// `start` on.
    static func multiply(
        rows: Int, columns: Int, inner: Int, _ left: Matrix, _ right: Matrix,
        into target: inout MutableSpan<Float>, at start: Int = 0, targetStride: Int, accumulate: Bool = false
    ) {
        if let missing { preconditionFailure(missing) }
        guard rows > 0, columns > 0, inner > 0 else { return }
        left.check(rows: rows, columns: inner)
        right.check(rows: inner, columns: columns)
        check(target, from: start, (rows - 1) * targetStride + columns)
        cblas_sgemm(
            CblasRowMajor, left.isTransposed ? CblasTrans : CblasNoTrans,
            right.isTransposed ? CblasTrans : CblasNoTrans, blasint(rows), blasint(columns), blasint(inner),
            1, left.values.address(left.start), blasint(left.stride), right.values.address(right.start),
            blasint(right.stride), accumulate ? 1 : 0, target.address(start), blasint(targetStride))
    }
}
