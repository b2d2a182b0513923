import Capture
import Imaging
import Testing

/// A frame in some format, made from colours pixel by pixel, the slow and plain way.
struct FrameMaker {
    let width: Int
    let height: Int
    /// Bytes more in a row than it needs.
    var padding = 0
    var encoding = ColorEncoding.video

    /// Red, green, blue of a pixel; alike in blocks of 2×2, so that halved chroma loses nothing.
    static func color(_ x: Int, _ y: Int) -> (red: Double, green: Double, blue: Double) {
        let (x, y) = (x / 2, y / 2)
        return (Double(x * 37 % 256), Double(y * 53 % 256), Double((x + y) * 29 % 256))
    }

    /// Luma and chroma by the definition of BT.601 or BT.709.
    func yuv(_ x: Int, _ y: Int) -> (y: UInt8, u: UInt8, v: UInt8) {
        let (red, green, blue) = Self.color(x, y)
        let (kr, kb) = encoding.matrix == .bt601 ? (0.299, 0.114) : (0.2126, 0.0722)
        let luma = kr * red + (1 - kr - kb) * green + kb * blue
        let u = (blue - luma) / (2 * (1 - kb))
        let v = (red - luma) / (2 * (1 - kr))
        func byte(_ value: Double) -> UInt8 { UInt8(min(255, max(0, value.rounded()))) }
        if encoding.isFullRange { return (byte(luma), byte(u + 128), byte(v + 128)) }
        return (byte(16 + luma * 219 / 255), byte(128 + u * 224 / 255), byte(128 + v * 224 / 255))
    }

    func frame(_ format: PixelFormat) -> Frame {
        var frame = Frame()
        frame.width = width
        frame.height = height
        frame.format = format
        frame.encoding = encoding
        let (across, down) = ((width + 1) / 2, (height + 1) / 2)
        func pad(_ count: Int) -> [UInt8] { [UInt8](repeating: 99, count: count) }
        func rows(_ body: (_ x: Int, _ y: Int) -> [UInt8]) -> [UInt8] {
            (0..<height).flatMap { y in (0..<width).flatMap { body($0, y) } + pad(padding) }
        }
        func pairs(_ body: (_ x: Int, _ y: Int) -> [UInt8]) -> [UInt8] {
            (0..<height).flatMap { y in (0..<across).flatMap { body(2 * $0, y) } + pad(padding) }
        }
        func chroma(_ padding: Int, _ body: (_ x: Int, _ y: Int) -> [UInt8]) -> [UInt8] {
            (0..<down).flatMap { y in (0..<across).flatMap { body(2 * $0, 2 * y) } + pad(padding) }
        }
        let luma: (Int, Int) -> [UInt8] = { x, y in [yuv(x, y).y] }
        switch format {
        case .gray, .yu12: frame.bytesPerRow = width + padding
        case .nv12: frame.bytesPerRow = 2 * across + padding
        case .y16: frame.bytesPerRow = 2 * width + padding
        case .rgb24, .bgr24: frame.bytesPerRow = 3 * width + padding
        case .yuyv, .uyvy: frame.bytesPerRow = 4 * across + padding
        case .mjpeg: frame.bytesPerRow = 0
        }
        frame.bytes =
            switch format {
            case .gray: rows(luma)
            case .y16: rows { x, y in [7, yuv(x, y).y] }
            case .rgb24, .bgr24:
                rows { x, y in
                    let (red, green, blue) = Self.color(x, y)
                    let bytes = [UInt8(red), UInt8(green), UInt8(blue)]
                    return format == .rgb24 ? bytes : bytes.reversed()
                }
            case .yuyv:
                pairs { x, y in [yuv(x, y).y, yuv(x, y).u, yuv(x + 1, y).y, yuv(x, y).v] }
            case .uyvy:
                pairs { x, y in [yuv(x, y).u, yuv(x, y).y, yuv(x, y).v, yuv(x + 1, y).y] }
            case .nv12:
                (0..<height).flatMap { y in
                    (0..<width).map { yuv($0, y).y } + pad(frame.bytesPerRow - width)
                } + chroma(padding) { x, y in [yuv(x, y).u, yuv(x, y).v] }
            case .yu12:
                rows(luma) + chroma((frame.bytesPerRow + 1) / 2 - across) { x, y in [yuv(x, y).u] }
                    + chroma((frame.bytesPerRow + 1) / 2 - across) { x, y in [yuv(x, y).v] }
            case .mjpeg: []
            }
        return frame
    }
}

@Suite("a frame decoder")
struct FrameDecoderTests {
    static let uncompressed = PixelFormat.allCases.filter { $0 != .mjpeg }
    static let withColors = uncompressed.filter { $0 != .gray && $0 != .y16 }

