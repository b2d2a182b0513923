/// Floats that begin at a multiple of 64 bytes, as the widest registers read them fastest.
///
/// A value: a copy that is changed leaves the other as it was, so threads can share one. A changed copy may lie
/// elsewhere against the 64 bytes; that costs time, never a result.
struct AlignedFloats: Sendable {
    private var storage: [Float]
    private let shift: Int
    /// How many there are.
    let count: Int

    /// As many zeros.
    init(count: Int) {
        self.count = count
        storage = [Float](repeating: 0, count: count + 15)
        let address = storage.withUnsafeBufferPointer { UInt(bitPattern: $0.baseAddress) }
        shift = Int((64 - address % 64) % 64) / MemoryLayout<Float>.stride
    }

    /// The same numbers, aligned.
    init(_ values: Span<Float>) {
        self.init(count: values.count)
        for index in values.indices { storage[shift + index] = values[index] }
    }

    /// The same numbers, aligned.
    init(_ values: [Float]) { self.init(values.span) }

    /// All of them, to read.
    var span: Span<Float> {
        @_lifetime(borrow self) get { storage.span.extracting(shift..<shift + count) }
    }

    /// All of them as an array.
    var elements: [Float] { Array(storage[shift..<shift + count]) }

    /// Lends all of them for reading and writing at places that a ``Workspace`` tells apart.
    mutating func withUnsafeMutablePointer(_ body: (UnsafeMutablePointer<Float>) -> Void) {
        storage.withUnsafeMutableBufferPointer { buffer in
            if let base = buffer.baseAddress { body(base + shift) }
        }
    }
}
