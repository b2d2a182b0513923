import Capture
import Imaging
import Testing

@Suite("pixels for windows")
struct PixelImageTests {
    private func colors(_ image: PixelImage) -> [UInt8] {
        image.pixels.prefix(image.width * image.height).flatMap { pixel in
            [UInt8(pixel >> 16 & 0xFF), UInt8(pixel >> 8 & 0xFF), UInt8(pixel & 0xFF)]
        }
    }

    @Test(
        "are the colours that everything else sees, to the last bit",
        arguments: FrameDecoderTests.uncompressed,
        [FrameSize(width: 38, height: 26), FrameSize(width: 7, height: 5), FrameSize(width: 1, height: 1)])
    func colors(format: PixelFormat, size: FrameSize) throws {
        for encoding in [ColorEncoding.video, .jpeg, ColorEncoding(matrix: .bt709, isFullRange: false)] {
            let maker = FrameMaker(width: size.width, height: size.height, padding: 6, encoding: encoding)
            let (frame, decoder) = (maker.frame(format), FrameDecoder())
            var (image, color) = (PixelImage(), ColorImage())
            try decoder.pixels(of: frame, into: &image)
            try decoder.color(of: frame, into: &color)
            #expect(image.width == size.width && image.height == size.height)
            #expect(colors(image) == color.pixels)
            #expect(image.pixels.prefix(size.width * size.height).allSatisfy { $0 >> 24 == 0xFF })
        }
    }

    @Test("of a JPEG are its planes' colours, and gray where it has no others")
    func jpeg() throws {
        var frame = Frame()
        (frame.width, frame.height, frame.format, frame.encoding) = (40, 30, .mjpeg, .jpeg)
        var color = ColorImage(width: 40, height: 30)
        for index in 0..<40 * 30 {
            color.pixels.replaceSubrange(3 * index..<3 * index + 3, with: [200, 90, 20])
        }
        frame.bytes = try ImageFile.encodeJPEG(color)
        var image = PixelImage()
        try FrameDecoder().pixels(of: frame, into: &image)
        #expect(zip(colors(image), color.pixels).allSatisfy { abs(Int($0) - Int($1)) <= 4 })
        let gray = GrayImage(width: 40, height: 30, fill: 77)
        frame.bytes = try ImageFile.encodeJPEG(gray)
        try FrameDecoder().pixels(of: frame, into: &image)
        #expect(colors(image).allSatisfy { abs(Int($0) - 77) <= 1 })
    }

    @Test("a frame whose bytes are no picture leaves them as they were", arguments: PixelFormat.allCases)
    func broken(format: PixelFormat) throws {
        let (decoder, maker) = (FrameDecoder(), FrameMaker(width: 8, height: 6))
        var image = PixelImage()
        try decoder.pixels(of: maker.frame(.rgb24), into: &image)
        let before = image.pixels
        var frame = maker.frame(format)
        frame.bytes = Array(frame.bytes.prefix(5))
        #expect(throws: CaptureError.self) { try decoder.pixels(of: frame, into: &image) }
        #expect(image.pixels == before && image.width == 8)
    }
}
