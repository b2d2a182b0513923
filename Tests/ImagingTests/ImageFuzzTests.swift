import Mutation
import Testing

import Imaging

/// Damaged pictures, by the hundred thousand under `make fuzz`: each is refused or gives pixels as many as its size
/// says; none crashes, and none is read outside its bytes (which the address sanitizer sees).
@Suite("Damaged pictures")
struct ImageFuzzTests {
    @Test("a damaged PNG is refused or read whole")
    func png() throws {
        let seeds = PNGTests.layouts.map { type, depth, isInterlaced in
            var builder = PNGBuilder(
                width: 19, height: 13, colorType: type, depth: depth, isInterlaced: isInterlaced)
            if type == .palette {
                builder.palette = (0..<(3 << depth)).map { UInt8(truncatingIfNeeded: $0 * 5) }
                builder.extra = [("tRNS", [0, 128])]
            } else {
                builder.extra = [
                    ("gAMA", PNGBuilder.big(45_455)), ("tEXt", Array("Title\0x".utf8)),
                    ("eXIf", JPEGBytes.tiff(orientation: 6, isLittle: true)),
                ]
            }
            return builder.bytes { x, y, channel in (x * 7 + y * 31 + channel) % (1 << depth) }
        }
        try run("PNG", seeds) { bytes, mutation in
            // Half of them with true checksums, so that the damage gets behind the first check.
            if mutation.below(2) == 0 { PNGBuilder.repairChecksums(of: &bytes) }
        }
    }

    @Test("a damaged JPEG is refused or read whole")
    func jpeg() throws {
        var picture = ColorImage(width: 37, height: 29)
        for index in picture.pixels.indices {
            picture.pixels[index] = UInt8(truncatingIfNeeded: index &* index / 50)
        }
        let baseline = try [50, 95].map { try ImageFile.encodeJPEG(picture, quality: $0) }
        let others = try ["progressive.jpg", "cmyk.jpg", "gray.jpg"].map(JPEGBytes.contents)
        let turned = [true, false].map {
            JPEGBytes.withExif(JPEGBytes.tiff(orientation: 6, isLittle: $0), in: baseline[0])
        }
        try run("JPEG", baseline + others + turned + [JPEGBytes.withoutHuffmanTables(baseline[0])]) { _, _ in
        }
    }

    /// Feeds damaged files to readers that are kept, as those of a camera are.
    private func run(_ what: String, _ seeds: [[UInt8]], _ repair: (inout [UInt8], inout Mutation) -> Void)
        throws
    {
        let reader = ImageReader(maximumPixels: 1 << 16)
        let frames = JPEGDecoder(tolerance: .strayBytes, maximumPixels: 1 << 16)
        var (gray, color, planes) = (GrayImage(), ColorImage(), YUVImage())
        var read = 0
        for number in 0..<Mutation.count {
            Mutation.note(number, what)
            var mutation = Mutation(number: number)
            var bytes = mutation.damage(seeds)
            repair(&bytes, &mutation)
            if (try? reader.decodeGray(bytes, name: "fuzz", into: &gray)) != nil {
                read += 1
                #expect(gray.pixels.count == gray.width * gray.height && gray.width > 0, "number \(number)")
            }
            if (try? reader.decodeColor(bytes, name: "fuzz", into: &color)) != nil {
                #expect(color.pixels.count == color.width * color.height * 3, "number \(number)")
            }
            try? frames.decode(bytes, into: &gray)
            if (try? frames.decode(bytes, into: &planes)) != nil {
                #expect(planes.luma.count == planes.width * planes.height, "number \(number)")
            }
        }
        // Some damage must go through, or the readers' depths are never reached.
        #expect(read > Mutation.count / 50)
        #expect(read < Mutation.count)
    }
}

extension PNGBuilder {
    /// Sets each chunk's checksum to that of its bytes, as far as the chunks' lengths lead.
    fileprivate static func repairChecksums(of file: inout [UInt8]) {
        var at = 8
        while at + 12 <= file.count {
            let length = file[at..<(at + 4)].reduce(0) { $0 << 8 | Int($1) }
            guard length <= file.count - at - 12 else { return }
            let end = at + 8 + length
            file.replaceSubrange(end..<(end + 4), with: big(crc(Array(file[(at + 4)..<end]))))
            at = end + 4
        }
    }
}
