import CPNGCodec
import Glibc

/// Decodes and encodes PNGs through libpng.
enum PNG {
    static let signature: [UInt8] = [0x89, 0x50, 0x4e, 0x47, 0x0d, 0x0a, 0x1a, 0x0a]

    /// What the first chunk says.
    struct Header {
        var width: Int
        var height: Int
        /// Whether pixels have red, green and blue, or name a colour of the palette.
        var isColor: Bool

        /// Nil where the bytes do not begin with a signature and a header chunk.
        init?(_ bytes: [UInt8]) {
            guard bytes.count >= 33, bytes.starts(with: signature), bytes[12..<16].elementsEqual("IHDR".utf8)
            else { return nil }
            width = bytes[16..<20].reduce(0) { $0 << 8 | Int($1) }
            height = bytes[20..<24].reduce(0) { $0 << 8 | Int($1) }
            isColor = bytes[25] & 2 != 0
        }
    }

    /// Decodes into `pixels`, which has room for exactly the header's pixels: one byte each of a grey file, or
    /// three of any file. Returns the reason where it fails.
    static func decode(
        _ bytes: [UInt8], _ header: Header, channels: Int, into pixels: inout [UInt8]
    ) -> String? {
        guard let width = UInt32(exactly: header.width), let height = UInt32(exactly: header.height),
            pixels.count == header.width * header.height * channels
        else { return "a size that can't be" }
        return message { message in
            pixels.withUnsafeMutableBufferPointer { target in
                png_codec_decode(
                    bytes, bytes.count, width, height, Int32(channels), target.baseAddress, message)
            }
        }
    }

    /// Encodes 8-bit rows; returns the bytes, or the reason where it fails.
    static func encode(_ pixels: [UInt8], width: Int, height: Int, channels: Int) -> Result<[UInt8], Reason> {
        guard let columns = UInt32(exactly: width), let rows = UInt32(exactly: height), columns > 0, rows > 0,
            pixels.count == width * height * channels
        else { return .failure(Reason(text: "it has no pixels")) }
        var encoded: UnsafeMutablePointer<UInt8>?
        var count = 0
        let failure = message {
            png_codec_encode(pixels, columns, rows, Int32(channels), &encoded, &count, $0)
        }
        defer { free(encoded) }
        if let failure { return .failure(Reason(text: failure)) }
        return .success([UInt8](UnsafeBufferPointer(start: encoded, count: count)))
    }

    struct Reason: Error {
        var text: String
    }

    /// Calls libpng with a buffer for its error message; returns that message, or nil where it succeeds.
    private static func message(_ body: (UnsafeMutablePointer<CChar>?) -> Bool) -> String? {
        withUnsafeTemporaryAllocation(of: CChar.self, capacity: Int(PNG_CODEC_MESSAGE_SIZE)) { text in
            text.initialize(repeating: 0)
            guard !body(text.baseAddress) else { return nil }
            return String(
                decoding: text.prefix { $0 != 0 }.map { UInt8(truncatingIfNeeded: $0) }, as: UTF8.self)
        }
    }
}
