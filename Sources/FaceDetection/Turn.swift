import Faces
import Imaging

#if canImport(Glibc)
import Glibc
#endif

/// A picture turned about its middle onto a canvas that holds all of it, and made smaller by a whole factor, so that
/// heads tilted by the angle stand upright.
///
/// The canvas's corners, outside the picture, are grey and even: windows there are too flat to be looked at.
package struct Turn {
    /// Clockwise, in degrees: the tilt of heads that stand upright on the canvas.
    let tilt: Double
    /// Picture pixels to a canvas pixel, along a side.
    let factor: Int
    /// The size of what is turned, in canvas pixels.
    let width, height: Double
    /// The canvas's size.
    let canvasWidth, canvasHeight: Int
    private let cosine, sine: Double

    /// The turn of a picture that has been made smaller to this size already.
    init(tilt: Double, width: Int, height: Int, factor: Int) {
        self.tilt = tilt
        self.factor = factor
        (self.width, self.height) = (Double(width), Double(height))
        (cosine, sine) = (cos(tilt * .pi / 180), sin(tilt * .pi / 180))
        canvasWidth = Int((self.width * cosine + self.height * abs(sine)).rounded(.up))
        canvasHeight = Int((self.height * cosine + self.width * abs(sine)).rounded(.up))
    }

    /// Whether a region is so long that it is turned in ``pieces(of:smallest:)``.
    static func isStrip(_ region: Rectangle) -> Bool {
        max(region.width, region.height) > 4 * min(region.width, region.height)
    }

    /// The parts of a region that are turned one after another: the region itself, but of a long strip pieces that have
    /// every face whole that is no larger than the strip is wide, for its canvas would be corners for the most part,
    /// 160 million pixels of 20,000×3. None where the strip is narrower than half of the smallest face.
    package static func pieces(of region: Rectangle, smallest: Int) -> [Rectangle] {
        let (short, long) = (min(region.width, region.height), max(region.width, region.height))
        guard isStrip(region), short > 0 else { return [region] }
        guard 2 * short >= smallest else { return [] }
        return stride(from: 0, to: long - short, by: 2 * short).map { start in
            let length = min(3 * short, long - start)
            return region.width == long
                ? Rectangle(x: region.x + start, y: region.y, width: length, height: short)
                : Rectangle(x: region.x, y: region.y + start, width: short, height: length)
        }
    }

    /// The picture's point, in canvas pixels, that a point of the canvas shows.
    private func source(x: Double, y: Double) -> (x: Double, y: Double) {
        let (x, y) = (x - Double(canvasWidth) / 2, y - Double(canvasHeight) / 2)
        return (x * cosine - y * sine + width / 2, x * sine + y * cosine + height / 2)
    }

    /// The columns at a height of the canvas whose points lie inside the picture, a margin from its border.
    func columns(y: Double, margin: Double) -> ClosedRange<Double>? {
        let origin = source(x: 0, y: y)
        var (low, high) = (0.0, Double(canvasWidth))
        // Along a row the source moves by (cosine, sine); each border bounds how far.
        func bound(_ start: Double, _ rate: Double, _ extent: Double) {
            let (near, far) = (margin - start, extent - margin - start)
            if abs(rate) < 1e-9 {
                if near > 0 || far < 0 { high = -1 }
                return
            }
            low = max(low, min(near / rate, far / rate))
            high = min(high, max(near / rate, far / rate))
        }
        bound(origin.x, cosine, width)
        bound(origin.y, sine, height)
        return low <= high ? low...high : nil
    }

    /// The box of the unturned picture that belongs to a canvas's: of the same size about the same place.
    func unturned(_ box: Rectangle) -> Rectangle {
        let middle = source(
            x: Double(box.x) + Double(box.width) / 2, y: Double(box.y) + Double(box.height) / 2)
        let side = (width: box.width * factor, height: box.height * factor)
        return Rectangle(
            x: Int((middle.x * Double(factor) - Double(side.width) / 2).rounded()),
            y: Int((middle.y * Double(factor) - Double(side.height) / 2).rounded()),
            width: side.width, height: side.height)
    }

    /// Draws the turned picture. Allocates only to grow.
    func draw(_ image: GrayImage, into canvas: inout GrayImage) {
        canvas.setSize(width: canvasWidth, height: canvasHeight)
        let stride = image.width
        let (stepX, stepY) = (Int((cosine * 65536).rounded()), Int((sine * 65536).rounded()))
        canvas.pixels.withUnsafeMutableBufferPointer { target in
            image.pixels.withUnsafeBufferPointer { pixels in
                for row in 0..<canvasHeight {
                    let line = UnsafeMutableBufferPointer(
                        rebasing: target[(row * canvasWidth)...].prefix(canvasWidth))
                    // Bilinear samples stay half a pixel inside, and a thousandth for what rounding may add.
                    guard let inside = columns(y: Double(row) + 0.5, margin: 0.501), image.width > 1,
                        image.height > 1
                    else {
                        line.update(repeating: 128)
                        continue
                    }
                    let first = max(0, Int((inside.lowerBound - 0.5).rounded(.up)))
                    let end = max(first, min(canvasWidth, Int((inside.upperBound - 0.5).rounded(.down)) + 1))
                    line[..<first].update(repeating: 128)
                    line[end...].update(repeating: 128)
                    let start = source(x: Double(first) + 0.5, y: Double(row) + 0.5)
                    var x = Int(((start.x - 0.5) * 65536).rounded())
                    var y = Int(((start.y - 0.5) * 65536).rounded())
                    let (lastX, lastY) = ((image.width - 1) << 16 - 1, (image.height - 1) << 16 - 1)
                    for column in first..<end {
                        let (px, py) = (min(max(x, 0), lastX), min(max(y, 0), lastY))
                        let (shareX, shareY) = (px >> 8 & 255, py >> 8 & 255)
                        let at = (py >> 16) * stride + px >> 16
                        let above = Int(pixels[at]) * (256 - shareX) + Int(pixels[at + 1]) * shareX
                        let below =
                            Int(pixels[at + stride]) * (256 - shareX) + Int(pixels[at + stride + 1]) * shareX
                        line[column] = UInt8((above * (256 - shareY) + below * shareY + 1 << 15) >> 16)
                        x += stepX
                        y += stepY
                    }
                }
            }
        }
    }
}

