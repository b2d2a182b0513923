import CKernels

/// The instruction set of a network's kernels.
package enum KernelSet: CaseIterable, Sendable {
    /// The fastest that this processor runs.
    case best
    /// SSE2 on x86-64, NEON on arm64.
    case portable
    case avx2, avx512

    /// The kernels in the program's constant data, or nil where this processor can't run them.
    var pointer: UnsafePointer<network_kernels>? {
        switch self {
        case .best: network_kernels_best()
        case .portable: network_kernels_portable()
        case .avx2: network_kernels_avx2()
        case .avx512: network_kernels_avx512()
        }
    }

    /// A copy of the table, or nil where this processor can't run its kernels.
    package var table: network_kernels? { pointer?.pointee }

    /// Those that this processor runs, each once.
    package static var supported: [KernelSet] { allCases.filter { $0 != .best && $0.table != nil } }
}
