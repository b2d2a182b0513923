import Testing

import Imaging

@Suite("Orientation")
struct OrientationTests {
    /// A picture 48×32 of four even quarters, which no JPEG blurs: top left 20, top right 90, bottom left 160,
    /// bottom right 230.
    private static func quarters() throws -> [UInt8] {
        var image = ColorImage(width: 48, height: 32)
        for y in 0..<32 {
            for x in 0..<48 {
                for channel in 0..<3 {
                    image.pixels[(y * 48 + x) * 3 + channel] = UInt8(
                        20 + (x < 24 ? 0 : 70) + (y < 16 ? 0 : 140))
                }
            }
        }
        return try ImageFile.encodeJPEG(image, quality: 100)
    }

    /// Tag, then the corners as seen: top left, top right, bottom left, bottom right.
    @Test(
        "all eight orientations come upright, in grey and in colour, of either byte order",
        arguments: [
            (1, [20, 90, 160, 230]), (2, [90, 20, 230, 160]), (3, [230, 160, 90, 20]),
            (4, [160, 230, 20, 90]),
            (5, [20, 160, 90, 230]), (6, [160, 20, 230, 90]), (7, [230, 90, 160, 20]),
            (8, [90, 230, 20, 160]),
        ])
    func all(_ tag: Int, _ corners: [Int]) throws {
        let reader = ImageReader()
        for isLittle in [true, false] {
            let bytes = JPEGBytes.withExif(
                JPEGBytes.tiff(orientation: UInt16(tag), isLittle: isLittle), in: try Self.quarters())
            var (gray, color) = (GrayImage(), ColorImage())
            try reader.decodeGray(bytes, name: "test", into: &gray)
            try reader.decodeColor(bytes, name: "test", into: &color)
            let (width, height) = tag < 5 ? (48, 32) : (32, 48)
            #expect(gray.width == width && gray.height == height)
            #expect(color.width == width && color.height == height)
            for (index, expected) in corners.enumerated() {
                let at = (index < 2 ? 3 : height - 4) * width + (index % 2 == 0 ? 3 : width - 4)
                #expect(abs(Int(gray.pixels[at]) - expected) <= 2)
                #expect(abs(Int(color.pixels[at * 3 + 1]) - expected) <= 2)
            }
        }
    }

    @Test("a broken EXIF segment leaves the picture as it is stored")
    func broken() throws {
        let file = try Self.quarters()
        let whole = JPEGBytes.tiff(orientation: 6, isLittle: true)
        var tiffs = (0..<(whole.count - 6)).map { Array(whole[..<$0]) }
        for (at, value) in [(4, 255), (7, 255), (10, 9), (12, 4), (18, 0), (18, 9), (19, 1)] as [(Int, UInt8)]
        {
            var tiff = whole
            tiff[at] = value
            tiffs.append(tiff)
        }
        for tiff in tiffs {
            var image = GrayImage()
            try ImageReader().decodeGray(JPEGBytes.withExif(tiff, in: file), name: "test", into: &image)
            #expect(image.width == 48 && image.height == 32, "\(tiff)")
        }
    }
}
