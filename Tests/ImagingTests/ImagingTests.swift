import Testing

import Imaging

@Suite("Reading pictures")
struct ReadingTests {
    @Test("a colour PNG is read as its luma and as its colours")
    func png() throws {
        var color = ColorImage()
        var gray = GrayImage()
        try ImageFile.readColor(path: Fixture.path("astronaut.png"), into: &color)
        try ImageFile.readGray(path: Fixture.path("astronaut.png"), into: &gray)
        #expect(color.width == 512 && color.height == 512)
        // The corner's values as libpng's own tools give them.
        #expect(Array(color.pixels[0..<3]) == [154, 147, 151])
        #expect(gray.pixels[0] == 150)
    }
}
