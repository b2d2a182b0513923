import CLinux
import Glibc

/// Large stretches of memory, in large pages where the kernel has them: fewer to take, to find on each pass and to give
/// back, so that a program that must end is not held by gigabytes.
@usableFromInline
package enum LargeMemory {
    /// Bytes from which it pays: less than two large pages seldom hold one.
    private static let least = 4 << 20

    /// Asks the kernel for large pages, before the memory is first written; where it has none all stays as it is.
    @usableFromInline
    package static func advise(_ memory: UnsafeRawBufferPointer) {
        guard memory.count >= least, let start = memory.baseAddress else { return }
        let page = UInt(max(1, sysconf(Int32(_SC_PAGESIZE))))
        let first = (UInt(bitPattern: start) + page - 1) / page * page
        let end = (UInt(bitPattern: start) + UInt(memory.count)) / page * page
        guard first < end else { return }
        madvise(UnsafeMutableRawPointer(bitPattern: first), Int(end - first), MADV_HUGEPAGE)
    }

    /// Gives the kernel back what was freed and is kept for later, as after files were read; it takes about a millisecond.
    package static func giveBack() { malloc_trim(0) }
}

extension Array where Element: FixedWidthInteger & BitwiseCopyable {
    /// So many elements of one value, in large pages where there are many.
    @inlinable
    package init(large count: Int, repeating value: Element) {
        self = []
        grow(to: count, value)
    }

    /// Makes it so long; what is new is 0. Allocates only to grow.
    @inlinable
    package mutating func resize(to count: Int) {
        if self.count > count { removeLast(self.count - count) } else { grow(to: count, 0) }
    }

    /// Appends one value until it is so long, or leaves it as it is.
    @inlinable
    package mutating func grow(to count: Int, _ value: Element) {
        if capacity < count {
            reserveCapacity(count)
            let bytes = capacity * MemoryLayout<Element>.stride
            // What lies behind the last element is the array's own and holds nothing yet; no byte is touched here.
            withUnsafeMutableBytes { filled in
                LargeMemory.advise(UnsafeRawBufferPointer(start: filled.baseAddress, count: bytes))
            }
        }
        append(contentsOf: repeatElement(value, count: Swift.max(0, count - self.count)))
    }
}
