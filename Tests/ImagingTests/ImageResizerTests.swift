import Testing

import Imaging

/// A picture of noise that is the same in every run.
func noise(width: Int, height: Int, seed: UInt64 = 1) -> GrayImage {
    var state = seed &* 0x9E37_79B9_7F4A_7C15 | 1
    var image = GrayImage(width: width, height: height)
    for index in image.pixels.indices {
        state ^= state << 13
        state ^= state >> 7
        state ^= state << 17
        image.pixels[index] = UInt8(truncatingIfNeeded: state >> 24)
    }
    return image
}

/// The plain version that ``ImageResizer`` is compared with: each axis by its definition, in doubles, the weight
/// of every pixel of the source asked for every pixel of the target.
private enum Plain {
    /// How much of the pixel at `pixel` belongs to the target's pixel `index`, for a stretch of the source that
    /// begins at `start`.
    static func weight(_ pixel: Int, _ index: Int, start: Double, stretch: Double, scale: Double, size: Int)
        -> Double
    {
        if scale > 1 {
            let (low, high) = (start + Double(index) * scale, start + Double(index + 1) * scale)
            let left = pixel == 0 ? -Double.infinity : Double(pixel)
            let right = pixel == size - 1 ? Double.infinity : Double(pixel + 1)
            return max(0, min(high, right) - max(low, left)) / scale
        }
        // Neither beyond the picture nor beyond the pixels that the stretch touches.
        let lowest = min(Double(size - 1), max(0, start.rounded(.down)))
        let highest = min(Double(size - 1), max(lowest, (start + stretch).rounded(.up) - 1))
        let center = min(highest, max(lowest, start + (Double(index) + 0.5) * scale - 0.5))
        return max(0, 1 - abs(center - Double(pixel)))
    }

    static func resample(
        _ source: GrayImage, x: Double, y: Double, width: Double, height: Double, to columns: Int, _ rows: Int
    ) -> [Double] {
        (0..<(columns * rows)).map { index in
            var sum = 0.0
            for row in 0..<source.height {
                let down = weight(
                    row, index / columns, start: y, stretch: height, scale: height / Double(rows),
                    size: source.height)
                guard down > 0 else { continue }
                for column in 0..<source.width {
                    let across = weight(
                        column, index % columns, start: x, stretch: width, scale: width / Double(columns),
                        size: source.width)
                    sum += down * across * Double(source.pixels[row * source.width + column])
                }
            }
            return sum
        }
    }
}

private func farthest(_ image: GrayImage, _ plain: [Double]) -> Double {
    zip(image.pixels, plain).map { abs(Double($0) - $1) }.max() ?? .infinity
}

@Suite("Resizing")
struct ImageResizerTests {
    @Test(
        "any size comes within rounding of the plain version",
        arguments: [
            (97, 61, 48, 48), (48, 48, 48, 48), (30, 20, 75, 33), (200, 10, 48, 48), (3, 3, 1, 1),
            (1, 1, 9, 4),
            (101, 99, 100, 98),
        ])
    func sizes(_ width: Int, _ height: Int, _ columns: Int, _ rows: Int) {
        let source = noise(width: width, height: height)
        var resizer = ImageResizer()
        var target = GrayImage()
        resizer.resize(source, width: columns, height: rows, into: &target)
        let plain = Plain.resample(
            source, x: 0, y: 0, width: Double(width), height: Double(height), to: columns, rows)
        #expect(target.width == columns && target.height == rows)
        #expect(farthest(target, plain) <= 0.501)
    }

    @Test("one resizer gives the same after pictures of other sizes")
    func reuse() {
        var resizer = ImageResizer()
        var (first, again, other) = (GrayImage(), GrayImage(), GrayImage())
        resizer.resize(noise(width: 97, height: 61), width: 48, height: 40, into: &first)
        resizer.resize(noise(width: 31, height: 300), width: 80, height: 7, into: &other)
        resizer.resize(noise(width: 97, height: 61), width: 48, height: 40, into: &again)
        #expect(first == again)
    }

    @Test("a whole factor down is the mean of the block")
    func blocks() throws {
        let source = try #require(
            GrayImage(width: 4, height: 2, pixels: [10, 20, 200, 100, 30, 40, 0, 100]))
        var resizer = ImageResizer()
        var target = GrayImage()
        resizer.resize(source, width: 2, height: 1, into: &target)
        #expect(target.pixels == [25, 100])
    }

    @Test("each colour is resized by itself")
    func colour() throws {
        let planes = (1...3).map { noise(width: 37, height: 29, seed: $0) }
        var source = ColorImage(width: 37, height: 29)
        for index in 0..<(37 * 29) {
            for (channel, plane) in planes.enumerated() {
                source.pixels[index * 3 + channel] = plane.pixels[index]
            }
        }
        var resizer = ImageResizer()
        var target = ColorImage()
        resizer.resize(source, width: 11, height: 50, into: &target)
        for (channel, plane) in planes.enumerated() {
            var gray = GrayImage()
            resizer.resize(plane, width: 11, height: 50, into: &gray)
            #expect(gray.pixels == stride(from: channel, to: 11 * 50 * 3, by: 3).map { target.pixels[$0] })
        }
    }

    @Test("a source without pixels gives black, a target without pixels nothing")
    func empty() {
        var resizer = ImageResizer()
        var target = GrayImage(width: 2, height: 2, fill: 9)
        resizer.resize(GrayImage(), width: 2, height: 2, into: &target)
        #expect(target.pixels == [0, 0, 0, 0])
        resizer.resize(noise(width: 5, height: 5), width: 0, height: 3, into: &target)
        #expect(target.pixels.isEmpty)
    }

    @Test(
        "a square anywhere comes within rounding of the plain version, the border's pixels going on",
        arguments: [
            (50.0, 40.0, 70.0), (10.3, 12.8, 61.7), (95, 5, 120), (-300, 30, 80), (50, 500, 20),
            (33.3, 44.4, 20.2),
            (50, 40, 3000),
        ])
    func squares(_ x: Double, _ y: Double, _ side: Double) {
        let source = noise(width: 100, height: 80)
        var resizer = ImageResizer()
        var target = GrayImage(width: 48, height: 48)
        resizer.resample(source, centerX: x, centerY: y, side: side, into: &target)
        let plain = Plain.resample(
            source, x: x - side / 2, y: y - side / 2, width: side, height: side, to: 48, 48)
        #expect(farthest(target, plain) <= 0.501)
    }

    @Test("numbers that are no place in a picture do not trap")
    func nowhere() {
        let source = noise(width: 10, height: 10)
        var resizer = ImageResizer()
        var target = GrayImage(width: 48, height: 48)
        for value in [Double.nan, .infinity, -.infinity, 1e300, -1e300, 0, 1e-300] {
            for tilt in [0, 10, .nan, .infinity, 1e300] {
                resizer.resample(source, centerX: value, centerY: 5, side: 5, tilt: tilt, into: &target)
                resizer.resample(source, centerX: 5, centerY: value, side: 5, tilt: tilt, into: &target)
                resizer.resample(source, centerX: 5, centerY: 5, side: value, tilt: tilt, into: &target)
            }
        }
        #expect(target.pixels.count == 48 * 48)
    }
}
