import COpenBLAS

/// OpenBLAS, kept to one thread: its own threading is slow on small products, and the batch is spread over ours.
enum BLAS {
    /// C (+)= op(A) op(B), row-major; `m` × `k` by `k` × `n`, with `lda`, `ldb`, `ldc` floats a row as stored.
    static func multiply(
        m: Int, n: Int, k: Int, _ a: UnsafePointer<Float>, lda: Int, transposeA: Bool = false,
        _ b: UnsafePointer<Float>, ldb: Int, transposeB: Bool = false, into c: UnsafeMutablePointer<Float>,
        ldc: Int,
        accumulate: Bool = false
    ) {
        _ = singleThreaded
        guard m > 0, n > 0, k > 0 else { return }
        cblas_sgemm(
            CblasRowMajor, transposeA ? CblasTrans : CblasNoTrans, transposeB ? CblasTrans : CblasNoTrans,
            blasint(m), blasint(n), blasint(k), 1, a, blasint(lda), b, blasint(ldb), accumulate ? 1 : 0, c,
            blasint(ldc))
    }

    private static let singleThreaded: Void = openblas_set_num_threads(1)
}
