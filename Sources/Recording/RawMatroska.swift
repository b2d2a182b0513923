import System

/// Raw frames with their own times, for the `ffmpeg` program to read from a pipe: Matroska (RFC 9559) with one frame a
/// cluster.
///
/// YUV4MPEG2 and `rawvideo` have a rate and no times; a camera has times and no steady rate.
enum RawMatroska {
    /// Nanoseconds of a step of time: fine enough for 10,000 frames a second.
    private static let step: UInt64 = 10_000

    /// What comes before the first frame: the picture has three bytes a pixel, red, green and blue.
    static func header(width: Int, height: Int) -> [UInt8] {
        let video = integer(0xB0, width) + integer(0xBA, height) + element(0x2EB524, Array("RGB\u{18}".utf8))
        let entry =
            integer(0xD7, 1) + integer(0x73C5, 1) + integer(0x83, 1) + integer(0x9C, 0)
            + element(0x86, Array("V_UNCOMPRESSED".utf8)) + element(0xE0, video)
        return element(
            0x1A45_DFA3,
            integer(0x4286, 1) + integer(0x42F7, 1) + integer(0x42F2, 4) + integer(0x42F3, 8)
                + element(0x4282, Array("matroska".utf8)) + integer(0x4287, 4) + integer(0x4285, 2))
            // The segment: its length is not known.
            + identifier(0x1853_8067) + [0x01] + [UInt8](repeating: 0xFF, count: 7)
            + element(
                0x1549_A966,
                integer(0x2AD7B1, Int(step)) + element(0x4D80, Array("raut".utf8))
                    + element(0x5741, Array("raut".utf8)))
            + element(0x1654_AE6B, element(0xAE, entry))
    }

    /// What comes before a frame's pixels.
    ///
    /// - Parameters:
    ///   - time: nanoseconds from the first frame.
    ///   - count: bytes of the frame.
    static func frameHeader(time: UInt64, byteCount count: Int) -> [UInt8] {
        let stamp = integer(0xE7, Int(clamping: time / step))
        // A simple block: of track 1, at the cluster's own time, a frame that needs no other.
        let block = identifier(0xA3) + length(count + 4) + [0x81, 0, 0, 0x80]
        return identifier(0x1F43_B675) + length(stamp.count + block.count + count) + stamp + block
    }

    private static func element(_ id: UInt32, _ content: [UInt8]) -> [UInt8] {
        identifier(id) + length(content.count) + content
    }

    private static func integer(_ id: UInt32, _ value: Int) -> [UInt8] { element(id, bigEndian(value)) }

    /// An identifier holds its own length.
    private static func identifier(_ id: UInt32) -> [UInt8] { Array(bigEndian(Int(id)).drop { $0 == 0 }) }

    /// A length in the longest form, which is one byte that says so and seven of it.
    private static func length(_ count: Int) -> [UInt8] { [0x01] + bigEndian(count).dropFirst() }

    private static func bigEndian(_ value: Int) -> [UInt8] {
        (0..<8).map { UInt8(truncatingIfNeeded: value >> (56 - 8 * $0)) }
    }
}
