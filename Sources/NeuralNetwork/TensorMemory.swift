import Glibc
import System

/// Memory that tensors are made in and leave again: what one layer's activations leave behind in the backward pass is where
/// the next one's gradient goes.
///
/// One stretch of addresses, of which the system gives memory for what was touched; a tensor goes into the first gap that is
/// large enough, so that a step's tensors take hardly more than those that live at the same time. Used from one thread at a
/// time, as the ``Execution`` is that it belongs to.
final class TensorMemory {
    private var start: UnsafeMutablePointer<Float>?
    /// Free floats between tensors, counted from `start`; the first ones first, none beside another.
    private var gaps: [Range<Int>] = []
    /// Where nothing has been yet, or is any more.
    private var end = 0
    /// The most floats that were taken, gaps among them.
    private(set) var peak = 0
    /// How many floats may be touched.
    private var open = 0

    /// 8 GB of addresses, and no memory. What does not fit is the system's to place.
    private static let limit = 2 << 30
    /// 64 MB are opened at a time.
    private static let step = 16 << 20

    deinit { if let start { munmap(start, Self.limit * 4) } }

    /// Memory for so many floats, with any numbers in it.
    func take(_ count: Int) -> UnsafeMutablePointer<Float> {
        let size = Self.rounded(count)
        if let place = gaps.firstIndex(where: { $0.count >= size }) {
            let first = gaps[place].lowerBound
            gaps[place] = first + size..<gaps[place].upperBound
            if gaps[place].isEmpty { gaps.remove(at: place) }
            if let start { return start + first }
        }
        guard end + size <= Self.limit, opens(end + size), let start else { return Self.allocate(count) }
        defer {
            end += size
            peak = max(peak, end)
        }
        return start + end
    }

    /// Takes memory for so many floats back.
    func giveBack(_ pointer: UnsafeMutablePointer<Float>, _ count: Int) {
        guard let start, (0..<Self.limit).contains(pointer - start) else { return pointer.deallocate() }
        var gap = pointer - start..<pointer - start + Self.rounded(count)
        var place = gaps.firstIndex { $0.lowerBound >= gap.upperBound } ?? gaps.count
        if place < gaps.count, gaps[place].lowerBound == gap.upperBound {
            gap = gap.lowerBound..<gaps.remove(at: place).upperBound
        }
        if place > 0, gaps[place - 1].upperBound == gap.lowerBound {
            place -= 1
            gap = gaps.remove(at: place).lowerBound..<gap.upperBound
        }
        if gap.upperBound == end { end = gap.lowerBound } else { gaps.insert(gap, at: place) }
    }

    /// Floats that tensors lie in, rounded up.
    var held: Int { gaps.reduce(end) { $0 - $1.count } }

    /// Gives the whole pages in which no tensor lies back to the system, which has zeros for who comes there again.
    func release() {
        guard let start else { return }
        let page = max(1, sysconf(Int32(_SC_PAGESIZE)) / MemoryLayout<Float>.stride)
        for gap in gaps + [end..<open] {
            let first = (gap.lowerBound + page - 1) / page * page
            let count = gap.upperBound / page * page - first
            if count > 0 { madvise(start + first, count * MemoryLayout<Float>.stride, MADV_DONTNEED) }
        }
    }

    /// Makes so many floats fit to be touched; false where the system has no addresses or no memory left.
    private func opens(_ count: Int) -> Bool {
        if start == nil {
            let flags = MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE
            guard let raw = mmap(nil, Self.limit * 4, PROT_NONE, flags, -1, 0), raw != MAP_FAILED else {
                return false
            }
            // A wish: looking up small pages takes a good part of a pass over a large map.
            LargeMemory.advise(UnsafeRawBufferPointer(start: raw, count: Self.limit * 4))
            start = raw.bindMemory(to: Float.self, capacity: Self.limit)
        }
        guard count > open, let start else { return true }
        let next = min(Self.limit, (count + Self.step - 1) / Self.step * Self.step)
        guard mprotect(start + open, (next - open) * 4, PROT_READ | PROT_WRITE) == 0 else { return false }
        open = next
        return true
    }

    /// Whole lines of the cache.
    private static func rounded(_ count: Int) -> Int { (count + 15) / 16 * 16 }

    /// Memory of zeros for so many floats from the system, aligned to 64 bytes.
    static func allocate(_ count: Int) -> UnsafeMutablePointer<Float> {
        let raw = UnsafeMutableRawPointer.allocate(byteCount: count * 4, alignment: 64)
        let pointer = raw.bindMemory(to: Float.self, capacity: count)
        pointer.initialize(repeating: 0, count: count)
        return pointer
    }
}
