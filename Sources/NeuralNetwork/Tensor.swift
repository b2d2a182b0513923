/// A block of float32 numbers with a shape, aligned to 64 bytes.
///
/// A reference. What a layer makes for a step comes from its ``Execution``, and its memory goes back there once nobody
/// refers to it. Images are kept channels-last in
/// memory; documentation gives shapes as `[batch, channels, height, width]` all the same, PyTorch's order.
package final class Tensor {
    /// The extents, outermost first, as they lie in memory.
    package private(set) var shape: [Int]
    /// The number of elements.
    package private(set) var count: Int
    /// The elements; valid while the tensor lives and until `resize`.
    private(set) var pointer: UnsafeMutablePointer<Float>
    private var capacity: Int
    /// Where the memory came from and goes back to; nil for the system's.
    private let memory: TensorMemory?

    /// Makes a tensor of zeros.
    package init(_ shape: [Int] = []) {
        self.shape = shape
        memory = nil
        count = shape.reduce(1, *)
        capacity = max(count, 1)
        pointer = TensorMemory.allocate(capacity)
    }

    /// Makes a tensor of memory that is kept for it; its elements hold any numbers.
    init(_ shape: [Int], in memory: TensorMemory) {
        self.shape = shape
        self.memory = memory
        count = shape.reduce(1, *)
        capacity = max(count, 1)
        pointer = memory.take(capacity)
    }

    /// Makes a tensor of given elements; their count must be the shape's product.
    package convenience init(_ shape: [Int], _ elements: [Float]) {
        precondition(shape.reduce(1, *) == elements.count, "\(elements.count) elements for shape \(shape)")
        self.init(shape)
        for (index, element) in elements.enumerated() { pointer[index] = element }
    }

    deinit { release() }

    /// All elements, to read.
    package var span: Span<Float> {
        @_lifetime(borrow self) get {
            let span = Span(_unsafeStart: UnsafePointer(pointer), count: count)
            return _overrideLifetime(span, borrowing: self)
        }
    }

    /// All elements, to write.
    package var mutableSpan: MutableSpan<Float> {
        @_lifetime(borrow self) get {
            let span = MutableSpan(_unsafeStart: pointer, count: count)
            return _overrideLifetime(span, borrowing: self)
        }
    }

    /// Changes the shape; what the elements hold afterwards is unspecified. Allocates only to grow.
    package func resize(_ newShape: [Int]) {
        guard newShape != shape else { return }
        shape = newShape
        count = newShape.reduce(1, *)
        guard count > capacity else { return }
        release()
        capacity = count
        pointer = memory?.take(count) ?? TensorMemory.allocate(count)
    }

    private func release() {
        if let memory {
            memory.giveBack(pointer, capacity)
        } else {
            pointer.deallocate()
        }
    }

    /// Sets every element.
    package func fill(_ value: Float) { pointer.update(repeating: value, count: count) }

    /// Copies the elements of a tensor with as many.
    package func copy(from other: Tensor) {
        precondition(other.count == count)
        pointer.update(from: other.pointer, count: count)
    }

    /// A part of the elements, to write.
    @_lifetime(borrow self)
    package func mutableSpan(_ range: Range<Int>) -> MutableSpan<Float> {
        precondition(range.lowerBound >= 0 && range.upperBound <= count)
        let span = MutableSpan(_unsafeStart: pointer + range.lowerBound, count: range.count)
        return _overrideLifetime(span, borrowing: self)
    }

    /// Adds the elements of a tensor with as many.
    package func add(_ other: Tensor) {
        precondition(other.count == count)
        for index in 0..<count { pointer[index] += other.pointer[index] }
    }

    /// Sets every element to the sum of two tensors' with as many; threads share the work.
    func setSum(_ first: Tensor, _ second: Tensor, _ pool: ThreadPool) {
        precondition(first.count == count && second.count == count)
        pool.split(count) { _, part in
            for index in part { pointer[index] = first.pointer[index] + second.pointer[index] }
        }
    }

    /// Adds a part of the way to the elements of a tensor with as many.
    func move(toward other: Tensor, by share: Float, _ pool: ThreadPool) {
        precondition(other.count == count)
        pool.split(count) { _, part in
            for index in part { pointer[index] += share * (other.pointer[index] - pointer[index]) }
        }
    }

    /// Exchanges all elements with those of a tensor with as many.
    func exchange(with other: Tensor) {
        precondition(other.count == count)
        for index in 0..<count { swap(&pointer[index], &other.pointer[index]) }
    }

    /// Copies a row into each of a matrix's rows.
    func fillRows(with row: Tensor) {
        precondition(row.count > 0 && count % row.count == 0)
        for start in stride(from: 0, to: count, by: row.count) {
            (pointer + start).update(from: row.pointer, count: row.count)
        }
    }

    /// Sets every element to the sum of a matrix's column.
    func setSumOfRows(of matrix: Tensor) {
        precondition(count > 0 && matrix.count % count == 0)
        fill(0)
        for start in stride(from: 0, to: matrix.count, by: count) {
            for column in 0..<count { pointer[column] += matrix.pointer[start + column] }
        }
    }

    /// Multiplies every element.
    package func scale(by factor: Float) {
        for index in 0..<count { pointer[index] *= factor }
    }

    /// The elements as an array.
    package var elements: [Float] {
        get { Array(UnsafeBufferPointer(start: pointer, count: count)) }
        set {
            precondition(newValue.count == count)
            for index in 0..<count { pointer[index] = newValue[index] }
        }
    }

    /// One element, counted in memory order.
    package subscript(index: Int) -> Float {
        get {
            precondition(index >= 0 && index < count)
            return pointer[index]
        }
        set {
            precondition(index >= 0 && index < count)
            pointer[index] = newValue
        }
    }
}
