/// The first line of a YUV4MPEG2 stream, as mjpegtools' yuv4mpeg(5) describes it and `ffmpeg` writes it.
struct YUV4MPEGHeader: Equatable {
    /// How the samples of a frame lie in the stream.
    enum Sampling: Equatable {
        /// Luma alone.
        case mono
        /// Planes Y, U, V; chroma is narrower and lower than luma by these factors, each 1 or 2.
        case planar(across: Int, down: Int)
    }

    /// What every stream begins with.
    static let magic = Array("YUV4MPEG2".utf8)
    /// More is no header.
    static let longestLine = 1024

    var size: FrameSize
    /// Frames a second; nil where the stream does not say.
    var frameRate: Double?
    var sampling = Sampling.planar(across: 2, down: 2)
    var isFullRange = false

    /// Reads the line without its newline.
    ///
    /// - Throws: what is wrong with it, in words.
    init(_ line: [UInt8]) throws(YUV4MPEGError) {
        let words = String(decoding: line, as: UTF8.self).split(separator: " ")
        guard words.first.map({ $0.utf8.elementsEqual(Self.magic) }) == true else {
            throw YUV4MPEGError("it does not begin with YUV4MPEG2")
        }
        var width: Int?
        var height: Int?
        for word in words.dropFirst() {
            let value = word.dropFirst()
            switch word.first {
            case "W": width = Int(value)
            case "H": height = Int(value)
            case "F": frameRate = try Self.rate(value)
            case "C": sampling = try Self.sampling(value)
            case "X" where value == "COLORRANGE=FULL": isFullRange = true
            default: break
            }
        }
        guard let width, let height, FrameSize(width: width, height: height).isValid else {
            throw YUV4MPEGError(
                "its header gives no size from 1×1 to \(FrameSize.longestSide)×\(FrameSize.longestSide)")
        }
        size = FrameSize(width: width, height: height)
    }

    /// Bytes of one frame in the stream.
    var bytesPerFrame: Int {
        switch sampling {
        case .mono: size.width * size.height
        case .planar: size.width * size.height + 2 * chromaWidth * chromaHeight
        }
    }

    var chromaWidth: Int {
        guard case .planar(let across, _) = sampling else { return 0 }
        return (size.width + across - 1) / across
    }

    var chromaHeight: Int {
        guard case .planar(_, let down) = sampling else { return 0 }
        return (size.height + down - 1) / down
    }

    /// `30000:1001`; `0:0` is a rate that is not known.
    private static func rate(_ text: Substring) throws(YUV4MPEGError) -> Double? {
        let parts = text.split(separator: ":", omittingEmptySubsequences: false)
        guard parts.count == 2, let over = UInt32(parts[0]), let under = UInt32(parts[1]) else {
            throw YUV4MPEGError("its frame rate \(text.prefix(30)) is none")
        }
        if over == 0 || under == 0 { return nil }
        let rate = Double(over) / Double(under)
        // Slower is one frame in a day, faster no camera.
        guard (1e-5...1000).contains(rate) else {
            throw YUV4MPEGError("its frame rate \(text.prefix(30)) is none")
        }
        return rate
    }

    private static func sampling(_ text: Substring) throws(YUV4MPEGError) -> Sampling {
        switch text {
        case "420", "420jpeg", "420mpeg2", "420paldv": .planar(across: 2, down: 2)
        case "422": .planar(across: 2, down: 1)
        case "444": .planar(across: 1, down: 1)
        case "mono": .mono
        default: throw YUV4MPEGError("its colour space \(text.prefix(20)) is not taken: use -pix_fmt yuv420p")
        }
    }
}

/// What is wrong with a YUV4MPEG2 stream, in words.
struct YUV4MPEGError: Error, Equatable {
    let reason: String

    init(_ reason: String) { self.reason = reason }
}
