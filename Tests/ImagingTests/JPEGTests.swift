import Foundation
import Testing

import Imaging

@Suite("Reading JPEG")
struct JPEGTests {
    private let reader = ImageReader()

    /// The gradient of the fixtures.
    private func gradient(width: Int = 32, height: Int = 24) -> ColorImage {
        var image = ColorImage(width: width, height: height)
        for y in 0..<height {
            for x in 0..<width {
                let at = (y * width + x) * 3
                image.pixels[at] = UInt8(min(255, x * 8))
                image.pixels[at + 1] = UInt8(min(255, y * 10))
                image.pixels[at + 2] = 96
            }
        }
        return image
    }

    private func farthest(_ one: [UInt8], _ other: [UInt8]) -> Int {
        guard one.count == other.count else { return .max }
        return zip(one, other).map { abs(Int($0) - Int($1)) }.max() ?? 0
    }

    @Test("what is written is read back, but for the loss of quality 95")
    func roundTrip() throws {
        let image = gradient(width: 31, height: 23)
        let bytes = try ImageFile.encodeJPEG(image, quality: 95)
        #expect(try farthest(decodedColor(bytes).pixels, image.pixels) <= 6)
        var luma = GrayImage()
        luma.setLuma(of: image)
        #expect(try farthest(decodedGray(bytes).pixels, luma.pixels) <= 3)
    }

    @Test("progressive, CMYK and grey files are read", arguments: ["progressive", "cmyk", "gray"])
    func kinds(_ name: String) throws {
        var expected = gradient()
        if name == "cmyk" { expected.pixels = expected.pixels.map { min($0, 215) } }
        var luma = GrayImage()
        luma.setLuma(of: expected)
        if name == "gray" { expected.setGray(luma) }
        var (image, color) = (GrayImage(), ColorImage())
        try reader.readGray(path: Fixture.path("\(name).jpg"), into: &image)
        try reader.readColor(path: Fixture.path("\(name).jpg"), into: &color)
        // Of CMYK the grey is OpenCV's, whose 256ths are a little darker.
        #expect(farthest(image.pixels, luma.pixels) <= (name == "cmyk" ? 6 : 4))
        #expect(farthest(color.pixels, expected.pixels) <= 8)
    }