extension GrayImage {
    /// Becomes a region of a picture with left and right changed. Allocates only to grow.
    mutating func mirror(_ image: GrayImage, region: Rectangle) {
        setSize(width: region.width, height: region.height)
        let (width, height, stride) = (width, height, image.width)
        pixels.withUnsafeMutableBufferPointer { target in
            image.pixels.withUnsafeBufferPointer { source in
                for y in 0..<height {
                    let last = (region.y + y) * stride + region.x + width - 1
                    for x in 0..<width { target[y * width + x] = source[last - x] }
                }
            }
        }
    }

    /// Becomes a region of a picture made smaller by a whole factor, each pixel the mean of those it stands for.
    /// Allocates only to grow.
    mutating func average(_ image: GrayImage, region: Rectangle, factor: Int) {
        setSize(width: region.width / factor, height: region.height / factor)
        let (width, height, stride) = (width, height, image.width)
        let share = UInt32((1 << 24) / (factor * factor))
        pixels.withUnsafeMutableBufferPointer { target in
            image.pixels.withUnsafeBufferPointer { source in
                for y in 0..<height {
                    let top = (region.y + y * factor) * stride + region.x
                    for x in 0..<width {
                        var sum: UInt32 = 0
                        for line in 0..<factor {
                            let start = top + line * stride + x * factor
                            for column in 0..<factor { sum &+= UInt32(source[start + column]) }
                        }
                        target[y * width + x] = UInt8(truncatingIfNeeded: (sum &* share &+ 1 << 23) >> 24)
                    }
                }
            }
        }
    }
}
