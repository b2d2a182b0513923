/// Writes PNGs of any colour type, depth and interlace for the tests, without compression: what libpng is asked
/// to read is built from the specification (W3C PNG, third edition), not by libpng.
struct PNGBuilder {
    enum ColorType: UInt8, CaseIterable {
        case gray = 0, rgb = 2, palette = 3, grayAlpha = 4, rgba = 6

        var channels: Int {
            switch self {
            case .gray, .palette: 1
            case .grayAlpha: 2
            case .rgb: 3
            case .rgba: 4
            }
        }
    }

    var width: Int
    var height: Int
    var colorType: ColorType
    var depth: Int
    var isInterlaced = false
    var palette: [UInt8] = []
    /// Chunks between the palette and the pixels: name and content.
    var extra: [(String, [UInt8])] = []

    /// The file's bytes; `sample` gives a channel's value in the file's own depth.
    func bytes(_ sample: (_ x: Int, _ y: Int, _ channel: Int) -> Int) -> [UInt8] {
        var file: [UInt8] = [0x89, 0x50, 0x4e, 0x47, 0x0d, 0x0a, 0x1a, 0x0a]
        let flags = [UInt8(depth), colorType.rawValue, 0, 0, isInterlaced ? 1 : 0]
        file += Self.chunk("IHDR", Self.big(UInt32(width)) + Self.big(UInt32(height)) + flags)
        if !palette.isEmpty { file += Self.chunk("PLTE", palette) }
        for (name, content) in extra { file += Self.chunk(name, content) }
        var rows: [UInt8] = []
        for pass in isInterlaced ? Self.passes : [(0, 0, 1, 1)] {
            for y in stride(from: pass.1, to: height, by: pass.3) where pass.0 < width {
                rows.append(0)
                rows += row(stride(from: pass.0, to: width, by: pass.2).map { ($0, y) }, sample)
            }
        }
        return file + Self.chunk("IDAT", Self.stored(rows)) + Self.chunk("IEND", [])
    }

    /// First column, first row, step across, step down of Adam7's passes.
    private static let passes = [
        (0, 0, 8, 8), (4, 0, 8, 8), (0, 4, 4, 8), (2, 0, 4, 4), (0, 2, 2, 4), (1, 0, 2, 2), (0, 1, 1, 2),
    ]

    private func row(_ pixels: [(Int, Int)], _ sample: (Int, Int, Int) -> Int) -> [UInt8] {
        var bits: [UInt8] = []
        var (pending, count) = (0, 0)
        for (x, y) in pixels {
            for channel in 0..<colorType.channels {
                let value = sample(x, y, channel)
                if depth == 16 {
                    bits += [UInt8(value >> 8), UInt8(value & 255)]
                    continue
                }
                pending = pending << depth | value
                count += depth
                if count == 8 {
                    bits.append(UInt8(pending))
                    (pending, count) = (0, 0)
                }
            }
        }
        if count > 0 { bits.append(UInt8(pending << (8 - count))) }
        return bits
    }

    static func chunk(_ name: String, _ content: [UInt8]) -> [UInt8] {
        let body = Array(name.utf8) + content
        return big(UInt32(content.count)) + body + big(crc(body))
    }

    static func big(_ value: UInt32) -> [UInt8] {
        [UInt8(value >> 24), UInt8(value >> 16 & 255), UInt8(value >> 8 & 255), UInt8(value & 255)]
    }

    /// A zlib stream of stored blocks.
    private static func stored(_ bytes: [UInt8]) -> [UInt8] {
        var stream: [UInt8] = [0x78, 0x01]
        var rest = bytes[...]
        repeat {
            let block = rest.prefix(65535)
            rest = rest.dropFirst(block.count)
            let (low, high) = (UInt8(block.count & 255), UInt8(block.count >> 8))
            stream += [rest.isEmpty ? 1 : 0, low, high, ~low, ~high]
            stream += block
        } while !rest.isEmpty
        var (a, b): (UInt32, UInt32) = (1, 0)
        for byte in bytes {
            a = (a + UInt32(byte)) % 65521
            b = (b + a) % 65521
        }
        return stream + big(b << 16 | a)
    }

    static func crc(_ bytes: [UInt8]) -> UInt32 {
        var sum: UInt32 = 0xffff_ffff
        for byte in bytes {
            sum ^= UInt32(byte)
            for _ in 0..<8 { sum = sum & 1 == 1 ? sum >> 1 ^ 0xedb8_8320 : sum >> 1 }
        }
        return ~sum
    }
}
