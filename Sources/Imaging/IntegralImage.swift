import System

/// Sums over every rectangle of a grey image in four look-ups (Crow 1984; tilted: Lienhart and Maydt 2002).
///
/// Each table has one column and one row more than the image. Entries wrap around at 32 bits: differences are
/// right as long as the sum they stand for fits, which for squares means rectangles below 66,000 pixels.
package struct IntegralImage: Sendable, Equatable {
    /// Columns of the tables: the image's and one.
    package private(set) var stride = 1
    /// Rows of the tables: the image's and one.
    package private(set) var rows = 1
    /// `sums[y * stride + x]`: all pixels above row `y` and left of column `x`.
    package private(set) var sums: [UInt32] = [0]
    /// The same of the pixels' squares.
    package private(set) var squares: [UInt32] = [0]
    /// `tilted[y * stride + x]`: the pixels of the triangle above whose lowest pixel is (x - 1, y - 1), widening
    /// upwards by one to both sides; all 0 where not asked for.
    package private(set) var tilted: [UInt32] = [0]

    /// Makes the tables of an empty image.
    package init() {}

    /// Fills the tables from an image. Allocates only to grow.
    package mutating func update(from image: GrayImage, tilted withTilted: Bool = false) {
        stride = image.width + 1
        rows = image.height + 1
        sums.resize(to: stride * rows)
        squares.resize(to: stride * rows)
        tilted.resize(to: withTilted ? stride * rows : 0)
        for x in 0..<stride { (sums[x], squares[x]) = (0, 0) }
        for y in 1..<max(1, rows) {
            var (sum, square): (UInt32, UInt32) = (0, 0)
            let row = y * stride
            (sums[row], squares[row]) = (0, 0)
            for x in 1..<max(1, stride) {
                let pixel = UInt32(image.pixels[(y - 1) * image.width + x - 1])
                sum &+= pixel
                square &+= pixel * pixel
                sums[row + x] = sums[row + x - stride] &+ sum
                squares[row + x] = squares[row + x - stride] &+ square
            }
        }
        if withTilted { updateTilted(from: image) }
    }

    private mutating func updateTilted(from image: GrayImage) {
        let width = image.width
        for x in 0..<stride { tilted[x] = 0 }
        for y in 1..<max(1, rows) {
            let (row, above) = (y * stride, (y - 1) * stride)
            tilted[row] = width > 0 ? tilted[above + 1] : 0
            for x in 1..<max(1, stride) {
                // The triangles to both sides, less what they share, and the two pixels neither has.
                var sum = tilted[above + x - 1] &+ UInt32(image.pixels[(y - 1) * width + x - 1])
                if y > 1 { sum &+= UInt32(image.pixels[(y - 2) * width + x - 1]) }
                if x < width {
                    sum &+= tilted[above + x + 1]
                    if y > 1 { sum &-= tilted[above - stride + x] }
                }
                tilted[row + x] = sum
            }
        }
    }
}
