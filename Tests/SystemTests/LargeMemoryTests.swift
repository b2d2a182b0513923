import Glibc
import System
import Testing

@Suite("large memory")
struct LargeMemoryTests {
    @Test("an array grows with zeros, shrinks, and keeps what it held")
    func sizes() {
        var bytes = [UInt8](large: 5, repeating: 7)
        #expect(bytes == [7, 7, 7, 7, 7])
        bytes.resize(to: 7)
        #expect(bytes == [7, 7, 7, 7, 7, 0, 0])
        bytes.resize(to: 2)
        #expect(bytes == [7, 7])
        bytes.resize(to: 0)
        #expect(bytes.isEmpty)
        #expect([UInt32](large: 3, repeating: 9) == [9, 9, 9])
        let large = [UInt8](large: 9_000_001, repeating: 3)
        #expect(large.count == 9_000_001 && large.allSatisfy { $0 == 3 })
    }

    @Test(
        "a large array asks for large pages",
        .enabled(if: access("/sys/kernel/mm/transparent_hugepage", F_OK) == 0, "the kernel has none"))
    func advice() throws {
        let bytes = [UInt8](large: 64 << 20, repeating: 1)
        let start = try #require(bytes.withUnsafeBytes { $0.baseAddress })
        let middle = UInt(bitPattern: start) + UInt(bytes.count / 2)
        let maps = try String(decoding: contents(of: "/proc/self/smaps"), as: UTF8.self)
        var isInside = false
        var flags: [Substring]?
        for line in maps.split(separator: "\n") {
            let range = line.prefix { $0 != " " }.split(separator: "-")
            if range.count == 2, let first = UInt(range[0], radix: 16), let end = UInt(range[1], radix: 16) {
                isInside = (first..<end).contains(middle)
            } else if isInside, line.hasPrefix("VmFlags:") {
                flags = line.split(separator: " ")
            }
        }
        #expect(bytes[bytes.count / 2] == 1)
        #expect(try #require(flags).contains("hg"))
    }

    private func contents(of path: String) throws -> [UInt8] {
        let file = try #require(fopen(path, "r"))
        defer { fclose(file) }
        var bytes = [UInt8]()
        var chunk = [UInt8](repeating: 0, count: 1 << 16)
        while case let count = fread(&chunk, 1, chunk.count, file), count > 0 { bytes += chunk[..<count] }
        return bytes
    }
}
