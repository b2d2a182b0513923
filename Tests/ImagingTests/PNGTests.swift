import Testing

import Imaging

@Suite("Reading PNG")
struct PNGTests {
    private let reader = ImageReader()

    private func gray(_ bytes: [UInt8]) throws -> GrayImage {
        var image = GrayImage()
        try reader.decodeGray(bytes, name: "test", into: &image)
        return image
    }

    private func color(_ bytes: [UInt8]) throws -> ColorImage {
        var image = ColorImage()
        try reader.decodeColor(bytes, name: "test", into: &image)
        return image
    }

    /// Every layout that the specification allows.
    static let layouts: [(PNGBuilder.ColorType, Int, Bool)] = [false, true].flatMap { isInterlaced in
        [1, 2, 4, 8, 16].map { (.gray, $0, isInterlaced) }
            + [1, 2, 4, 8].map { (.palette, $0, isInterlaced) }
            + [PNGBuilder.ColorType.rgb, .rgba, .grayAlpha].flatMap {
                [($0, 8, isInterlaced), ($0, 16, isInterlaced)]
            }
    }

    @Test("every colour type, depth and interlace comes as the same pixels", arguments: layouts)
    func layout(_ type: PNGBuilder.ColorType, _ depth: Int, _ isInterlaced: Bool) throws {
        let (width, height) = (19, 13)
        let most = (1 << depth) - 1
        var builder = PNGBuilder(
            width: width, height: height, colorType: type, depth: depth, isInterlaced: isInterlaced)
        if type == .palette {
            // Entry i is (i mirrored in 8 bits, i, 255 - i).
            builder.palette = (0...most).flatMap {
                [UInt8($0).byteSwapped ^ 0x55, UInt8($0), UInt8(255 - $0)]
            }
            builder.extra = [("tRNS", [0, 128])]
        }
        func value(_ x: Int, _ y: Int, _ channel: Int) -> Int {
            (x * 7 + y * 31 + channel * 101) * 257 % (most + 1)
        }
        let bytes = builder.bytes(value)
        let found = try color(bytes)
        #expect(found.width == width && found.height == height)

        func eightBits(_ value: Int) -> UInt8 { UInt8((value * 255 + most / 2) / most) }
        var expected = ColorImage(width: width, height: height)
        for y in 0..<height {
            for x in 0..<width {
                for channel in 0..<3 {
                    let at = (y * width + x) * 3 + channel
                    switch type {
                    case .palette: expected.pixels[at] = builder.palette[value(x, y, 0) * 3 + channel]
                    case .gray, .grayAlpha: expected.pixels[at] = eightBits(value(x, y, 0))
                    case .rgb, .rgba: expected.pixels[at] = eightBits(value(x, y, channel))
                    }
                }
            }
        }
        #expect(found == expected)
        var luma = GrayImage()
        luma.setLuma(of: expected)
        #expect(try gray(bytes) == luma)
    }

    @Test("a gamma chunk changes no pixel, in colour or in grey")
    func gamma() throws {
        var builder = PNGBuilder(width: 9, height: 5, colorType: .rgb, depth: 8)
        let plain = builder.bytes { $0 * 20 + $1 * 3 + $2 }
        builder.extra = [("gAMA", PNGBuilder.big(100_000))]
        let marked = builder.bytes { $0 * 20 + $1 * 3 + $2 }
        #expect(try gray(plain) == gray(marked))
        #expect(try color(plain) == color(marked))
    }

    @Test("a picture of one pixel is read")
    func onePixel() throws {
        let bytes = PNGBuilder(width: 1, height: 1, colorType: .gray, depth: 8).bytes { _, _, _ in 77 }
        #expect(try gray(bytes).pixels == [77])
        #expect(try color(bytes).pixels == [77, 77, 77])
    }

    @Test("a header that claims 100,000 × 100,000 pixels is refused before anything is allocated")
    func hugeHeader() throws {
        var bytes = PNGBuilder(width: 1, height: 1, colorType: .rgb, depth: 8).bytes { _, _, _ in 0 }
        let header =
            PNGBuilder.big(100_000) + PNGBuilder.big(100_000) + [8, 2, 0, 0, 0] as [UInt8]
        bytes.replaceSubrange(8..<33, with: PNGBuilder.chunk("IHDR", header))
        #expect(throws: ImageError.tooLarge(path: "test", width: 100_000, height: 100_000)) {
            try gray(bytes)
        }
        #expect(throws: ImageError.tooLarge(path: "test", width: 100_000, height: 100_000)) {
            try color(bytes)
        }
    }

    @Test("a header with a side of 0 or of 2³² - 1 is refused", arguments: [0, UInt32.max])
    func impossibleHeader(_ side: UInt32) throws {
        var bytes = PNGBuilder(width: 1, height: 1, colorType: .rgb, depth: 8).bytes { _, _, _ in 0 }
        let header = PNGBuilder.big(side) + PNGBuilder.big(1) + [8, 2, 0, 0, 0] as [UInt8]
        bytes.replaceSubrange(8..<33, with: PNGBuilder.chunk("IHDR", header))
        #expect(throws: ImageError.self) { try gray(bytes) }
    }

    @Test("a PNG cut anywhere is refused")
    func cut() throws {
        let whole = PNGBuilder(width: 20, height: 20, colorType: .rgb, depth: 8).bytes { $0 + $1 + $2 }
        for count in 8..<whole.count {
            #expect(throws: ImageError.self, "cut to \(count) bytes") { try color(Array(whole[..<count])) }
        }
    }

    @Test("a changed byte in the pixels is noticed")
    func damaged() throws {
        var bytes = PNGBuilder(width: 20, height: 20, colorType: .gray, depth: 8).bytes { _, _, _ in 9 }
        bytes[100] ^= 1
        #expect(throws: ImageError.self) { try gray(bytes) }
    }

    @Test("an eXIf chunk turns the picture as a JPEG's segment does")
    func orientation() throws {
        var builder = PNGBuilder(width: 2, height: 1, colorType: .gray, depth: 8)
        builder.extra = [("eXIf", JPEGBytes.tiff(orientation: 6, isLittle: true))]
        let image = try gray(builder.bytes { x, _, _ in x == 0 ? 10 : 200 })
        #expect(image == GrayImage(width: 1, height: 2, pixels: [10, 200]))
    }
}
