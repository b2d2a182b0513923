import Capture
import Foundation
import Imaging
import System
import TestSupport
import Testing

extension TemporaryFolder {
    func write(_ bytes: some Sequence<UInt8>, to name: String) throws -> String {
        let file = "\(path)/\(name)"
        try Data(bytes).write(to: URL(fileURLWithPath: file))
        return file
    }
}

/// A pipe's reading end with bytes in it, whose writer has gone.
func pipe(holding bytes: [UInt8]) -> Int32 {
    let pipe = Pipe()
    let reader = dup(pipe.fileHandleForReading.fileDescriptor)
    let writer = pipe.fileHandleForWriting
    Thread.detachNewThread {
        // A reader that stops early is no fault of ours.
        signal(SIGPIPE, SIG_IGN)
        try? writer.write(contentsOf: bytes)
        try? writer.close()
    }
    return reader
}

/// Every frame of a source, as it decodes to grey.
func grays(of source: any FrameSource) throws -> [GrayImage] {
    var frame = Frame()
    var images: [GrayImage] = []
    let decoder = FrameDecoder()
    while try source.next(into: &frame) {
        var image = GrayImage()
        try decoder.gray(of: frame, into: &image)
        images.append(image)
        #expect(frame.number == images.count)
    }
    return images
}

@Suite("YUV4MPEG2")
struct YUV4MPEGTests {
    private func stream(_ header: String, frames: [[UInt8]]) -> [UInt8] {
        Array("\(header)\n".utf8) + frames.flatMap { Array("FRAME\n".utf8) + $0 }
    }

    private func open(_ bytes: [UInt8]) throws -> StreamSource {
        try StreamSource(name: "test", descriptor: pipe(holding: bytes), closes: true, isPaced: false)
    }

    @Test("is read frame by frame, with size and rate from its header")
    func planar() throws {
        let first = [UInt8](0..<6) + [100, 101, 102, 103]
        let second = [UInt8](10..<16) + [110, 111, 112, 113]
        let source = try open(
            stream("YUV4MPEG2 W3 H2 F30000:1001 Ip A1:1 C420jpeg", frames: [first, second]))
        #expect(source.width == 3 && source.height == 2)
        #expect(abs((source.frameRate ?? 0) - 29.97) < 0.01)
        var frame = Frame()
        try #require(try source.next(into: &frame))
        #expect(frame.bytes == first && frame.format == .yu12)
        try #require(try source.next(into: &frame))
        #expect(frame.bytes == second && frame.number == 2)
        #expect(try !source.next(into: &frame))
    }

    @Test("without colours is grey")
    func mono() throws {
        let source = try open(stream("YUV4MPEG2 W2 H2 F25:1 Cmono", frames: [[1, 2, 3, 4]]))
        #expect(try grays(of: source) == [GrayImage(width: 2, height: 2, pixels: [1, 2, 3, 4])!])
    }

    @Test("with more chroma is thinned to a quarter", arguments: ["422", "444"])
    func thinned(sampling: String) throws {
        let luma = [UInt8](0..<8)
        let wide: [UInt8] = sampling == "422" ? [20, 21, 22, 23] : [20, 0, 21, 0, 22, 0, 23, 0]
        let source = try open(
            stream("YUV4MPEG2 W4 H2 F25:1 C\(sampling)", frames: [luma + wide + wide.map { $0 + 50 }]))
        var frame = Frame()
        try #require(try source.next(into: &frame))
        #expect(frame.bytes == luma + [20, 21] + [70, 71])
    }

    @Test("says by XCOLORRANGE whether luma is full range")
    func range() throws {
        let frame = [UInt8](repeating: 9, count: 6)
        var seen = Frame()
        for (header, isFull) in [("XCOLORRANGE=FULL", true), ("XCOLORRANGE=LIMITED", false), ("", false)] {
            let source = try open(stream("YUV4MPEG2 W2 H2 F25:1 \(header)", frames: [frame]))
            try #require(try source.next(into: &seen))
            #expect(seen.encoding.isFullRange == isFull)
        }
    }

    @Test("that is cut off within a frame ends there")
    func cut() throws {
        let source = try open(stream("YUV4MPEG2 W2 H2 F25:1", frames: [[1, 2, 3, 4, 5, 6], [1, 2, 3]]))
        #expect(try grays(of: source).count == 1)
    }

