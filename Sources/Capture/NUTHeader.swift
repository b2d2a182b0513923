/// The packets before the first frame of a NUT stream: how frames are coded, and what the one stream is.
struct NUTHeader {
    /// How a frame with a certain first byte is coded, where the frame does not say it itself.
    struct Code {
        var flags = NUTFlags.invalid
        var stream: UInt64 = 0
        var sizeFactor: UInt64 = 1
        var sizeLow: UInt64 = 0
        var timeDelta: Int64 = 0
        var reserved: UInt64 = 0
        var elision = 0
    }

    /// A frame of more bytes is none of a video that is taken.
    static let largestFrame: UInt64 = 1 << 30
    /// What every stream begins with.
    static let magic = Array("nut/multimedia container\0".utf8)

    private(set) var timeBases: [NUTTimeBase] = []
    private(set) var codes = [Code](repeating: Code(), count: 256)
    /// Bytes that frames of up to 4096 bytes may leave out at their start; the first are none.
    private(set) var elisions: [[UInt8]] = [[]]
    /// The number of the video stream.
    private(set) var stream: UInt64 = 0
    private(set) var timeBase = NUTTimeBase(numerator: 1, denominator: 1)
    private(set) var timeShift: UInt64 = 0
    private(set) var size = FrameSize(width: 0, height: 0)
    private(set) var format = PixelFormat.yu12
    /// Frames a second that the stream claims; nil where it says nothing that a camera could give.
    private(set) var frameRate: Double?
    /// The time before the first frame.
    private(set) var firstTime: Int64 = 0

    /// Reads up to the first syncpoint.
    init(_ reader: PipeReader) throws {
        guard try reader.peek(Self.magic.count).elementsEqual(Self.magic) else {
            throw NUTError("it does not begin as NUT does")
        }
        for _ in Self.magic { _ = try reader.byte() }
        var hasStream = false
        for _ in 0..<64 {
            var startCode: UInt64 = 0
            for _ in 0..<8 { startCode = startCode << 8 | UInt64(try reader.byte()) }
            var packet = try NUTPacket(startCode, reader)
            switch startCode {
            case NUTPacket.main: try readMain(&packet)
            case NUTPacket.stream:
                guard !hasStream else { throw NUTError("it holds more than one stream") }
                try readStream(&packet)
                hasStream = true
            case NUTPacket.info: readInfo(&packet)
            case NUTPacket.syncPoint:
                guard hasStream, !timeBases.isEmpty else { throw NUTError("it has no header") }
                let time = try packet.number()
                firstTime = Int64(clamping: time / UInt64(timeBases.count))
                return
            default: break
            }
        }
        throw NUTError("it has no frames")
    }

    /// The time that a frame codes by its lowest bits or wholly.
    func time(coded: UInt64, last: Int64) -> Int64 {
        let range: UInt64 = 1 << timeShift
        guard coded < range else { return Int64(clamping: coded - range) }
        let mask = Int64(range - 1)
        let delta = last &- mask / 2
        return ((Int64(coded) &- delta) & mask) &+ delta
    }

    /// Ticks of the stream's time base in nanoseconds.
    func nanoseconds(_ time: Int64) -> Int64 {
        Int64(
            clampingDouble: Double(time) * Double(timeBase.numerator) / Double(timeBase.denominator) * 1e9)
    }

    private mutating func readMain(_ packet: inout NUTPacket) throws {
        let version = try packet.number()
        guard (2...4).contains(version) else { throw NUTError("its version \(version) is not known") }
        if version > 3 { _ = try packet.number() }
        guard try packet.number() == 1 else { throw NUTError("it holds more than one stream") }
        _ = try packet.number()
        let count = try packet.number()
        guard (1...16).contains(count) else { throw NUTError("its time bases are none") }
        timeBases = []
        for _ in 0..<count {
            let base = NUTTimeBase(numerator: try packet.number(), denominator: try packet.number())
            guard base.numerator > 0, base.denominator > 0 else { throw NUTError("its time base is none") }
            timeBases.append(base)
        }
        try readCodes(&packet)
        guard !packet.isAtEnd else { return }
        let elisionCount = try packet.number()
        guard elisionCount < 128 else { throw NUTError("its header is broken") }
        for _ in 0..<elisionCount { elisions.append(try packet.bytes()) }
    }

    /// The table that says for each first byte of a frame how the frame is coded.
    private mutating func readCodes(_ packet: inout NUTPacket) throws {
        var place = 0
        var code = Code()
        while place < 256 {
            code.flags = try packet.number()
            let fields = try packet.number()
            if fields > 0 { code.timeDelta = try packet.signedNumber() }
            if fields > 1 { code.sizeFactor = try packet.number() }
            if fields > 2 { code.stream = try packet.number() }
            code.sizeLow = fields > 3 ? try packet.number() : 0
            code.reserved = fields > 4 ? try packet.number() : 0
            guard code.sizeLow <= Self.largestFrame, code.sizeFactor <= Self.largestFrame else {
                throw NUTError("its header is broken")
            }
            let rest = code.sizeFactor > code.sizeLow ? code.sizeFactor - code.sizeLow : 0
            let count = fields > 5 ? try packet.number() : rest
            if fields > 6 { _ = try packet.signedNumber() }
            if fields > 7 { code.elision = Int(clamping: try packet.number()) }
            guard fields < 64, (1...256).contains(count) else { throw NUTError("its header is broken") }
            if fields > 8 { for _ in 8..<fields { _ = try packet.number() } }
            var left = count
            while left > 0, place < 256 {
                // No frame begins with this byte, which begins packets.
                if place != Int(UInt8(ascii: "N")) {
                    codes[place] = code
                    codes[place].sizeLow += count - left
                    left -= 1
                }
                place += 1
            }
        }
        codes[Int(UInt8(ascii: "N"))].flags = NUTFlags.invalid
    }

