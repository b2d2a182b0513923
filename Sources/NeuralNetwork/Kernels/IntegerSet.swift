import CKernels

/// The instruction set of kernels of eight-bit integers. All give the same integers.
package enum IntegerSet: CaseIterable, Sendable {
    /// The fastest that this processor runs.
    case best
    /// Any processor of the architecture.
    case portable
    /// AVX2; AVX-VNNI; AVX-512 with VNNI; arm64's dot product.
    case avx2, avxVNNI, avx512VNNI, dotProduct

    /// The kernels in the program's constant data, or nil where this processor can't run them.
    var pointer: UnsafePointer<quantized_kernels>? {
        switch self {
        case .best: quantized_kernels_best()
        case .portable: quantized_kernels_portable()
        case .avx2: quantized_kernels_avx2()
        case .avxVNNI: quantized_kernels_avx_vnni()
        case .avx512VNNI: quantized_kernels_avx512_vnni()
        case .dotProduct: quantized_kernels_dotprod()
        }
    }

    /// Those that this processor runs, each once.
    package static var supported: [IntegerSet] { allCases.filter { $0 != .best && $0.pointer != nil } }

    /// Whether this processor multiplies and adds bytes in one instruction, so that integers are faster than floats for
    /// certain.
    package static var hasDotProduct: Bool {
        quantized_kernels_best().pointee.has_dot_product
    }
}
