import Testing

import Imaging

@Suite("Drawing")
struct DrawingTests {
    private let red = Color(red: 255, green: 0, blue: 0)

    /// The share of the red channel's full, over the whole picture: the area painted, in pixels.
    private func area(_ image: ColorImage) -> Double {
        stride(from: 0, to: image.pixels.count, by: 3).reduce(0) { $0 + Double(image.pixels[$1]) / 255 }
    }

    @Test("a filled box covers its area, with square or round corners, upright or turned")
    func filled() {
        for tilt in [0.0, 17, 45, -80] {
            var square = ColorImage(width: 100, height: 100)
            square.fill(RoundedBox(x: 30.5, y: 35.25, width: 40, height: 30, tilt: tilt), red)
            #expect(abs(area(square) - 1200) < 12)
            var round = ColorImage(width: 100, height: 100)
            round.fill(RoundedBox(x: 30, y: 30, width: 40, height: 40, radius: 20, tilt: tilt), red)
            #expect(abs(area(round) - 20 * 20 * 3.14159) < 12)
        }
    }

    @Test("a box on whole pixels has hard edges")
    func hardEdges() {
        var image = ColorImage(width: 10, height: 10)
        image.fill(RoundedBox(Rectangle(x: 2, y: 3, width: 4, height: 5)), red)
        for y in 0..<10 {
            for x in 0..<10 {
                let inside = (2..<6).contains(x) && (3..<8).contains(y)
                #expect(image.pixels[(y * 10 + x) * 3] == (inside ? 255 : 0))
            }
        }
    }

    @Test("a line lies on the edge, half of it inside, and leaves the middle alone")
    func stroke() {
        var image = ColorImage(width: 60, height: 60)
        image.stroke(RoundedBox(x: 15, y: 15, width: 30, height: 30), thickness: 4, red)
        func value(_ x: Int, _ y: Int) -> UInt8 { image.pixels[(y * 60 + x) * 3] }
        #expect(value(30, 13) == 255 && value(30, 16) == 255 && value(30, 11) == 0 && value(30, 18) == 0)
        #expect(value(30, 30) == 0)
        #expect(abs(area(image) - (34 * 34 - 26 * 26)) < 12)
    }

    @Test("half an opacity is half the colour")
    func opacity() {
        var image = ColorImage(width: 4, height: 4)
        image.fill(RoundedBox(x: 0, y: 0, width: 4, height: 4), red.opacity(0.5))
        #expect((127...128).contains(image.pixels[(1 * 4 + 1) * 3]))
    }

    @Test("what reaches out of the picture, or is no number, is cut off there and traps nowhere")
    func outside() throws {
        let font = try Font(size: 20)
        for value in [-1e300, -1e7, -5, 0, 8, 1e7, 1e300, .nan, .infinity] {
            var image = ColorImage(width: 10, height: 10)
            image.fill(RoundedBox(x: value, y: 2, width: 5, height: 5), red)
            image.fill(RoundedBox(x: 2, y: 2, width: value, height: 5, radius: 3, tilt: 20), red)
            image.stroke(RoundedBox(x: 2, y: value, width: 5, height: 5, radius: value), thickness: 3, red)
            image.stroke(RoundedBox(x: 2, y: 2, width: 5, height: 5), thickness: value, red)
            image.draw("gä", x: value, baseline: value, font: font, red)
            #expect(image.pixels.count == 300)
        }
        var empty = ColorImage()
        empty.fill(RoundedBox(x: 0, y: 0, width: 5, height: 5), red)
        empty.draw("x", x: 0, baseline: 5, font: font, red)
        #expect(empty.pixels.isEmpty)
    }

    @Test("text stands on its baseline, as tall as its capitals and as wide as it says")
    func text() throws {
        let font = try Font(size: 40, bold: true)
        var image = ColorImage(width: 200, height: 80)
        image.draw("HEH", x: 20, baseline: 60, font: font, red)
        let painted = image.pixels.indices.filter { $0 % 3 == 0 && image.pixels[$0] > 127 }.map { $0 / 3 }
        let (rows, columns) = (painted.map { $0 / 200 }, painted.map { $0 % 200 })
        #expect(rows.max() == 59)
        #expect(rows.min() == 60 - Int(font.capHeight))
        let width = font.width(of: "HEH")
        #expect(try #require(columns.min()) >= 20)
        #expect(try #require(columns.max()) < 20 + Int(width))
        #expect(try #require(columns.max()) > 20 + Int(width) - 10)
        // DejaVu Sans Bold's capitals are 0.729 of the em.
        #expect(abs(font.capHeight - 0.729 * 40) <= 1)
    }

    @Test("a sign that the font has not is drawn as its empty box, and no text as nothing")
    func strangeText() throws {
        let font = try Font(size: 20)
        var image = ColorImage(width: 50, height: 30)
        image.draw("", x: 5, baseline: 20, font: font, red)
        #expect(area(image) == 0)
        image.draw("\u{E123}", x: 5, baseline: 20, font: font, red)
        #expect(area(image) > 10)
    }

    @Test("without the font, or with a broken one, the error names the package")
    func missing() {
        #expect(throws: FontError.missing) { try Font.path(bold: true, in: ["/nowhere", "/"]) }
        #expect(FontError.missing.description.contains("fonts-dejavu-core"))
        let broken = Fixture.path("README.md")
        #expect(throws: FontError.broken(path: broken)) { try Font(path: broken, size: 12) }
    }
}
