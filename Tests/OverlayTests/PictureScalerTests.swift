import Capture
import Imaging
import Overlay
import Testing

@Suite("a picture at another size")
struct PictureScalerTests {
    /// A picture of random colours.
    private func picture(_ width: Int, _ height: Int) throws -> PixelImage {
        var frame = Frame()
        (frame.width, frame.height, frame.format, frame.bytesPerRow) = (width, height, .rgb24, 3 * width)
        var random = SystemRandomNumberGenerator()
        frame.bytes = (0..<3 * width * height).map { _ in UInt8.random(in: 0...255, using: &random) }
        var image = PixelImage()
        try FrameDecoder().pixels(of: frame, into: &image)
        return image
    }

    /// Columns and rows of memory to draw on, each byte of which is 7.
    private static let (columns, rows) = (97, 61)

    private func drawn(
        _ image: PixelImage, _ box: Rectangle, isMirrored: Bool = false, isPortable: Bool = false
    ) -> [UInt8] {
        var bytes = [UInt8](repeating: 7, count: 4 * Self.columns * Self.rows)
        var scaler = PictureScaler(isPortable: isPortable)
        bytes.withUnsafeMutableBufferPointer { memory in
            var span = memory.mutableSpan
            scaler.draw(
                image, isMirrored: isMirrored, in: box, onto: &span, bytesPerRow: 4 * Self.columns)
        }
        return bytes
    }

    /// The colour at a place of the picture between its pixels, the plain way.
    private func plain(_ image: PixelImage, _ x: Double, _ y: Double, _ channel: Int) -> Double {
        func at(_ x: Int, _ y: Int) -> Double {
            let pixel = image.pixels[
                min(max(y, 0), image.height - 1) * image.width + min(max(x, 0), image.width - 1)]
            return Double(pixel >> UInt32(8 * channel) & 0xFF)
        }
        let (left, top) = (x.rounded(.down), y.rounded(.down))
        let (column, row, right, lower) = (Int(left), Int(top), x - left, y - top)
        let first = at(column, row) * (1 - right) + at(column + 1, row) * right
        let second = at(column, row + 1) * (1 - right) + at(column + 1, row + 1) * right
        return first * (1 - lower) + second * lower
    }

    private static let sizes = [
        FrameSize(width: 32, height: 20), FrameSize(width: 97, height: 61),
        FrameSize(width: 200, height: 130), FrameSize(width: 1, height: 1),
        FrameSize(width: 2, height: 1), FrameSize(width: 1, height: 9),
    ]
    private static let boxes = [
        Rectangle(x: 0, y: 0, width: 97, height: 61), Rectangle(x: 5, y: 3, width: 80, height: 50),
        Rectangle(x: -20, y: -11, width: 140, height: 90), Rectangle(x: 96, y: 60, width: 1, height: 1),
    ]

    @Test("is what bilinear means, within a step, in its box, and nothing beside it", arguments: sizes, boxes)
    func bilinear(size: FrameSize, box: Rectangle) throws {
        let image = try picture(size.width, size.height)
        for isMirrored in [false, true] {
            let bytes = drawn(image, box, isMirrored: isMirrored)
            #expect(bytes == drawn(image, box, isMirrored: isMirrored, isPortable: true))
            for place in 0..<Self.columns * Self.rows {
                let (x, y) = (place % Self.columns - box.x, place / Self.columns - box.y)
                let isInside = (0..<box.width).contains(x) && (0..<box.height).contains(y)
                for channel in 0..<3 {
                    let seen = Double(bytes[4 * place + channel])
                    let across = Double(isMirrored ? box.width - 1 - x : x) + 0.5
                    let wanted =
                        isInside
                        ? plain(
                            image, across * Double(size.width) / Double(box.width) - 0.5,
                            (Double(y) + 0.5) * Double(size.height) / Double(box.height) - 0.5, channel) : 7
                    // Two shares in 1/256, each cut off, of colours up to 255 apart, and two roundings.
                    guard abs(seen - wanted) <= (isInside ? 3 : 0) else {
                        Issue.record("\(seen), not \(wanted), at \(x), \(y) of \(box), \(isMirrored)")
                        return
                    }
                }
            }
        }
    }

    @Test("at its own size is the picture itself")
    func same() throws {
        let image = try picture(Self.columns, Self.rows)
        let bytes = drawn(image, Rectangle(x: 0, y: 0, width: Self.columns, height: Self.rows))
        let wanted = image.pixels.dropLast().flatMap { pixel in
            (0..<4).map { UInt8(truncatingIfNeeded: pixel >> (8 * UInt32($0))) }
        }
        #expect(bytes == wanted)
    }

    @Test("draws nothing where there is nothing to draw, or no room")
    func nothing() throws {
        let image = try picture(4, 4)
        let untouched = [UInt8](repeating: 7, count: 4 * Self.columns * Self.rows)
        #expect(drawn(PixelImage(), Rectangle(x: 0, y: 0, width: 9, height: 9)) == untouched)
        for box in [
            Rectangle(x: 0, y: 0, width: 0, height: 9), Rectangle(x: -9, y: 0, width: 9, height: 9),
            Rectangle(x: 97, y: 0, width: 9, height: 9), Rectangle(x: 0, y: 70, width: 9, height: 9),
        ] {
            #expect(drawn(image, box) == untouched)
        }
    }
}