    private mutating func readStream(_ packet: inout NUTPacket) throws {
        stream = try packet.number()
        guard try packet.number() == 0 else { throw NUTError("it holds no video") }
        let code = try packet.bytes()
        switch String(decoding: code, as: UTF8.self) {
        case "I420": format = .yu12
        case "Y800", "GREY": format = .gray
        default: throw NUTError("its pictures are not raw yuv420p")
        }
        let base = Int(clamping: try packet.number())
        guard timeBases.indices.contains(base) else { throw NUTError("its time base is none") }
        timeBase = timeBases[base]
        timeShift = try packet.number()
        guard timeShift < 32 else { throw NUTError("its header is broken") }
        for _ in 0..<3 { _ = try packet.number() }
        _ = try packet.bytes()
        size = FrameSize(
            width: Int(clamping: try packet.number()), height: Int(clamping: try packet.number()))
        guard size.isValid else { throw NUTError("its header gives no size that is taken") }
    }

    /// Takes the frame rate; an info packet that is not understood says nothing that is needed.
    private mutating func readInfo(_ packet: inout NUTPacket) {
        guard (try? packet.number()) != nil, (try? packet.signedNumber()) != nil,
            (try? packet.number()) != nil, (try? packet.number()) != nil, let count = try? packet.number()
        else { return }
        for _ in 0..<min(count, 256) {
            guard let name = try? packet.bytes(), let kind = try? packet.signedNumber() else { return }
            switch kind {
            case -1:
                guard let value = try? packet.bytes() else { return }
                if name.elementsEqual("r_frame_rate".utf8) {
                    frameRate = Self.rate(String(decoding: value, as: UTF8.self))
                }
            case -2: guard (try? packet.bytes()) != nil, (try? packet.bytes()) != nil else { return }
            case -3: guard (try? packet.signedNumber()) != nil else { return }
            case -4: guard (try? packet.number()) != nil else { return }
            case ..<(-4): guard (try? packet.signedNumber()) != nil else { return }
            default: break
            }
        }
    }

    /// `25/1`. What claims more than 240 is the resolution of its clock, as in a browser's recordings.
    static func rate(_ text: String) -> Double? {
        let parts = text.split(separator: "/")
        guard parts.count == 2, let over = Double(parts[0]), let under = Double(parts[1]) else { return nil }
        let rate = over / under
        return rate.isFinite && rate > 0 && rate <= 240 ? rate : nil
    }
}

/// One packet of a NUT stream that is no frame, read wholly.
struct NUTPacket {
    static let main: UInt64 = 0x4E4D_7A56_1F5F_04AD
    static let stream: UInt64 = 0x4E53_1140_5BF2_F9DB
    static let syncPoint: UInt64 = 0x4E4B_E4AD_EECA_4569
    static let info: UInt64 = 0x4E49_AB68_B596_BA78
    static let index: UInt64 = 0x4E58_DD67_2F23_E64E

    private var content: [UInt8] = []
    private var place = 0

    /// Reads a packet behind its start code.
    init(_ startCode: UInt64, _ reader: PipeReader) throws {
        guard [Self.main, Self.stream, Self.syncPoint, Self.info, Self.index].contains(startCode) else {
            throw NUTError("it lost its place")
        }
        let size = try reader.number()
        guard size >= 4, size <= 1 << 20 else { throw NUTError("a header is too large") }
        if size > 4096 { for _ in 0..<4 { _ = try reader.byte() } }
        try reader.read(Int(size), into: &content)
        // The checksum: between two programs on one machine nothing is lost on the way.
        content.removeLast(4)
    }

    var isAtEnd: Bool { place >= content.count }

    mutating func number() throws -> UInt64 {
        var value: UInt64 = 0
        for _ in 0..<10 {
            guard place < content.count else { throw NUTError("a header ends early") }
            let byte = content[place]
            place += 1
            value = value << 7 | UInt64(byte & 0x7F)
            if byte & 0x80 == 0 { return value }
        }
        throw NUTError("a number has no end")
    }

    /// A number with a sign: 0, 1, -1, 2, -2, ….
    mutating func signedNumber() throws -> Int64 {
        let value = try number()
        guard value < .max else { throw NUTError("a header is broken") }
        let half = Int64(clamping: (value + 1) / 2)
        return value & 1 == 1 ? half : -half
    }

    /// Bytes behind their count.
    mutating func bytes() throws -> [UInt8] {
        let count = Int(clamping: try number())
        guard count <= content.count - place else { throw NUTError("a header ends early") }
        defer { place += count }
        return Array(content[place..<place + count])
    }
}
