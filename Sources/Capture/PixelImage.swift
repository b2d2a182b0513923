import CKernels
import Imaging

/// A picture in pixels of 32 bits, as windows hold them: blue in the lowest byte, then green and red, the highest all ones.
///
/// Its storage is kept when it is filled again, so that a frame of the size of the one before allocates nothing.
package struct PixelImage: Sendable {
    /// Columns in pixels.
    package private(set) var width = 0
    /// Rows in pixels.
    package private(set) var height = 0
    /// Row by row without gaps, and one more, so that every pixel has a neighbour.
    package private(set) var pixels: [UInt32] = []

    /// Makes a picture of size 0 to be filled.
    package init() {}

    mutating func setSize(width: Int, height: Int) {
        guard width != self.width || height != self.height else { return }
        (self.width, self.height) = (width, height)
        pixels = [UInt32](repeating: 0, count: width * height + 1)
    }

    /// Fills a row from luma and chroma.
    mutating func set(_ row: PixelKernels.RowOfYUV, at y: Int, _ weights: YUVWeights) {
        var weights = picture_weights(
            black: weights.black, luma: weights.luma, red_from_red: weights.redFromRed,
            green_from_red: weights.greenFromRed, green_from_blue: weights.greenFromBlue,
            blue_from_blue: weights.blueFromBlue)
        fill(y) { kernels, target, width in
            kernels.pixels_of_yuv(
                row.luma, row.lumaStep, row.blue, row.red, row.chromaStep, width, &weights, target)
        }
    }

    /// Fills a row from bytes, of which a pixel has `step`, its red, green and blue at the places given.
    mutating func set(
        _ bytes: UnsafePointer<UInt8>, _ step: Int, _ places: (red: Int, green: Int, blue: Int), at y: Int
    ) {
        fill(y) { kernels, target, width in
            kernels.pixels_of_bytes(bytes, step, places.red, places.green, places.blue, width, target)
        }
    }

    private mutating func fill(
        _ y: Int,
        _ body: (_ kernels: picture_kernels, _ row: UnsafeMutablePointer<UInt32>, _ count: Int) -> Void
    ) {
        guard (0..<height).contains(y), let kernels = picture_kernels_best()?.pointee else { return }
        let width = width
        pixels.withUnsafeMutableBufferPointer { pixels in
            guard let start = pixels.baseAddress else { return }
            body(kernels, start + y * width, width)
        }
    }
}

extension YUVImage {
    /// Gives each row's luma and chroma to `body`.
    func eachRow(_ body: (_ y: Int, _ row: PixelKernels.RowOfYUV) -> Void) {
        luma.withUnsafeBufferPointer { luma in
            blueChroma.withUnsafeBufferPointer { blue in
                redChroma.withUnsafeBufferPointer { red in
                    guard let luma = luma.baseAddress, let blue = blue.baseAddress, let red = red.baseAddress
                    else { return }
                    for y in 0..<height {
                        let chroma = y / 2 * chromaWidth
                        body(
                            y,
                            .init(
                                luma: luma + y * width, blue: blue + chroma, red: red + chroma, lumaStep: 1,
                                chromaStep: 1))
                    }
                }
            }
        }
    }
}
