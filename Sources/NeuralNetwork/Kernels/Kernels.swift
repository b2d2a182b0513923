import CKernels

/// The C kernels of one instruction set.
///
/// This folder alone knows them. Each call checks once that all it will touch lies inside what it was given, then hands
/// the addresses on. Maps are `[height, width, channels]` in memory; where a stretch is given as a span and a start,
/// the kernel works from that start on.
struct Kernels {
    private let table: UnsafePointer<network_kernels>

    /// Takes the set's kernels; the portable ones where the processor lacks the set.
    init(_ set: KernelSet) { table = set.pointer ?? network_kernels_portable() }

    /// How many columns a product works on at once: its right side is best read in panels of so many.
    var blockColumns: Int { table.pointee.block_columns }

    /// The algorithm for 3×3 convolutions on maps of a size: F(4×4, 3×3) on large maps, F(2×2, 3×3) where a tile of 4
    /// would reach beyond the border.
    func winograd(height: Int, width: Int) -> Winograd {
        Winograd(height % 4 == 0 && width % 4 == 0 ? table.pointee.f4 : table.pointee.f2, height, width)
    }

    /// The right side of a product and where it begins in its memory.
    struct RightSide: ~Escapable {
        /// `[inner, columns]`, with `stride` floats a row.
        let values: Span<Float>
        let start: Int
        let stride: Int

        @_lifetime(copy values)
        init(_ values: Span<Float>, at start: Int = 0, stride: Int) {
            self.values = values
            self.start = start
            self.stride = stride
        }
    }

    /// `target` (+)= `left` · `right`; row `r` and column `c` of the left side lie at `r · rowStride + c · columnStride`
    /// from `leftStart`, row `r` of the target at `r · targetStride` from `start`.
    func product(
        rows: Int, columns: Int, inner: Int, left: Span<Float>, from leftStart: Int = 0, rowStride: Int,
        columnStride: Int = 1, right: RightSide, into target: inout MutableSpan<Float>, at start: Int = 0,
        targetStride: Int, accumulate: Bool = false
    ) {
        guard rows > 0, columns > 0, inner > 0 else { return }
        check(left, from: leftStart, (rows - 1) * rowStride + (inner - 1) * columnStride + 1)
        check(right.values, from: right.start, (inner - 1) * right.stride + columns)
        check(target, from: start, (rows - 1) * targetStride + columns)
        table.pointee.matrix_product(
            rows, columns, inner, left.address(leftStart), rowStride, columnStride,
            right.values.address(right.start), right.stride, target.address(start), targetStride, accumulate)
    }

    /// `target` = gathered `left` · `right`: row `r` of the left side begins at `r · rowStride` from `leftStart`, its
    /// columns lie where `taps` says.
    func product(
        rows: Int, columns: Int, gathering taps: Taps, left: Span<Float>, from leftStart: Int,
        rowStride: Int, right: RightSide, into target: inout MutableSpan<Float>, at start: Int,
        targetStride: Int, accumulate: Bool = false
    ) {
        guard rows > 0, columns > 0, taps.count > 0 else { return }
        check(left, from: leftStart, (rows - 1) * rowStride + taps.reach)
        check(right.values, from: right.start, (taps.count - 1) * right.stride + columns)
        check(target, from: start, (rows - 1) * targetStride + columns)
        table.pointee.gathered_product(
            rows, columns, taps.count, left.address(leftStart), rowStride, taps.offsets,
            right.values.address(right.start), right.stride, target.address(start), targetStride, accumulate)
    }

    /// `target` = `target` · scale + shift for each channel, then ReLU where asked, in `rows` rows from `start` on.
    func scaleShift(
        _ target: inout MutableSpan<Float>, at start: Int, rows: Int, scale: Span<Float>, shift: Span<Float>,
        relu: Bool
    ) {
        let channels = scale.count
        precondition(shift.count == channels)
        check(target, from: start, rows * channels)
        table.pointee.scale_shift(
            target.address(start), rows, channels, scale.address(), shift.address(), relu,
            target.address(start))
    }

    /// `target` = max(0, `first` + `second`), element by element.
    func addReLU(_ first: Span<Float>, _ second: Span<Float>, into target: inout MutableSpan<Float>) {
        precondition(first.count == target.count && second.count == target.count)
        table.pointee.add_relu(first.address(), second.address(), target.count, target.address())
    }

    /// The maximum of each 2×2 window, stride 2, of a map.
    func maxPool(
        _ map: Span<Float>, height: Int, width: Int, channels: Int, into target: inout MutableSpan<Float>
    ) {
        check(map, from: 0, height * width * channels)
        check(target, from: 0, (height / 2) * (width / 2) * channels)
        table.pointee.max_pool(map.address(), height, width, channels, target.address())
    }

    /// One step of an LSTM for one sequence: the four gates' pre-activations, `[4 · hidden]` from `gateStart` on, become
    /// activations, the cell's state `[hidden]` is replaced, and the output goes to `state` from `stateStart` on. At the
    /// first step the cell counts as zero.
    func lstmStep(
        _ gates: inout MutableSpan<Float>, from gateStart: Int, cell: inout MutableSpan<Float>, isFirst: Bool,
        state: inout MutableSpan<Float>, from stateStart: Int
    ) {
        let hidden = cell.count
        check(gates, from: gateStart, 4 * hidden)
        check(state, from: stateStart, hidden)
        let before = isFirst ? nil : UnsafePointer(cell.address())
        table.pointee.lstm_step(
            1, hidden, gates.address(gateStart), 4 * hidden, before, hidden, cell.address(), hidden,
            state.address(stateStart), hidden)
    }
}

/// Where a gathered product's left columns lie, each counted from its row's first.
struct Taps: Sendable {
    /// The places, none below 0.
    let offsets: [Int]
    /// Floats from a row's first to behind its farthest.
    let reach: Int
    /// How many there are.
    var count: Int { offsets.count }

    /// Takes the places.
    init(_ offsets: [Int]) {
        precondition(offsets.allSatisfy { $0 >= 0 })
        self.offsets = offsets
        reach = (offsets.max() ?? -1) + 1
    }
}

/// Traps where a kernel would leave its memory: a fault of the program, never of its input.
@inline(__always)
func check(_ span: Span<Float>, from start: Int, _ count: Int) {
    precondition(start >= 0 && count >= 0 && start <= span.count - count, "outside the span")
}

/// The same for what is written.
@inline(__always)
func check(_ span: borrowing MutableSpan<Float>, from start: Int, _ count: Int) {
    precondition(start >= 0 && count >= 0 && start <= span.count - count, "outside the span")
}

/// Copies all elements to a place of the target.
func copy(_ source: Span<Float>, into target: inout MutableSpan<Float>, at start: Int = 0) {
    check(target, from: start, source.count)
    guard let from = source.address(), let to = target.address(start) else { return }
    to.update(from: from, count: source.count)
}

extension Span<Float> {
    /// The address of an element, for the one call into C that it stands in; nil where there is none.
    func address(_ index: Int = 0) -> UnsafePointer<Float>? {
        withUnsafeBufferPointer { $0.baseAddress.map { $0 + index } }
    }
}

extension MutableSpan<Float> {
    /// The address of an element, for the one call into C that it stands in; nil where there is none.
    mutating func address(_ index: Int = 0) -> UnsafeMutablePointer<Float>? {
        withUnsafeMutableBufferPointer { $0.baseAddress.map { $0 + index } }
    }
}
