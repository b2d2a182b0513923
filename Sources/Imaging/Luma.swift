/// The brightness of a colour by BT.601, the luma of JPEG and of OpenCV's `cvtColor`: 0.299 R + 0.587 G +
/// 0.114 B, in 15-bit fixed point, rounded.
enum Luma {
    private static let red: UInt32 = 9798
    private static let green: UInt32 = 19235
    private static let blue: UInt32 = 3735

    @inline(__always)
    static func of(red r: UInt8, green g: UInt8, blue b: UInt8) -> UInt8 {
        let sum = red &* UInt32(r) &+ green &* UInt32(g) &+ blue &* UInt32(b) &+ (1 << 14)
        return UInt8(truncatingIfNeeded: sum >> 15)
    }

    /// The luma of a pixel of a CMYK picture, to the last digit as OpenCV's `imread` makes it: with 256 in the place of
    /// 255, and weights of 14 bits.
    @inline(__always)
    static func of(cmyk pixels: [UInt8], at index: Int) -> UInt8 {
        let key = UInt32(pixels[index + 3])
        func light(_ ink: UInt8) -> UInt32 { key &- ((255 &- UInt32(ink)) &* key) >> 8 }
        let sum = 4899 &* light(pixels[index]) &+ 9617 &* light(pixels[index + 1])
        return UInt8(truncatingIfNeeded: (sum &+ 1868 &* light(pixels[index + 2]) &+ 1 << 13) >> 14)
    }
}

/// Cyan, magenta, yellow and key as JPEGs hold them: inverted, as Adobe's programs write them and every reader
/// takes them, so that 255 is no ink.
enum CMYK {
    @inline(__always)
    static func rgb(_ pixels: [UInt8], at index: Int) -> (UInt8, UInt8, UInt8) {
        let key = UInt32(pixels[index + 3])
        func light(_ ink: UInt8) -> UInt8 { UInt8(truncatingIfNeeded: (UInt32(ink) * key + 127) / 255) }
        return (light(pixels[index]), light(pixels[index + 1]), light(pixels[index + 2]))
    }
}

extension GrayImage {
    /// Becomes the luma (BT.601) of a colour image, as OpenCV's `cvtColor` makes it.
    package mutating func setLuma(of image: ColorImage) {
        setSize(width: image.width, height: image.height)
        let count = pixels.count
        pixels.withUnsafeMutableBufferPointer { target in
            image.pixels.withUnsafeBufferPointer { source in
                // Both counts follow from the same size; the check keeps a mistake from becoming a stray read.
                guard source.count >= count * 3 else { return }
                for index in 0..<count {
                    let at = index &* 3
                    target[index] = Luma.of(red: source[at], green: source[at &+ 1], blue: source[at &+ 2])
                }
            }
        }
    }
}

extension ColorImage {
    /// Becomes a grey image's pixels in colour: red, green and blue alike.
    package mutating func setGray(_ image: GrayImage) {
        setSize(width: image.width, height: image.height)
        for (index, luma) in image.pixels.enumerated() {
            pixels[index * 3] = luma
            pixels[index * 3 + 1] = luma
            pixels[index * 3 + 2] = luma
        }
    }
}