    @Test(
        "is refused in a line that says why",
        arguments: [
            ("YUV4MPEG2 W2", "size"), ("YUV4MPEG2 W0 H5", "size"), ("YUV4MPEG2 W-2 H5", "size"),
            ("YUV4MPEG2 W99999 H99999", "size"), ("YUV4MPEG2 W99999999999999999999 H1", "size"),
            ("YUV4MPEG2 W2 H2 F1:99999999999", "frame rate"), ("YUV4MPEG2 W2 H2 F1:4294967295", "frame rate"),
            ("YUV4MPEG2 W2 H2 F99999:1", "frame rate"), ("YUV4MPEG2 W2 H2 F-1:1", "frame rate"),
            ("YUV4MPEG2 W2 H2 C420p10", "420p10"), ("hello, this is no video", "YUV4MPEG2"), ("", "ended"),
            (String(repeating: "YUV4MPEG2 ", count: 1000), "YUV4MPEG2"),
        ])
    func refused(header: String, word: String) {
        let bytes = header.isEmpty ? [] : stream(header, frames: [[0]])
        let error = #expect(throws: CaptureError.self) { try open(bytes) }
        #expect("\(error!)".contains(word))
    }

    @Test("that loses its place is an error, not a picture")
    func lostPlace() throws {
        let good = stream("YUV4MPEG2 W2 H2 F25:1", frames: [[1, 2, 3, 4, 5, 6]])
        let source = try open(good + Array("rubbish\n".utf8))
        var frame = Frame()
        try #require(try source.next(into: &frame))
        #expect(
            throws: CaptureError.invalidData(
                source: "test", reason: "after 1 frames: what should be a frame does not begin with FRAME")
        ) { try source.next(into: &frame) }
    }
}

@Suite("JPEGs one after another")
struct JPEGStreamTests {
    private func jpeg(_ level: UInt8) throws -> [UInt8] {
        var image = ColorImage(width: 16, height: 16)
        image.pixels = [UInt8](repeating: level, count: image.pixels.count)
        return try ImageFile.encodeJPEG(image)
    }

    private func open(_ bytes: [UInt8]) throws -> StreamSource {
        try StreamSource(name: "test", descriptor: pipe(holding: bytes), closes: true, isPaced: false)
    }

    @Test("are told apart, whatever stands between them")
    func several() throws {
        let between = Array("\r\n--boundary\r\nContent-Type: image/jpeg\r\n\r\n".utf8)
        let source = try open(try jpeg(10) + jpeg(90) + between + jpeg(200))
        #expect(source.width == 16 && source.height == 16)
        #expect(try grays(of: source).map { Int($0.pixels[40]) } == [10, 90, 200])
    }

    @Test("may hold a thumbnail, which does not end them")
    func thumbnail() throws {
        let small = try jpeg(10)
        var large = try jpeg(200)
        let length = small.count + 2
        large.insert(
            contentsOf: [0xFF, 0xE1, UInt8(length >> 8), UInt8(length & 255)] + small, at: 2)
        #expect(try grays(of: open(large + jpeg(90))).map { Int($0.pixels[40]) } == [200, 90])
    }

    @Test("of which the last is cut off end before it")
    func cut() throws {
        #expect(try grays(of: open(try jpeg(10) + jpeg(90).dropLast(30))).count == 1)
    }

    @Test("that lack their end markers are read all the same")
    func withoutEnd() throws {
        let (one, two) = (try jpeg(10).dropLast(2), try jpeg(90).dropLast(2))
        #expect(
            try grays(of: open(Array(one) + two + jpeg(200))).map { Int($0.pixels[40]) } == [10, 90, 200])
    }

    @Test("with restart markers without end are refused, and not kept without end")
    func endlessMarkers() throws {
        let ends = Pipe()
        let reader = dup(ends.fileHandleForReading.fileDescriptor)
        // Nobody else may keep the pipe open when it is refused: the sender would wait for ever.
        try ends.fileHandleForReading.close()
        let writer = ends.fileHandleForWriting
        signal(SIGPIPE, SIG_IGN)
        let sender = try JoinableThread(name: "sender") {
            let chunk = Data([0xFF, 0xD8] + [[UInt8]](repeating: [0xFF, 0xD0], count: 1 << 19).joined())
            // Twice what one picture may have.
            for _ in 0..<70 where (try? writer.write(contentsOf: chunk.dropFirst(2))) == nil { return }
            try? writer.close()
        }
        try writer.write(contentsOf: [0xFF, 0xD8])
        #expect(throws: CaptureError.self) {
            try StreamSource(name: "test", descriptor: reader, closes: true, isPaced: false)
        }
        #expect(sender.join(until: .after(60)))
    }

    @Test("that are none are refused")
    func rubbish() throws {
        #expect(throws: CaptureError.self) { try open([0xFF, 0xD8, 0xFF, 0xDA, 0, 2, 1, 2, 3, 0xFF, 0xD9]) }
    }
}
