import Foundation

/// Taking JPEGs apart and putting other segments in.
enum JPEGBytes {
    /// A TIFF structure with one tag, the orientation.
    static func tiff(orientation: UInt16, isLittle: Bool) -> [UInt8] {
        func number(_ value: Int, _ count: Int) -> [UInt8] {
            let digits = (0..<count).map { UInt8(value >> (8 * $0) & 255) }
            return isLittle ? digits : digits.reversed()
        }
        let name: [UInt8] = isLittle ? [0x49, 0x49] : [0x4d, 0x4d]
        return name + number(42, 2) + number(8, 4) + number(1, 2) + number(0x0112, 2) + number(3, 2)
            + number(1, 4) + number(Int(orientation), 2) + number(0, 2) + number(0, 4)
    }

    /// The file with an EXIF segment as its first.
    static func withExif(_ tiff: [UInt8], in file: [UInt8]) -> [UInt8] {
        let content = Array("Exif".utf8) + [0, 0] + tiff
        let length = content.count + 2
        return file[..<2] + [0xff, 0xe1, UInt8(length >> 8), UInt8(length & 255)] + content + file[2...]
    }

    /// The file without its Huffman tables, as many cameras send their frames.
    static func withoutHuffmanTables(_ file: [UInt8]) -> [UInt8] {
        var kept = Array(file[..<2])
        var at = 2
        while at + 4 <= file.count, file[at + 1] != 0xda {
            let end = at + 2 + Int(file[at + 2]) << 8 + Int(file[at + 3])
            if file[at + 1] != 0xc4 { kept += file[at..<end] }
            at = end
        }
        return kept + file[at...]
    }
}

extension JPEGBytes {
    /// A fixture's bytes.
    static func contents(_ name: String) throws -> [UInt8] {
        try [UInt8](Data(contentsOf: URL(fileURLWithPath: Fixture.path(name))))
    }
}
