/// JPEGs one after another, as `ffmpeg -f mjpeg` and many network cameras send them.
///
/// Follows the markers of ITU-T T.81 annex B, so that a thumbnail within a picture does not end it. What lies
/// between two pictures (the part headers of a multipart stream, a cut-off picture's rest) is skipped.
final class JPEGStreamReader {
    /// More bytes than this are no picture of a camera.
    static let largestPicture = 32 << 20

    private let reader: PipeReader
    /// True where the next picture's start marker was met within the one before, which lacked its end.
    private var hasStarted = false

    init(_ reader: PipeReader) { self.reader = reader }

    /// Puts the next whole picture's bytes into `bytes`; throws ``PipeReader/End`` where there is none.
    func next(into bytes: inout [UInt8]) throws(PipeReader.End) {
        while true {
            bytes.removeAll(keepingCapacity: true)
            if !hasStarted { try findStart() }
            hasStarted = false
            bytes += [0xFF, 0xD8]
            if try readPicture(into: &bytes) { return }
        }
    }

    private func findStart() throws(PipeReader.End) {
        var last: UInt8 = 0
        var skipped = 0
        while true {
            let byte = try reader.byte()
            if last == 0xFF && byte == 0xD8 { return }
            last = byte
            skipped += 1
            guard skipped <= Self.largestPicture else { throw .tooLong }
        }
    }

    /// Reads from behind the start-of-image marker to the end-of-image marker; false where the bytes are no JPEG.
    private func readPicture(into bytes: inout [UInt8]) throws(PipeReader.End) -> Bool {
        var hasScan = false
        var marker = try readMarker(into: &bytes)
        while let code = marker {
            switch code {
            case 0xD9:
                return true
            case 0xD8:
                // Behind a scan: a camera that leaves out the end marker.
                hasStarted = true
                guard hasScan else { return false }
                bytes[bytes.count - 1] = 0xD9
                return true
            case 0x00:
                return false
            case 0x01, 0xD0...0xD7:
                // Markers without length, of which a stream could send any number.
                guard bytes.count < Self.largestPicture else { return false }
                marker = try readMarker(into: &bytes)
            default:
                let high = try reader.byte()
                let low = try reader.byte()
                let length = Int(high) << 8 | Int(low)
                guard length >= 2, bytes.count + length <= Self.largestPicture else { return false }
                bytes.append(high)
                bytes.append(low)
                for _ in 2..<length { bytes.append(try reader.byte()) }
                hasScan = hasScan || code == 0xDA
                marker = code == 0xDA ? try readScan(into: &bytes) : try readMarker(into: &bytes)
            }
        }
        return false
    }

    /// A marker's code behind any number of fill bytes; nil where no marker stands here.
    private func readMarker(into bytes: inout [UInt8]) throws(PipeReader.End) -> UInt8? {
        guard try reader.byte() == 0xFF else { return nil }
        var code = try reader.byte()
        while code == 0xFF { code = try reader.byte() }
        bytes.append(0xFF)
        bytes.append(code)
        return code
    }

    /// Entropy-coded bytes up to the marker that ends them, which is returned.
    private func readScan(into bytes: inout [UInt8]) throws(PipeReader.End) -> UInt8? {
        while true {
            try reader.append(through: 0xFF, to: &bytes, longest: Self.largestPicture)
            var code = try reader.byte()
            while code == 0xFF { code = try reader.byte() }
            bytes.append(code)
            // A stuffed zero and restart markers belong to the scan.
            if code != 0x00 && !(0xD0...0xD7).contains(code) { return code }
        }
    }
}
