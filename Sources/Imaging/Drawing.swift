import Glibc

// Drawing on colour images, antialiased: a pixel is covered by how far its middle is from the edge.
extension ColorImage {
    /// Fills a box.
    public mutating func fill(_ box: RoundedBox, _ color: Color) {
        guard box.isFinite else { return }
        let distance = box.distance
        paint(box, color) { 0.5 - distance($0, $1) }
    }

    /// Draws the line along a box's edge, half of it inside.
    public mutating func stroke(_ box: RoundedBox, thickness: Double, _ color: Color) {
        guard box.isFinite, thickness.isFinite, thickness > 0 else { return }
        let distance = box.distance
        paint(box.widened(by: thickness / 2), color) { thickness / 2 + 0.5 - abs(distance($0, $1)) }
    }

    /// Blends over each pixel of a box the colour for its place in it, from 0 to 1 across and down, turned as the box is.
    public mutating func shade(_ box: RoundedBox, _ color: (_ across: Double, _ down: Double) -> Color) {
        guard box.isFinite else { return }
        let (distance, bounds) = (box.distance, box.bounds)
        let (cosine, sine) = (cos(box.tilt * .pi / 180), sin(box.tilt * .pi / 180))
        let columns = Self.pixels(from: bounds.left, to: bounds.right, of: width)
        for y in Self.pixels(from: bounds.top, to: bounds.bottom, of: height) {
            for x in columns {
                let covered = 0.5 - distance(Double(x) + 0.5, Double(y) + 0.5)
                guard covered > 0 else { continue }
                let fromX = Double(x) + 0.5 - box.x - box.width / 2
                let fromY = Double(y) + 0.5 - box.y - box.height / 2
                let across = (fromX * cosine + fromY * sine) / box.width + 0.5
                let down = (fromY * cosine - fromX * sine) / box.height + 0.5
                blend(x: x, y: y, color(across, down), Float(min(1, covered)))
            }
        }
    }

    /// Draws one line of text.
    ///
    /// - Parameters:
    ///   - text: The text; what the font has no sign for shows as its box.
    ///   - x: Where the text begins, in pixels.
    ///   - baseline: The line on which the letters stand, in pixels from the top.
    ///   - font: The font in its size.
    ///   - color: The colour of the letters.
    public mutating func draw(_ text: String, x: Double, baseline: Double, font: Font, _ color: Color) {
        guard abs(x) < 1e6, abs(baseline) < 1e6 else { return }
        let line = Int(baseline.rounded())
        for (glyph, pen) in font.layOut(text) {
            let left = Int((x + pen).rounded()) + glyph.left
            for row in 0..<glyph.height {
                let y = line - glyph.top + row
                guard (0..<height).contains(y) else { continue }
                for column in 0..<glyph.width where (0..<width).contains(left + column) {
                    let coverage = Float(glyph.coverage[row * glyph.width + column]) / 255
                    blend(x: left + column, y: y, color, coverage)
                }
            }
        }
    }

    /// Blends a colour over each pixel that the box's bounds touch, by the coverage of the pixel's middle.
    private mutating func paint(
        _ box: RoundedBox, _ color: Color, coverage: (_ x: Double, _ y: Double) -> Double
    ) {
        let bounds = box.bounds
        let columns = Self.pixels(from: bounds.left, to: bounds.right, of: width)
        let rows = Self.pixels(from: bounds.top, to: bounds.bottom, of: height)
        for y in rows {
            for x in columns {
                let covered = coverage(Double(x) + 0.5, Double(y) + 0.5)
                if covered > 0 { blend(x: x, y: y, color, Float(min(1, covered))) }
            }
        }
    }

    /// The pixels of an axis that a stretch touches, one more on each side for the soft edge.
    private static func pixels(from low: Double, to high: Double, of count: Int) -> Range<Int> {
        let first = Int(min(Double(count), max(0, low.rounded(.down) - 1)))
        let end = Int(min(Double(count), max(0, high.rounded(.up) + 1)))
        return first..<max(first, end)
    }

    private mutating func blend(x: Int, y: Int, _ color: Color, _ coverage: Float) {
        let at = (y * width + x) * 3
        let share = min(1, max(0, coverage * color.opacity))
        func mix(_ below: UInt8, _ above: UInt8) -> UInt8 {
            UInt8(Float(below) + (Float(above) - Float(below)) * share + 0.5)
        }
        pixels[at] = mix(pixels[at], color.red)
        pixels[at + 1] = mix(pixels[at + 1], color.green)
        pixels[at + 2] = mix(pixels[at + 2], color.blue)
    }
}
