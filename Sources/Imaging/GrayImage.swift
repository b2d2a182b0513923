import System

/// An 8-bit grey image, rows one after another without gaps.
///
/// Its storage is kept when it is resized, so that one image can be filled once a frame without allocation.
package struct GrayImage: Sendable, Equatable {
    /// Columns in pixels.
    package private(set) var width: Int
    /// Rows in pixels.
    package private(set) var height: Int
    /// Luma, row by row: `pixels[y * width + x]`, always `width * height` bytes.
    package var pixels: [UInt8]

    /// Makes an image filled with one grey level; negative sizes count as 0.
    package init(width: Int = 0, height: Int = 0, fill: UInt8 = 0) {
        self.width = max(0, width)
        self.height = max(0, height)
        pixels = [UInt8](repeating: fill, count: self.width * self.height)
    }

    /// Takes pixels as they are, or returns nil where their count is not `width * height`.
    package init?(width: Int, height: Int, pixels: [UInt8]) {
        guard width >= 0, height >= 0, pixels.count == width * height else { return nil }
        self.width = width
        self.height = height
        self.pixels = pixels
    }

    /// Changes the size; what the pixels hold afterwards is unspecified. Allocates only to grow.
    package mutating func setSize(width: Int, height: Int) {
        pixels.resize(to: max(0, width) * max(0, height))
        self.width = max(0, width)
        self.height = max(0, height)
    }
}
