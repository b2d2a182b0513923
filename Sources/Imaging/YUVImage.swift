import System

/// An 8-bit picture in three planes with the chroma at half size both ways (4:2:0, "I420"): what a window's
/// graphics card takes. Full range (0 to 255), BT.601, as in JPEG.
///
/// Its storage is kept when it is resized, so that one image can be filled once a frame without allocation.
package struct YUVImage: Sendable, Equatable {
    /// Columns of luma in pixels.
    package private(set) var width = 0
    /// Rows of luma in pixels.
    package private(set) var height = 0
    /// Luma (Y), row by row without gaps: `width * height` bytes.
    package private(set) var luma: [UInt8] = []
    /// Blue-difference chroma (U, Cb): `chromaWidth * chromaHeight` bytes.
    package private(set) var blueChroma: [UInt8] = []
    /// Red-difference chroma (V, Cr): `chromaWidth * chromaHeight` bytes.
    package private(set) var redChroma: [UInt8] = []

    /// Makes an image of size 0 to be filled.
    package init() {}

    /// Columns of chroma: half the luma's, rounded up.
    package var chromaWidth: Int { (width + 1) / 2 }
    /// Rows of chroma: half the luma's, rounded up.
    package var chromaHeight: Int { (height + 1) / 2 }

    /// A copy of `width` columns from column `x` on, over the whole height; an odd `x` counts as the even one
    /// before it.
    package func cropped(x: Int, width: Int) -> YUVImage {
        var part = YUVImage()
        let first = max(0, min(x & ~1, self.width))
        part.setSize(width: max(0, min(width, self.width - first)), height: height)
        func copy(
            _ plane: [UInt8], _ stride: Int, from column: Int, into target: inout [UInt8], _ columns: Int
        ) {
            for index in target.indices {
                target[index] = plane[index / columns * stride + column + index % columns]
            }
        }
        copy(luma, self.width, from: first, into: &part.luma, part.width)
        copy(blueChroma, chromaWidth, from: first / 2, into: &part.blueChroma, part.chromaWidth)
        copy(redChroma, chromaWidth, from: first / 2, into: &part.redChroma, part.chromaWidth)
        return part
    }

    mutating func setSize(width: Int, height: Int) {
        guard width != self.width || height != self.height else { return }
        self.width = max(0, width)
        self.height = max(0, height)
        luma = [UInt8](large: self.width * self.height, repeating: 0)
        blueChroma = [UInt8](large: chromaWidth * chromaHeight, repeating: 128)
        redChroma = blueChroma
    }

    /// Takes the luma from a plane with rows at least as long as this image's.
    mutating func setLuma(_ plane: [UInt8], offset: Int, bytesPerRow: Int) {
        luma.withUnsafeMutableBytes { target in
            plane.withUnsafeBytes { source in
                for y in 0..<height {
                    let start = offset + y * bytesPerRow
                    UnsafeMutableRawBufferPointer(rebasing: target[(y * width)..<((y + 1) * width)])
                        .copyMemory(from: UnsafeRawBufferPointer(rebasing: source[start..<(start + width)]))
                }
            }
        }
    }

    mutating func setChromaNeutral() {
        for index in blueChroma.indices { blueChroma[index] = 128 }
        for index in redChroma.indices { redChroma[index] = 128 }
    }

    /// Takes the chroma from planes of another size, averaging where they are finer than 4:2:0 and repeating
    /// where they are coarser.
    mutating func setChroma(_ planes: [UInt8], offsets: (Int, Int), width: Int, height: Int) {
        let (columns, rows) = (chromaWidth, chromaHeight)
        guard width > 0, height > 0 else { return setChromaNeutral() }
        // How many samples of the plane fall on one of this image: 2 of 4:4:4, 1 of 4:2:0; coarser planes 1.
        let across = max(1, (width + columns / 2) / max(1, columns))
        let down = max(1, (height + rows / 2) / max(1, rows))
        func fill(_ target: inout [UInt8], from offset: Int) {
            target.withUnsafeMutableBufferPointer { target in
                planes.withUnsafeBufferPointer { planes in
                    let plane = UnsafeBufferPointer(rebasing: planes[offset..<(offset + width * height)])
                    for y in 0..<rows {
                        let top = down > 1 ? min(y * down, height - 1) : min(y * height / rows, height - 1)
                        let bottom = min(top + down - 1, height - 1)
                        for x in 0..<columns {
                            let left =
                                across > 1 ? min(x * across, width - 1) : min(x * width / columns, width - 1)
                            let right = min(left + across - 1, width - 1)
                            let sum =
                                Int(plane[top * width + left]) + Int(plane[top * width + right])
                                + Int(plane[bottom * width + left]) + Int(plane[bottom * width + right])
                            target[y * columns + x] = UInt8(truncatingIfNeeded: (sum + 2) / 4)
                        }
                    }
                }
            }
        }
        fill(&blueChroma, from: offsets.0)
        fill(&redChroma, from: offsets.1)
    }

    /// Becomes a colour image in planes.
    package mutating func set(_ image: ColorImage) {
        setSize(width: image.width, height: image.height)
        for y in 0..<height {
            for x in 0..<width {
                let at = (y * width + x) * 3
                luma[y * width + x] = Luma.of(
                    red: image.pixels[at], green: image.pixels[at + 1], blue: image.pixels[at + 2])
            }
        }
        for y in 0..<chromaHeight {
            for x in 0..<chromaWidth {
                var sums = SIMD3<Float>()
                for (dx, dy) in [(0, 0), (1, 0), (0, 1), (1, 1)] {
                    let column = min(2 * x + dx, width - 1)
                    let row = min(2 * y + dy, height - 1)
                    let at = (row * width + column) * 3
                    sums +=
                        SIMD3(
                            Float(image.pixels[at]), Float(image.pixels[at + 1]), Float(image.pixels[at + 2]))
                        / 4
                }
                let luma = (sums * SIMD3(0.299, 0.587, 0.114)).sum()
                func byte(_ value: Float) -> UInt8 { UInt8(min(255, max(0, value.rounded()))) }
                blueChroma[y * chromaWidth + x] = byte(128 + (sums.z - luma) / 1.772)
                redChroma[y * chromaWidth + x] = byte(128 + (sums.x - luma) / 1.402)
            }
        }
    }
}
