import Testing

import Imaging

@Suite("Reading PNG")
struct PNGTests {
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
        let found = try decodedColor(bytes)
        #expect(found.width == width && found.height == height)

        func sample(_ x: Int, _ y: Int, _ channel: Int) -> Int {
            switch type {
            case .palette: Int(builder.palette[value(x, y, 0) * 3 + channel])
            case .gray, .grayAlpha: value(x, y, 0)
            case .rgb, .rgba: value(x, y, channel)
            }
        }
        let range = type == .palette ? 255 : most
        var expected = ColorImage(width: width, height: height)
        var luma = GrayImage(width: width, height: height)
        for y in 0..<height {
            for x in 0..<width {
                let samples = (0..<3).map { sample(x, y, $0) }
                for channel in 0..<3 {
                    expected.pixels[(y * width + x) * 3 + channel] = UInt8(
                        (samples[channel] * 255 + range / 2) / range)
                }
                luma.pixels[y * width + x] = asOpenCV(samples, depth: type == .palette ? 8 : depth)
            }
        }
        #expect(found == expected)
        #expect(try decodedGray(bytes) == luma)
    }

    /// What OpenCV's imread makes of a pixel with IMREAD_GRAYSCALE: 15-bit weights, fractions dropped in the end.
    private func asOpenCV(_ samples: [Int], depth: Int) -> UInt8 {
        let isGray = samples[0] == samples[1] && samples[1] == samples[2]
        let sum = 9798 * samples[0] + 19235 * samples[1] + 3735 * samples[2]
        let gray = isGray ? samples[0] : (sum + (depth == 16 ? 1 << 14 : 0)) >> 15
        return UInt8(depth == 16 ? gray >> 8 : depth == 8 ? gray : gray * 255 / ((1 << depth) - 1))
    }

    @Test("a gamma chunk changes no colour and no grey of a grey pixel, and colours turn grey by their light")
    func gamma() throws {
        func bytes(_ gamma: UInt32?) -> [UInt8] {
            var builder = PNGBuilder(width: 3, height: 1, colorType: .rgb, depth: 8)
            if let gamma { builder.extra = [("gAMA", PNGBuilder.big(gamma))] }
            return builder.bytes { x, _, channel in [[255, 0, 0], [0, 200, 0], [90, 90, 90]][x][channel] }
        }
        for gamma in [45_455, 100_000] as [UInt32] {
            #expect(try decodedColor(bytes(gamma)) == decodedColor(bytes(nil)))
        }
        // As OpenCV 4.14's imread: 0.299 of full light is (0.299)^(1 / 2.2) of full scale, 147.
        #expect(try decodedGray(bytes(45_455)).pixels == [147, 156, 90])
        #expect(try decodedGray(bytes(100_000)).pixels == [76, 117, 90])
        #expect(try decodedGray(bytes(nil)).pixels == [76, 117, 90])
    }

    @Test("a picture of one pixel is read")
    func onePixel() throws {
        let bytes = PNGBuilder(width: 1, height: 1, colorType: .gray, depth: 8).bytes { _, _, _ in 77 }
        #expect(try decodedGray(bytes).pixels == [77])
        #expect(try decodedColor(bytes).pixels == [77, 77, 77])
    }

    @Test("a header that claims 100,000 × 100,000 pixels is refused before anything is allocated")
    func hugeHeader() throws {
        var bytes = PNGBuilder(width: 1, height: 1, colorType: .rgb, depth: 8).bytes { _, _, _ in 0 }
        let header =
            PNGBuilder.big(100_000) + PNGBuilder.big(100_000) + [8, 2, 0, 0, 0] as [UInt8]
        bytes.replaceSubrange(8..<33, with: PNGBuilder.chunk("IHDR", header))
        #expect(throws: ImageError.tooLarge(path: "test", width: 100_000, height: 100_000)) {
            try decodedGray(bytes)
        }
        #expect(throws: ImageError.tooLarge(path: "test", width: 100_000, height: 100_000)) {
            try decodedColor(bytes)
        }
    }

    @Test("a header with a side of 0 or of 2³² - 1 is refused", arguments: [0, UInt32.max])
    func impossibleHeader(_ side: UInt32) throws {
        var bytes = PNGBuilder(width: 1, height: 1, colorType: .rgb, depth: 8).bytes { _, _, _ in 0 }
        let header = PNGBuilder.big(side) + PNGBuilder.big(1) + [8, 2, 0, 0, 0] as [UInt8]
        bytes.replaceSubrange(8..<33, with: PNGBuilder.chunk("IHDR", header))
        #expect(throws: ImageError.self) { try decodedGray(bytes) }
    }

    @Test("a PNG cut anywhere is refused")
    func cut() throws {
        let whole = PNGBuilder(width: 20, height: 20, colorType: .rgb, depth: 8).bytes { $0 + $1 + $2 }
        for count in 8..<whole.count {
            #expect(throws: ImageError.self, "cut to \(count) bytes") {
                try decodedColor(Array(whole[..<count]))
            }
        }
    }

    @Test("a changed byte in the pixels is noticed")
    func damaged() throws {
        var bytes = PNGBuilder(width: 20, height: 20, colorType: .gray, depth: 8).bytes { _, _, _ in 9 }
        bytes[100] ^= 1
        #expect(throws: ImageError.self) { try decodedGray(bytes) }
    }

    @Test("an eXIf chunk turns the picture as a JPEG's segment does")
    func orientation() throws {
        var builder = PNGBuilder(width: 2, height: 1, colorType: .gray, depth: 8)
        builder.extra = [("eXIf", JPEGBytes.tiff(orientation: 6, isLittle: true))]
        let image = try decodedGray(builder.bytes { x, _, _ in x == 0 ? 10 : 200 })
        #expect(image == GrayImage(width: 1, height: 2, pixels: [10, 200]))
    }
}
