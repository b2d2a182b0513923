import System

/// An 8-bit colour image, red, green, blue interleaved, rows one after another without gaps.
///
/// Its storage is kept when it is resized, so that one image can be filled once a frame without allocation.
package struct ColorImage: Sendable, Equatable {
    /// Columns in pixels.
    package private(set) var width: Int
    /// Rows in pixels.
    package private(set) var height: Int
    /// Red, green and blue, row by row: red of a pixel is `pixels[(y * width + x) * 3]`.
    package var pixels: [UInt8]

    /// Makes a black image; negative sizes count as 0.
    package init(width: Int = 0, height: Int = 0) {
        self.width = max(0, width)
        self.height = max(0, height)
        pixels = [UInt8](large: self.width * self.height * 3, repeating: 0)
    }

    /// Takes pixels as they are, or returns nil where their count is not `width * height * 3`.
    package init?(width: Int, height: Int, pixels: [UInt8]) {
        guard width >= 0, height >= 0, pixels.count == width * height * 3 else { return nil }
        self.width = width
        self.height = height
        self.pixels = pixels
    }

    /// Changes the size; what the pixels hold afterwards is unspecified. Allocates only to grow.
    package mutating func setSize(width: Int, height: Int) {
        pixels.resize(to: max(0, width) * max(0, height) * 3)
        self.width = max(0, width)
        self.height = max(0, height)
    }
}
