/// Frames of a YUV4MPEG2 stream.
final class YUV4MPEGReader {
    let header: YUV4MPEGHeader
    private let reader: PipeReader
    /// A frame as it lies in the stream, where that is not how it is handed on.
    private var raw: [UInt8] = []

    /// Reads the header.
    init(_ reader: PipeReader) throws {
        self.reader = reader
        header = try YUV4MPEGHeader(reader.line(longest: YUV4MPEGHeader.longestLine))
    }

    /// Reads the next frame into `frame`: `gray` where the stream is, else `yu12`.
    ///
    /// - Returns: false at the end of the stream; an end within a frame is an end too, as when a writer is stopped.
    func next(into frame: inout Frame) throws -> Bool {
        do {
            let line = try reader.line(longest: YUV4MPEGHeader.longestLine)
            guard line.starts(with: Array("FRAME".utf8)) else {
                throw YUV4MPEGError("what should be a frame does not begin with FRAME")
            }
            try readPicture(into: &frame)
            return true
        } catch PipeReader.End.ended {
            return false
        }
    }

    private func readPicture(into frame: inout Frame) throws(PipeReader.End) {
        frame.width = header.size.width
        frame.height = header.size.height
        frame.bytesPerRow = header.size.width
        frame.encoding = ColorEncoding(matrix: .bt601, isFullRange: header.isFullRange)
        switch header.sampling {
        case .mono:
            frame.format = .gray
            try reader.read(header.bytesPerFrame, into: &frame.bytes)
        case .planar(across: 2, down: 2):
            frame.format = .yu12
            try reader.read(header.bytesPerFrame, into: &frame.bytes)
        case .planar(let across, let down):
            frame.format = .yu12
            try reader.read(header.bytesPerFrame, into: &raw)
            thinChroma(across: across, down: down, into: &frame)
        }
    }

    /// Hands on as much chroma as 4:2:0 holds: every second sample across and down where there are more.
    private func thinChroma(across: Int, down: Int, into frame: inout Frame) {
        let (width, height) = (frame.width, frame.height)
        let (chromaWidth, chromaHeight) = ((width + 1) / 2, (height + 1) / 2)
        let luma = width * height
        frame.setByteCount(luma + 2 * chromaWidth * chromaHeight)
        frame.bytes.replaceSubrange(0..<luma, with: raw[0..<luma])
        var target = luma
        for plane in 0..<2 {
            let first = luma + plane * header.chromaWidth * header.chromaHeight
            for y in 0..<chromaHeight {
                let row = first + y * (2 / down) * header.chromaWidth
                for x in 0..<chromaWidth {
                    frame.bytes[target] = raw[row + x * (2 / across)]
                    target += 1
                }
            }
        }
    }
}