    @Test("at half its size it is the mean of each four pixels, with an odd side and without an end, too")
    func halved() throws {
        let image = gradient(width: 33, height: 25)
        let bytes = try ImageFile.encodeJPEG(image, quality: 95)
        let whole = try decodedGray(bytes)
        var half = GrayImage()
        let decoder = JPEGDecoder(tolerance: .strayBytes)
        for bytes in [bytes, Array(bytes.dropLast(2))] {
            let size = try decoder.decode(bytes, into: &half, isHalved: true)
            #expect(size == (33, 25))
            try #require(half.width == 17 && half.height == 13)
            for y in 0..<12 {
                for x in 0..<16 {
                    let at = 2 * y * 33 + 2 * x
                    let sum = [at, at + 1, at + 33, at + 34].reduce(0) { $0 + Int(whole.pixels[$1]) }
                    #expect(abs(Int(half.pixels[y * 17 + x]) - sum / 4) <= 6)
                }
            }
        }
        #expect(throws: JPEGError.self) {
            _ = try decoder.decode(Array(bytes.prefix(bytes.count / 2)), into: &half, isHalved: true)
        }
        #expect(try decoder.decode(bytes, into: &half, isHalved: false) == (33, 25))
        #expect(half == whole)
    }

    @Test(
        "progressive and grey ones are halved, too; CMYK comes whole",
        arguments: ["progressive", "gray", "cmyk"])
    func halvedKinds(_ name: String) throws {
        let bytes = try Array(Data(contentsOf: URL(filePath: Fixture.path("\(name).jpg"))))
        var half = GrayImage()
        let size = try JPEGDecoder().decode(bytes, into: &half, isHalved: true)
        #expect(size == (32, 24))
        #expect((half.width, half.height) == (name == "cmyk" ? (32, 24) : (16, 12)))
    }

    @Test("the luma is the one the file holds, whatever the colours")
    func luma() throws {
        // Quality 50 with halved chroma: luma from decoded colours would be off by the chroma's loss.
        let bytes = try ImageFile.encodeJPEG(gradient(width: 64, height: 64), quality: 50)
        var planes = YUVImage()
        try JPEGDecoder().decode(bytes, into: &planes)
        #expect(try decodedGray(bytes).pixels == planes.luma)
    }

    @Test(
        "planes have the chroma at half size, rounded up, and the colours of the pixels", arguments: [60, 95])
    func planes(_ quality: Int) throws {
        let image = gradient(width: 33, height: 25)
        var (planes, expected) = (YUVImage(), YUVImage())
        try JPEGDecoder().decode(ImageFile.encodeJPEG(image, quality: quality), into: &planes)
        expected.set(image)
        #expect(planes.width == 33 && planes.chromaWidth == 17 && planes.chromaHeight == 13)
        #expect(planes.blueChroma.count == 17 * 13)
        #expect(farthest(planes.luma, expected.luma) <= 12)
        #expect(farthest(planes.blueChroma, expected.blueChroma) <= 8)
        #expect(farthest(planes.redChroma, expected.redChroma) <= 8)
    }

    @Test("planes of a grey file have no colour, those of a CMYK file their colours")
    func planesOfOthers() throws {
        var (planes, expected) = (YUVImage(), YUVImage())
        let decoder = JPEGDecoder()
        try decoder.decode(JPEGBytes.contents("gray.jpg"), into: &planes)
        #expect(planes.redChroma.allSatisfy { $0 == 128 } && planes.blueChroma.allSatisfy { $0 == 128 })
        try decoder.decode(JPEGBytes.contents("cmyk.jpg"), into: &planes)
        var image = gradient()
        image.pixels = image.pixels.map { min($0, 215) }
        expected.set(image)
        #expect(farthest(planes.redChroma, expected.redChroma) <= 6)
    }

    @Test("frames without Huffman tables, as cameras send them, are read with the standard ones")
    func withoutTables() throws {
        let bytes = try ImageFile.encodeJPEG(gradient())
        let bare = JPEGBytes.withoutHuffmanTables(bytes)
        #expect(bare.count < bytes.count - 300)
        #expect(try decodedColor(bare) == decodedColor(bytes))
    }

    @Test("one decoder reads pictures of any sizes and kinds after another")
    func reuse() throws {
        let decoder = JPEGDecoder()
        var (first, again, other) = (GrayImage(), GrayImage(), ColorImage())
        let bytes = try ImageFile.encodeJPEG(gradient())
        try decoder.decode(bytes, into: &first)
        try decoder.decode(JPEGBytes.contents("cmyk.jpg"), into: &other)
        #expect(throws: JPEGError.self) { try decoder.decode(Array(bytes[..<300]), into: &other) }
        try decoder.decode(bytes, into: &again)
        #expect(first == again)
    }

    @Test(
        "a JPEG cut anywhere is refused, never shown half grey", arguments: ["progressive.jpg", "cmyk.jpg"])
    func cut(_ name: String) throws {
        let whole = try JPEGBytes.contents(name)
        for count in 3..<(whole.count - 2) {
            #expect(throws: ImageError.self, "cut to \(count) bytes") {
                try decodedColor(Array(whole[..<count]))
            }
        }
    }

    @Test("a baseline JPEG cut in half is refused with the reason")
    func cutInHalf() throws {
        let whole = try ImageFile.encodeJPEG(gradient(width: 200, height: 200))
        #expect(throws: ImageError.corrupt(path: "test", reason: "Premature end of JPEG file")) {
            try decodedGray(Array(whole[..<(whole.count / 2)]))
        }
    }

    @Test("tables without a picture are told as such, whatever was wrong with the picture before")
    func tablesAlone() throws {
        // A start, a JFIF header and an end: what an abbreviated stream of tables is (ITU-T T.81, B.5).
        let tables: [UInt8] = [
            0xff, 0xd8, 0xff, 0xe0, 0, 16, 0x4a, 0x46, 0x49, 0x46, 0, 1, 1, 0, 0, 1, 0, 1, 0, 0, 0xff, 0xd9,
        ]
        let decoder = JPEGDecoder()
        var image = GrayImage()
        #expect(throws: JPEGError.broken(reason: "there is no picture in it")) {
            try decoder.decode(tables, into: &image)
        }
        let whole = try ImageFile.encodeJPEG(gradient(width: 200, height: 200))
        #expect(throws: JPEGError.broken(reason: "Premature end of JPEG file")) {
            try decoder.decode(Array(whole[..<(whole.count / 2)]), into: &image)
        }
        #expect(throws: ImageError.corrupt(path: "test", reason: "there is no picture in it")) {
            try decodedColor(tables)
        }
        #expect(throws: JPEGError.broken(reason: "there is no picture in it")) {
            try decoder.decode(tables, into: &image)
        }
    }

    @Test("a JPEG that lacks its end marker alone is decoded, and again from the same decoder")
    func withoutEnd() throws {
        let bytes = try ImageFile.encodeJPEG(gradient())
        #expect(try decodedColor(Array(bytes.dropLast(2))) == decodedColor(bytes))
        let decoder = JPEGDecoder(tolerance: .strayBytes)
        var (image, planes, whole) = (GrayImage(), YUVImage(), GrayImage())
        for _ in 0..<2 { try decoder.decode(Array(bytes.dropLast(2)), into: &image) }
        try decoder.decode(Array(bytes.dropLast(2)), into: &planes)
        try decoder.decode(bytes, into: &whole)
        #expect(image == whole && planes.luma == whole.pixels)
    }

    @Test("stray bytes before the end marker harm nothing")
    func strayBytesAtEnd() throws {
        let bytes = try ImageFile.encodeJPEG(gradient())
        let padded = Array(bytes.dropLast(2)) + [0, 0, 0] + bytes.suffix(2)
        #expect(try decodedColor(padded) == decodedColor(bytes))
    }

    @Test("stray bytes before another marker are borne from a camera, not from a file")
    func strayBytes() throws {
        let bytes = try ImageFile.encodeJPEG(gradient())
        let padded = Array(bytes[..<2]) + [1, 2, 3] + bytes[2...]
        #expect(throws: ImageError.self) { try decodedColor(padded) }
        var (frame, whole) = (ColorImage(), ColorImage())
        let camera = JPEGDecoder(tolerance: .strayBytes)
        try camera.decode(padded, into: &frame)
        try camera.decode(bytes, into: &whole)
        #expect(frame == whole)
        #expect(throws: JPEGError.self) {
            try camera.decode(Array(bytes[..<(bytes.count / 2)]), into: &frame)
        }
    }

    @Test("a header that claims more pixels than are taken is refused")
    func tooLarge() throws {
        let bytes = try ImageFile.encodeJPEG(gradient())
        var image = GrayImage()
        #expect(throws: ImageError.tooLarge(path: "x", width: 32, height: 24)) {
            try ImageReader(maximumPixels: 32 * 24 - 1).decodeGray(bytes, name: "x", into: &image)
        }
        var huge = bytes
        let frame = try #require(huge.indices.dropLast().first { huge[$0] == 0xff && huge[$0 + 1] == 0xc0 })
        huge.replaceSubrange((frame + 5)..<(frame + 9), with: [0xff, 0xdc, 0xff, 0xdc])
        #expect(throws: ImageError.tooLarge(path: "test", width: 65500, height: 65500)) {
            try decodedGray(huge)
        }
    }

    @Test("what is no picture is told apart from a broken one")
    func noPicture() {
        #expect(throws: ImageError.unknownFormat(path: "test")) {
            try decodedGray(Array("hello, world".utf8))
        }
        #expect(throws: ImageError.corrupt(path: "test", reason: "the file is empty")) { try decodedGray([]) }
        #expect(throws: ImageError.unknownFormat(path: "test")) { try decodedColor([0xff]) }
        #expect(throws: ImageError.self) { try decodedColor([0xff, 0xd8, 0xff]) }
        #expect(throws: ImageError.unreadable(path: "/no/such.jpg", reason: "No such file or directory")) {
            var image = GrayImage()
            try reader.readGray(path: "/no/such.jpg", into: &image)
        }
        #expect(throws: ImageError.unreadable(path: "/", reason: "Is a directory")) {
            var image = GrayImage()
            try reader.readGray(path: "/", into: &image)
        }
    }
}
