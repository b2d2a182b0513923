/// The 64-bit hash FNV-1a (Fowler, Noll and Vo), which tells data apart between runs; no protection against forgery.
package struct FNV1a: Sendable {
    /// The hash of what was added so far.
    package private(set) var value: UInt64 = 0xcbf2_9ce4_8422_2325

    /// The hash of nothing.
    package init() {}

    /// Adds one value in one step, of whatever width: a byte as FNV-1a has it, or a wider word.
    package mutating func add(_ word: UInt64) { value = (value ^ word) &* 0x100_0000_01b3 }

    /// Adds each byte.
    package mutating func add(_ bytes: some Sequence<UInt8>) {
        for byte in bytes { add(UInt64(byte)) }
    }
}