    @Test("gives luma as it came, whatever lies at the ends of rows", arguments: uncompressed, [0, 6])
    func gray(format: PixelFormat, padding: Int) throws {
        let maker = FrameMaker(width: 38, height: 26, padding: padding)
        var image = GrayImage()
        try FrameDecoder().gray(of: maker.frame(format), into: &image)
        #expect(image.width == 38 && image.height == 26)
        for y in 0..<26 {
            for x in 0..<38 {
                let (red, green, blue) = FrameMaker.color(x, y)
                let isColor = format == .rgb24 || format == .bgr24
                let luma = isColor ? 0.299 * red + 0.587 * green + 0.114 * blue : Double(maker.yuv(x, y).y)
                let seen = Double(image.pixels[y * 38 + x])
                guard abs(seen - luma) <= (isColor ? 0.6 : 0) else {
                    Issue.record("\(format): \(seen), not \(luma), at \(x), \(y)")
                    return
                }
            }
        }
    }

    @Test(
        "gives the colours that were encoded", arguments: withColors,
        [
            ColorEncoding.video, .jpeg, ColorEncoding(matrix: .bt709, isFullRange: false),
            ColorEncoding(matrix: .bt709, isFullRange: true),
        ])
    func color(format: PixelFormat, encoding: ColorEncoding) throws {
        let maker = FrameMaker(width: 38, height: 26, padding: 10, encoding: encoding)
        var image = ColorImage()
        try FrameDecoder().color(of: maker.frame(format), into: &image)
        for y in 0..<26 {
            for x in 0..<38 {
                let (red, green, blue) = FrameMaker.color(x, y)
                let at = 3 * (y * 38 + x)
                let seen = image.pixels[at..<at + 3].map { Double($0) }
                guard zip(seen, [red, green, blue]).allSatisfy({ abs($0 - $1) <= 3 }) else {
                    Issue.record("\(format): \(seen), not \([red, green, blue]), at \(x), \(y)")
                    return
                }
            }
        }
    }

    @Test("takes odd sizes", arguments: withColors)
    func odd(format: PixelFormat) throws {
        let frame = FrameMaker(width: 7, height: 5).frame(format)
        var color = ColorImage()
        try FrameDecoder().color(of: frame, into: &color)
        #expect(color.width == 7 && color.height == 5)
        let (red, green, blue) = FrameMaker.color(6, 4)
        let last = color.pixels.suffix(3).map { Double($0) }
        #expect(zip(last, [red, green, blue]).allSatisfy { abs($0 - $1) <= 3 }, "\(last)")
    }

    @Test("refuses a frame with a byte too few", arguments: uncompressed)
    func short(format: PixelFormat) throws {
        var frame = FrameMaker(width: 7, height: 5).frame(format)
        frame.bytes.removeLast()
        var gray = GrayImage()
        #expect(throws: CaptureError.self) { try FrameDecoder().gray(of: frame, into: &gray) }
        var color = ColorImage()
        #expect(throws: CaptureError.self) { try FrameDecoder().color(of: frame, into: &color) }
    }

    @Test("refuses sizes that no frame has", arguments: [(0, 4), (-4, 4), (1 << 40, 1 << 40), (4, 20000)])
    func absurd(width: Int, height: Int) {
        var frame = Frame()
        frame.width = width
        frame.height = height
        frame.bytesPerRow = width
        frame.bytes = [UInt8](repeating: 0, count: 64)
        var gray = GrayImage()
        #expect(throws: CaptureError.self) { try FrameDecoder().gray(of: frame, into: &gray) }
    }

    @Test("brings 10 bits of infrared light in 16 to 8, and stays with what the brightest pixel needed")
    func infrared() throws {
        func frame(_ levels: [UInt16]) -> Frame {
            var frame = Frame()
            frame.format = .y16
            frame.width = levels.count
            frame.height = 1
            frame.bytesPerRow = 2 * levels.count
            frame.bytes = levels.flatMap { [UInt8($0 & 255), UInt8($0 >> 8)] }
            return frame
        }
        let decoder = FrameDecoder()
        var gray = GrayImage()
        try decoder.gray(of: frame([0, 512, 1023]), into: &gray)
        #expect(gray.pixels == [0, 128, 255])
        try decoder.gray(of: frame([0, 4, 40]), into: &gray)
        #expect(gray.pixels == [0, 1, 10])
    }

    @Test("decodes a JPEG frame's luma, colours and planes alike")
    func jpeg() throws {
        var picture = ColorImage(width: 32, height: 24)
        for index in 0..<32 * 24 {
            picture.pixels[3 * index] = 200
            picture.pixels[3 * index + 1] = 100
            picture.pixels[3 * index + 2] = 50
        }
        var frame = Frame()
        frame.format = .mjpeg
        frame.width = 32
        frame.height = 24
        frame.bytes = try ImageFile.encodeJPEG(picture)
        let decoder = FrameDecoder()
        var gray = GrayImage()
        var color = ColorImage()
        var planes = YUVImage()
        try decoder.gray(of: frame, into: &gray)
        try decoder.color(of: frame, into: &color)
        try decoder.planes(of: frame, into: &planes)
        #expect(gray.width == 32 && gray.height == 24)
        #expect(gray.pixels.allSatisfy { abs(Int($0) - 124) <= 2 })
        #expect(zip(color.pixels.prefix(3), [200, 100, 50]).allSatisfy { abs(Int($0) - Int($1)) <= 3 })
        #expect(planes.luma == gray.pixels)
        frame.bytes.removeLast(frame.bytes.count / 2)
        #expect(throws: CaptureError.self) { try decoder.gray(of: frame, into: &gray) }
    }
}
