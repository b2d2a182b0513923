import CKernels

/// In what the operands of the matrix products of training are kept; their sums, and all else, are floats.
package enum ProductPrecision: String, CaseIterable, Sendable {
    /// 32 bits.
    case float
    /// 16 bits (bfloat16): a float's range with 8 bits of its precision (Kalamkar et al., 2019). Products take half the
    /// time where the processor has an instruction for them; elsewhere they are those of rounded floats, and slower.
    case bf16

    /// Whether this processor has an instruction for its products.
    package var isNative: Bool { self == .float || bf16_kernels_avx512() != nil }
}
