import Imaging
import Testing

import Capture

@Suite("a frame in the mirror")
struct FrameMirrorTests {
    /// A frame of noise.
    private func frame(_ format: PixelFormat, _ width: Int, _ height: Int) -> Frame {
        var frame = Frame()
        (frame.width, frame.height, frame.format) = (width, height, format)
        let bytesPerPixel =
            switch format {
            case .yuyv, .uyvy, .y16: 2
            case .rgb24, .bgr24: 3
            default: 1
            }
        // Rows with a gap behind them.
        frame.bytesPerRow = bytesPerPixel * width + 2
        let isPlanar = format == .nv12 || format == .yu12
        var value: UInt32 = 7
        frame.bytes = (0..<frame.bytesPerRow * height * (isPlanar ? 3 : 2) / 2).map { _ in
            value = value &* 1_664_525 &+ 1_013_904_223
            return UInt8(value >> 24)
        }
        return frame
    }

    @Test(
        "colours change sides, and twice is as before",
        arguments: [PixelFormat.yuyv, .uyvy, .nv12, .yu12, .rgb24, .bgr24, .gray, .y16])
    func turned(_ format: PixelFormat) throws {
        let (width, height) = (64, 10)
        let frame = frame(format, width, height)
        var mirror = FrameMirror()
        let decoder = FrameDecoder()
        let image = mirror.image(of: frame)
        let once = try #require(image)
        var (plain, mirrored) = (ColorImage(), ColorImage())
        try decoder.color(of: frame, into: &plain)
        try decoder.color(of: once, into: &mirrored)
        for y in 0..<height {
            for x in 0..<width {
                let (at, other) = (3 * (y * width + x), 3 * (y * width + width - 1 - x))
                #expect(plain.pixels[at..<at + 3] == mirrored.pixels[other..<other + 3])
            }
        }
        var again = FrameMirror()
        let turned = again.image(of: once)
        let twice = try #require(turned)
        var back = ColorImage()
        try decoder.color(of: twice, into: &back)
        #expect(back == plain)
    }

    @Test("a frame cut short has no mirror image")
    func cutShort() {
        var mirror = FrameMirror()
        for format in [PixelFormat.yuyv, .nv12, .rgb24, .mjpeg] {
            var frame = frame(format, 64, 10)
            frame.bytes.removeLast(frame.bytes.count / 2)
            #expect(mirror.image(of: frame) == nil, "\(format.rawValue)")
        }
    }
}
