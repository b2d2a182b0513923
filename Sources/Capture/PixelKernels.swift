/// The loops over pixels that ``FrameDecoder`` is made of. Callers have checked every size.
enum PixelKernels {
    /// Copies rows of `width` bytes into rows without gaps.
    static func copyRows(
        _ source: UnsafePointer<UInt8>, bytesPerRow: Int, width: Int, height: Int,
        to target: UnsafeMutablePointer<UInt8>
    ) {
        for y in 0..<height {
            (target + y * width).update(from: source + y * bytesPerRow, count: width)
        }
    }

    /// Takes every second byte, the luma of a packed 4:2:2 row.
    static func everySecond(
        _ source: UnsafePointer<UInt8>, count: Int, to target: UnsafeMutablePointer<UInt8>
    ) {
        for x in 0..<count { target[x] = source[2 * x] }
    }

    /// Luma of 8-bit colour triples, `red` and `blue` being their places in one: BT.601 weights in 1/16384 as
    /// OpenCV rounds them, so that both see the same grey.
    static func luma(
        _ source: UnsafePointer<UInt8>, count: Int, red: Int, blue: Int,
        to target: UnsafeMutablePointer<UInt8>
    ) {
        for x in 0..<count {
            let pixel = source + 3 * x
            let sum = Int32(pixel[red]) &* 4899 &+ Int32(pixel[1]) &* 9617 &+ Int32(pixel[blue]) &* 1868
            target[x] = UInt8(truncatingIfNeeded: (sum &+ 8192) &>> 14)
        }
    }

    /// The bits that are set in any of `count` little-endian 16-bit pixels.
    static func bitsUsed(_ source: UnsafePointer<UInt8>, count: Int) -> UInt16 {
        var bits: UInt16 = 0
        for x in 0..<count { bits |= UInt16(source[2 * x]) | UInt16(source[2 * x + 1]) &<< 8 }
        return bits
    }

    /// 16-bit little-endian pixels, brought to 8 bits by a shift.
    static func narrow(
        _ source: UnsafePointer<UInt8>, count: Int, shift: UInt16, to target: UnsafeMutablePointer<UInt8>
    ) {
        for x in 0..<count {
            let value = UInt16(source[2 * x]) | UInt16(source[2 * x + 1]) &<< 8
            target[x] = UInt8(truncatingIfNeeded: min(value &>> shift, 255))
        }
    }

    /// Where luma and chroma of a row's pixels lie: pixel `x` has its luma at `x * lumaStep` and its chroma at
    /// `x / 2 * chromaStep`.
    struct RowOfYUV {
        var luma: UnsafePointer<UInt8>
        var blue: UnsafePointer<UInt8>
        var red: UnsafePointer<UInt8>
        var lumaStep: Int
        var chromaStep: Int
    }

    /// Red, green, blue of a row whose chroma is half as wide as its luma.
    static func color(
        _ row: RowOfYUV, count: Int, weights: YUVWeights, to target: UnsafeMutablePointer<UInt8>
    ) {
        for x in 0..<count {
            let luma = (Int32(row.luma[x &* row.lumaStep]) &- weights.black) &* weights.luma &+ 32768
            let blue = Int32(row.blue[(x &>> 1) &* row.chromaStep]) &- 128
            let red = Int32(row.red[(x &>> 1) &* row.chromaStep]) &- 128
            let pixel = target + 3 * x
            pixel[0] = clamped(luma &+ red &* weights.redFromRed)
            pixel[1] = clamped(luma &- red &* weights.greenFromRed &- blue &* weights.greenFromBlue)
            pixel[2] = clamped(luma &+ blue &* weights.blueFromBlue)
        }
    }

    private static func clamped(_ value: Int32) -> UInt8 {
        UInt8(truncatingIfNeeded: min(max(value &>> 16, 0), 255))
    }
}

/// What turns luma and chroma into colours, in 1/65536.
///
/// From the definitions in ITU-R BT.601-7 section 2.5 and BT.709-6 section 3: with the weights Kr and Kb of red and
/// blue in luma, R = Y + 2(1 − Kr)·Cr and B = Y + 2(1 − Kb)·Cb.
struct YUVWeights {
    let black: Int32
    let luma: Int32
    let redFromRed: Int32
    let greenFromRed: Int32
    let greenFromBlue: Int32
    let blueFromBlue: Int32

    init(_ encoding: ColorEncoding) {
        let (kr, kb) = encoding.matrix == .bt601 ? (0.299, 0.114) : (0.2126, 0.0722)
        let lumaScale = encoding.isFullRange ? 1 : 255.0 / 219
        let chromaScale = encoding.isFullRange ? 1 : 255.0 / 224
        func fixed(_ value: Double) -> Int32 { Int32((value * 65536).rounded()) }
        black = encoding.isFullRange ? 0 : 16
        luma = fixed(lumaScale)
        redFromRed = fixed(2 * (1 - kr) * chromaScale)
        blueFromBlue = fixed(2 * (1 - kb) * chromaScale)
        greenFromRed = fixed(2 * (1 - kr) * kr / (1 - kr - kb) * chromaScale)
        greenFromBlue = fixed(2 * (1 - kb) * kb / (1 - kr - kb) * chromaScale)
    }
}
