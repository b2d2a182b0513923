/// How a camera was held, as EXIF's tag 0x0112 says it (CIPA DC-008, 4.6.5.1.6): what must be done to the
/// stored pixels to see the picture upright.
enum Orientation: UInt16, Sendable {
    case upright = 1, mirrored, rotated180, flipped, transposed, rotated90, transversed, rotated270

    /// Whether rows become columns.
    var swapsSides: Bool { rawValue >= 5 }
}

extension Orientation {
    /// The orientation that a JPEG's EXIF segment holds; upright where there is none or it is broken.
    init(ofJPEG bytes: [UInt8]) {
        self = .upright
        var at = 2
        while let marker = Self.marker(bytes, &at), let length = Self.bigEndian16(bytes, at), length >= 2 {
            // Start of scan (0xda) and end (0xd9): the headers are over.
            if marker == 0xda || marker == 0xd9 { return }
            let end = min(bytes.count, at + length)
            if marker == 0xe1, bytes[(at + 2)..<max(at + 2, end)].starts(with: Self.exifName) {
                self = Self(ofTIFF: bytes[(at + 2 + Self.exifName.count)..<end])
                return
            }
            at += length
        }
    }

    /// The orientation that a PNG's eXIf chunk holds; upright where there is none or it is broken.
    init(ofPNG bytes: [UInt8]) {
        self = .upright
        var at = 8
        while let high = Self.bigEndian16(bytes, at), let low = Self.bigEndian16(bytes, at + 2),
            at + 8 <= bytes.count
        {
            let start = at + 8
            let end = start + (high << 16 | low)
            guard end <= bytes.count else { return }
            if bytes[(at + 4)..<(at + 8)].elementsEqual("eXIf".utf8) {
                self = Self(ofTIFF: bytes[start..<end])
                return
            }
            at = end + 4
        }
    }

    private static let exifName: [UInt8] = [0x45, 0x78, 0x69, 0x66, 0, 0]

    /// The next marker's code at or after `at`, with its fill bytes stepped over, or nil.
    private static func marker(_ bytes: [UInt8], _ at: inout Int) -> UInt8? {
        guard at < bytes.count, bytes[at] == 0xff else { return nil }
        while at < bytes.count, bytes[at] == 0xff { at += 1 }
        guard at < bytes.count else { return nil }
        defer { at += 1 }
        return bytes[at]
    }

    private static func bigEndian16(_ bytes: [UInt8], _ at: Int) -> Int? {
        guard at >= 0, at + 2 <= bytes.count else { return nil }
        return Int(bytes[at]) << 8 | Int(bytes[at + 1])
    }

    /// Reads the tag in the first directory of a TIFF structure.
    private init(ofTIFF tiff: ArraySlice<UInt8>) {
        self = .upright
        let isLittle: Bool
        switch tiff.prefix(4) {
        case [0x49, 0x49, 0x2a, 0x00]: isLittle = true
        case [0x4d, 0x4d, 0x00, 0x2a]: isLittle = false
        default: return
        }
        func number(_ offset: Int, _ size: Int) -> Int? {
            guard offset >= 0, offset + size <= tiff.count else { return nil }
            let digits = tiff[(tiff.startIndex + offset)..<(tiff.startIndex + offset + size)]
            return isLittle
                ? digits.reversed().reduce(0) { $0 << 8 | Int($1) } : digits.reduce(0) { $0 << 8 | Int($1) }
        }
        guard let directory = number(4, 4), let count = number(directory, 2) else { return }
        for entry in 0..<count {
            let at = directory + 2 + entry * 12
            guard let tag = number(at, 2), let type = number(at + 2, 2) else { return }
            guard tag == 0x0112 else { continue }
            // A SHORT stands in the first two bytes of the value's four.
            guard type == 3, let value = number(at + 8, 2), let found = Self(rawValue: UInt16(value)) else {
                return
            }
            self = found
            return
        }
    }
}

extension GrayImage {
    /// The picture as it was seen: rotated and mirrored from how it is stored.
    mutating func apply(_ orientation: Orientation) {
        guard orientation != .upright else { return }
        let (stored, size) = (self, orientation.seen(width, height))
        setSize(width: size.width, height: size.height)
        orientation.forEach(size.width, size.height, stored.width, stored.height) { seen, place in
            pixels[seen] = stored.pixels[place]
        }
    }
}

extension ColorImage {
    /// The picture as it was seen: rotated and mirrored from how it is stored.
    mutating func apply(_ orientation: Orientation) {
        guard orientation != .upright else { return }
        let (stored, size) = (self, orientation.seen(width, height))
        setSize(width: size.width, height: size.height)
        orientation.forEach(size.width, size.height, stored.width, stored.height) { seen, place in
            for channel in 0..<3 { pixels[seen * 3 + channel] = stored.pixels[place * 3 + channel] }
        }
    }
}

extension Orientation {
    /// Width and height as seen of a picture stored in the given ones.
    fileprivate func seen(_ width: Int, _ height: Int) -> (width: Int, height: Int) {
        swapsSides ? (height, width) : (width, height)
    }

    /// Tells of each pixel as seen, row by row, where it stands in the stored picture; both counted in memory order.
    @inline(__always)
    fileprivate func forEach(
        _ width: Int, _ height: Int, _ storedWidth: Int, _ storedHeight: Int,
        _ body: (_ seen: Int, _ stored: Int) -> Void
    ) {
        for y in 0..<height {
            for x in 0..<width {
                let (column, row) = stored(x, y, width: storedWidth, height: storedHeight)
                body(y * width + x, row * storedWidth + column)
            }
        }
    }

    /// Where the pixel seen at (x, y) stands in the stored picture of the given size.
    func stored(_ x: Int, _ y: Int, width: Int, height: Int) -> (column: Int, row: Int) {
        switch self {
        case .upright: (x, y)
        case .mirrored: (width - 1 - x, y)
        case .rotated180: (width - 1 - x, height - 1 - y)
        case .flipped: (x, height - 1 - y)
        case .transposed: (y, x)
        case .rotated90: (y, height - 1 - x)
        case .transversed: (width - 1 - y, height - 1 - x)
        case .rotated270: (width - 1 - y, x)
        }
    }
}
