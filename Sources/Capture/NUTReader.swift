/// Frames of a NUT stream with one raw video stream in it, each with its own time.
///
/// NUT is the container that `ffmpeg -f nut` writes to a pipe without holding a frame back; see "NUT Open Container
/// Format" by Niedermayer, Felker and Beregszászi. Only what such a stream holds is read: one stream of raw `yuv420p`
/// or `gray` pictures.
package final class NUTReader {
    /// What the stream says of itself.
    let header: NUTHeader
    private let reader: PipeReader
    /// The last frame's time, in ticks of the stream's time base.
    private var lastTime: Int64 = 0
    /// The bytes that begin a packet, of which a frame's first byte may be one.
    private static let magic = UInt8(ascii: "N")

    /// Reads up to the first frame.
    ///
    /// - Throws: ``PipeReader/End``, or ``NUTError`` where the bytes are none of the format.
    package init(_ reader: PipeReader) throws {
        self.reader = reader
        header = try NUTHeader(reader)
        lastTime = header.firstTime
    }

    /// Reads the next frame's bytes.
    ///
    /// - Returns: its time in nanoseconds since the stream's zero, or nil at the end.
    /// - Throws: ``PipeReader/End`` or ``NUTError``.
    package func next(into bytes: inout [UInt8]) throws -> Int64? {
        while true {
            let code: UInt8
            do { code = try reader.byte() } catch PipeReader.End.ended { return nil }
            if code == Self.magic {
                try readPacket(after: code)
                continue
            }
            do {
                if let time = try readFrame(code, into: &bytes) { return time }
            } catch PipeReader.End.ended {
                // Cut off within a frame, as when the writer is stopped.
                return nil
            }
        }
    }

    private func readPacket(after code: UInt8) throws {
        var startCode = UInt64(code)
        for _ in 0..<7 { startCode = startCode << 8 | UInt64(try reader.byte()) }
        var packet = try NUTPacket(startCode, reader)
        guard startCode == NUTPacket.syncPoint else { return }
        // The time of the last key frame of all streams: there is only one stream here.
        let bases = UInt64(header.timeBases.count)
        let time = try packet.number()
        let base = header.timeBases[Int(time % bases)]
        lastTime = Self.rescale(Int64(clamping: time / bases), base, header.timeBase)
    }

    private func readFrame(_ code: UInt8, into bytes: inout [UInt8]) throws -> Int64? {
        let entry = header.codes[Int(code)]
        var flags = entry.flags
        guard flags & NUTFlags.invalid == 0 else { throw NUTError("it lost its place") }
        if flags & NUTFlags.coded != 0 { flags ^= try reader.number() }
        let stream = flags & NUTFlags.stream != 0 ? try reader.number() : entry.stream
        if flags & NUTFlags.codedTime != 0 {
            lastTime = header.time(coded: try reader.number(), last: lastTime)
        } else {
            lastTime = lastTime &+ entry.timeDelta
        }
        var size = entry.sizeLow
        if flags & NUTFlags.size != 0 {
            let high = try reader.number()
            let (product, overflows) = high.multipliedReportingOverflow(by: entry.sizeFactor)
            guard !overflows, product <= NUTHeader.largestFrame else {
                throw NUTError("a frame is too large")
            }
            size += product
        }
        if flags & NUTFlags.matchTime != 0 { _ = try reader.number() }
        var elision = entry.elision
        if flags & NUTFlags.elision != 0 { elision = Int(clamping: try reader.number()) }
        var reserved = entry.reserved
        if flags & NUTFlags.reserved != 0 { reserved = try reader.number() }
        guard reserved <= 64 else { throw NUTError("it lost its place") }
        for _ in 0..<reserved { _ = try reader.number() }
        if flags & NUTFlags.checksum != 0 { for _ in 0..<4 { _ = try reader.byte() } }
        guard flags & NUTFlags.sideData == 0, stream == header.stream,
            header.elisions.indices.contains(elision), size <= NUTHeader.largestFrame
        else { throw NUTError("it lost its place") }
        let start = size > 4096 ? [] : header.elisions[elision]
        guard Int(size) >= start.count else { throw NUTError("it lost its place") }
        try reader.read(Int(size) - start.count, into: &bytes)
        if !start.isEmpty { bytes.insert(contentsOf: start, at: 0) }
        // A stream's end is a frame without bytes.
        return size == 0 ? nil : header.nanoseconds(lastTime)
    }

    private static func rescale(_ time: Int64, _ from: NUTTimeBase, _ to: NUTTimeBase) -> Int64 {
        if from == to { return time }
        let seconds = Double(time) * Double(from.numerator) / Double(from.denominator)
        return Int64(clampingDouble: seconds * Double(to.denominator) / Double(to.numerator))
    }
}
