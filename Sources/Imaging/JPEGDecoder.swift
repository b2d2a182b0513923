import CTurboJPEG
import System

/// Decodes JPEGs one after another, sequential or progressive, in grey, YCbCr, RGB, CMYK or YCCK, through
/// libjpeg-turbo.
///
/// The decoder and the images it fills are meant to be kept: nothing is allocated for a frame of the size of the
/// one before. Huffman tables may be missing, as in the Motion JPEG of many cameras; the standard ones are taken
/// then. Used from one thread at a time.
package final class JPEGDecoder {
    /// How much damage is borne.
    package enum Tolerance: Sendable {
        /// Any damage that may show in the pixels is an error: for files.
        case none
        /// Stray bytes before a marker are stepped over, as many cameras send them; other damage is an error.
        case strayBytes
    }

    /// The most pixels taken where nothing else is said: 2²⁷, more than any camera in a shop has.
    package static let defaultMaximumPixels = 1 << 27

    private var handle: tjhandle?
    private let tolerance: Tolerance
    private let maximumPixels: Int
    private var cmyk: [UInt8] = []
    private var planes: [UInt8] = []
    /// A picture with the end marker that it lacked.
    private var ended: [UInt8] = []

    /// Makes a decoder.
    ///
    /// - Parameters:
    ///   - tolerance: What damage is borne.
    ///   - maximumPixels: Headers that claim more are refused before anything is allocated.
    package init(tolerance: Tolerance = .none, maximumPixels: Int = defaultMaximumPixels) {
        handle = tjInitDecompress()
        self.tolerance = tolerance
        self.maximumPixels = maximumPixels
    }

    deinit {
        if let handle { tjDestroy(handle) }
    }

    /// Decodes the luma alone; the colour is not even transformed back.
    package func decode(_ bytes: [UInt8], into image: inout GrayImage) throws(JPEGError) {
        _ = try decode(bytes, into: &image, isHalved: false)
    }

    /// The same; on wish at half the width and height, rounded up, which takes less time than the whole: of each block of
    /// 8×8 only the lowest 4×4 frequencies are transformed back. What holds CMYK always comes whole.
    ///
    /// - Returns: columns and rows of the whole picture.
    package func decode(
        _ bytes: [UInt8], into image: inout GrayImage, isHalved: Bool
    ) throws(JPEGError) -> (width: Int, height: Int) {
        guard Self.isEnded(bytes) else {
            return try withEnd(bytes) { bytes throws(JPEGError) in
                try decode(bytes, into: &image, isHalved: isHalved)
            }
        }
        var header = try readHeader(bytes)
        let whole = (header.width, header.height)
        if isHalved, !header.isCMYK {
            (header.width, header.height) = ((header.width + 1) / 2, (header.height + 1) / 2)
        }
        image.setSize(width: header.width, height: header.height)
        guard !header.isCMYK else {
            try decodeCMYK(bytes, header)
            for index in image.pixels.indices {
                image.pixels[index] = Luma.of(cmyk: cmyk, at: index * 4)
            }
            return whole
        }
        try decompress(bytes, header, TJPF_GRAY, into: &image.pixels)
        return whole
    }

    /// Decodes to red, green and blue.
    package func decode(_ bytes: [UInt8], into image: inout ColorImage) throws(JPEGError) {
        guard Self.isEnded(bytes) else {
            return try withEnd(bytes) { bytes throws(JPEGError) in try decode(bytes, into: &image) }
        }
        let header = try readHeader(bytes)
        image.setSize(width: header.width, height: header.height)
        if !header.isCMYK { return try decompress(bytes, header, TJPF_RGB, into: &image.pixels) }
        try decodeCMYK(bytes, header)
        for index in 0..<(header.width * header.height) {
            let (red, green, blue) = CMYK.rgb(cmyk, at: index * 4)
            image.pixels[index * 3] = red
            image.pixels[index * 3 + 1] = green
            image.pixels[index * 3 + 2] = blue
        }
    }

    /// Decodes to the planes that the JPEG holds, with the chroma brought to half size both ways (4:2:0).
    ///
    /// The cheapest form for a window, whose graphics card turns it into colours: no colour conversion here. The
    /// values have JPEG's full range (0 to 255), by BT.601.
    package func decode(_ bytes: [UInt8], into image: inout YUVImage) throws(JPEGError) {
        guard Self.isEnded(bytes) else {
            return try withEnd(bytes) { bytes throws(JPEGError) in try decode(bytes, into: &image) }
        }
        let header = try readHeader(bytes)
        guard !header.isCMYK, header.isYCbCr, header.subsampling >= 0 else {
            var color = ColorImage()
            try decode(bytes, into: &color)
            image.set(color)
            return
        }
        image.setSize(width: header.width, height: header.height)
        try decompressPlanes(bytes, header, into: &image)
    }

    /// True where the last bytes are the end marker, or zeros behind it, as many cameras fill up what they send; and
    /// where nothing tells whether more than the marker is missing.
    private static func isEnded(_ bytes: [UInt8]) -> Bool {
        guard let last = bytes.lastIndex(where: { $0 != 0 }), last > 0 else { return true }
        if bytes[last] == 0xD9 && bytes[last - 1] == 0xFF { return true }
        return !isOneScan(bytes)
    }

    /// True for a picture whose one scan holds all its components: one that is cut off between two scans looks whole.
    private static func isOneScan(_ bytes: [UInt8]) -> Bool {
        var at = 2
        var components: UInt8?
        while at + 10 < bytes.count, bytes[at] == 0xFF {
            let marker = bytes[at + 1]
            switch marker {
            case 0xFF:
                at += 1
                continue
            case 0xC0, 0xC1: components = bytes[at + 9]
            case 0xDA: return bytes[at + 4] == components
            default: break
            }
            at += 2 + (Int(bytes[at + 2]) << 8 | Int(bytes[at + 3]))
        }
        return false
    }

    /// Decodes with an end marker behind the bytes: some cameras leave it out. Where more is missing, libjpeg finds the
    /// marker too early and says so.
    private func withEnd<Result>(
        _ bytes: [UInt8], _ body: ([UInt8]) throws(JPEGError) -> Result
    ) throws(JPEGError) -> Result {
        // Taken out meanwhile, so that there is one owner and no copy from picture to picture.
        var whole = ended
        ended = []
        whole.removeAll(keepingCapacity: true)
        whole.append(contentsOf: bytes)
        whole += [0xFF, 0xD9]
        defer { ended = whole }
        do throws(JPEGError) { return try body(whole) } catch {
            guard case .broken(let reason) = error, reason.contains("premature end") else { throw error }
            throw .broken(reason: "Premature end of JPEG file")
        }
    }

    // MARK: - Header

    private struct Header {
        var width: Int
        var height: Int
        var subsampling: Int32
        var isCMYK: Bool
        var isYCbCr: Bool
    }

    private func readHeader(_ bytes: [UInt8]) throws(JPEGError) -> Header {
        guard let handle else { throw .broken(reason: "libjpeg-turbo can't be set up: out of memory") }
        var width: Int32 = 0
        var height: Int32 = 0
        var subsampling: Int32 = -1
        var colorSpace: Int32 = -1
        let status = bytes.withUnsafeBufferPointer {
            tjDecompressHeader3(
                handle, $0.baseAddress, UInt($0.count), &width, &height, &subsampling, &colorSpace)
        }
        // A sampling that turbojpeg has no name for is an error to it, though it decodes it to pixels well.
        guard width > 0, height > 0, colorSpace >= 0 else {
            // Tables without a picture are no error to turbojpeg: its last words are of another picture, or "No error".
            throw failure(status == 0 ? "there is no picture in it" : lastMessage)
        }
        if status != 0, subsampling >= 0 {
            let message = lastMessage
            if !isBearable(message) { throw failure(message) }
        }
        guard Int(width) <= maximumPixels / Int(height) else {
            throw .tooLarge(width: Int(width), height: Int(height))
        }
        return Header(
            width: Int(width), height: Int(height), subsampling: subsampling,
            isCMYK: colorSpace == TJCS_CMYK.rawValue || colorSpace == TJCS_YCCK.rawValue,
            isYCbCr: colorSpace == TJCS_YCbCr.rawValue || colorSpace == TJCS_GRAY.rawValue)
    }

    // MARK: - Pixels

    private func decompress(
        _ bytes: [UInt8], _ header: Header, _ format: TJPF, into pixels: inout [UInt8]
    ) throws(JPEGError) {
        let status = bytes.withUnsafeBufferPointer { source in
            pixels.withUnsafeMutableBufferPointer { target in
                tjDecompress2(
                    handle, source.baseAddress, UInt(source.count), target.baseAddress, Int32(header.width),
                    0,
                    Int32(header.height), Int32(format.rawValue), TJFLAG_LIMITSCANS)
            }
        }
        try check(status)
    }

    private func decodeCMYK(_ bytes: [UInt8], _ header: Header) throws(JPEGError) {
        let count = header.width * header.height * 4
        if cmyk.count != count { cmyk = [UInt8](large: count, repeating: 0) }
        try decompress(bytes, header, TJPF_CMYK, into: &cmyk)
    }

    private func decompressPlanes(
        _ bytes: [UInt8], _ header: Header, into image: inout YUVImage
    ) throws(JPEGError) {
        let (width, height) = (Int32(header.width), Int32(header.height))
        let isGray = header.subsampling == TJSAMP_GRAY.rawValue
        let lumaWidth = Int(tjPlaneWidth(0, width, header.subsampling))
        let lumaHeight = Int(tjPlaneHeight(0, height, header.subsampling))
        let chromaWidth = isGray ? 0 : Int(tjPlaneWidth(1, width, header.subsampling))
        let chromaHeight = isGray ? 0 : Int(tjPlaneHeight(1, height, header.subsampling))
        guard lumaWidth >= header.width, lumaHeight >= header.height, chromaWidth >= 0, chromaHeight >= 0
        else {
            throw .broken(reason: "an unknown chroma sampling")
        }
        let lumaCount = lumaWidth * lumaHeight
        let chromaCount = chromaWidth * chromaHeight
        let count = lumaCount + 2 * chromaCount
        if planes.count != count { planes = [UInt8](large: count, repeating: 0) }
        let status = bytes.withUnsafeBufferPointer { source in
            planes.withUnsafeMutableBufferPointer { target -> Int32 in
                guard let base = target.baseAddress else { return -1 }
                return withUnsafeTemporaryAllocation(of: UnsafeMutablePointer<UInt8>?.self, capacity: 3) {
                    pointers in
                    pointers.initialize(repeating: nil)
                    pointers[0] = base
                    if !isGray {
                        pointers[1] = base + lumaCount
                        pointers[2] = base + lumaCount + chromaCount
                    }
                    return tjDecompressToYUVPlanes(
                        handle, source.baseAddress, UInt(source.count), pointers.baseAddress, width, nil,
                        height, TJFLAG_LIMITSCANS)
                }
            }
        }
        try check(status)
        image.setLuma(planes, offset: 0, bytesPerRow: lumaWidth)
        if isGray {
            image.setChromaNeutral()
        } else {
            image.setChroma(
                planes, offsets: (lumaCount, lumaCount + chromaCount), width: chromaWidth,
                height: chromaHeight)
        }
    }

    // MARK: - Errors

    private func check(_ status: Int32) throws(JPEGError) {
        guard status != 0 else { return }
        let isWarning = tjGetErrorCode(handle) == TJERR_WARNING.rawValue
        let message = lastMessage
        guard isWarning, isBearable(message) else { throw failure(message) }
    }

    /// The error to throw. The handle is made anew: turbojpeg leaves it in the middle of a header that broke off,
    /// and would take the next picture for the rest of this one.
    private func failure(_ reason: String) -> JPEGError {
        if let handle { tjDestroy(handle) }
        handle = tjInitDecompress()
        return .broken(reason: reason)
    }

    /// Stray bytes before the end marker (0xd9) come when all pixels are decoded. libjpeg words the first
    /// warning only, so that stray bytes at any other place may hide worse: a camera's picture is used all the
    /// same, a file is not.
    private func isBearable(_ message: String) -> Bool {
        guard message.contains("extraneous bytes before marker") else { return false }
        return tolerance == .strayBytes || message.hasSuffix("0xd9")
    }

    /// What turbojpeg says of a call that just failed; of one that did not, it is what it said before.
    private var lastMessage: String {
        guard let text = tjGetErrorStr2(handle) else { return "libjpeg-turbo gives no reason" }
        return String(cString: text)
    }
}
