import Capture
import Foundation
import Imaging
import Mutation
import System
import TestSupport
import Testing

/// Damaged streams and frames: each is refused or read, none crashes or hangs.
@Suite("Fuzz: capture")
struct CaptureFuzzTests {
    /// A stream of bytes in a file, as a source finds it on standard input.
    private final class Stream {
        private let file: UnsafeMutablePointer<FILE>
        let descriptor: Int32

        init() throws {
            file = try #require(tmpfile())
            descriptor = fileno(file)
        }

        deinit { fclose(file) }

        func hold(_ bytes: [UInt8]) {
            ftruncate(descriptor, 0)
            pwrite(descriptor, bytes, bytes.count, 0)
            lseek(descriptor, 0, SEEK_SET)
        }
    }

    /// Reads a source to its end or first error and decodes what it gives; how many frames that were.
    private func read(_ bytes: [UInt8], from stream: Stream, with decoder: FrameDecoder) -> Int {
        stream.hold(bytes)
        var frame = Frame()
        var (gray, color) = (GrayImage(), ColorImage())
        var count = 0
        do {
            let source = try StreamSource(
                name: "fuzz", descriptor: stream.descriptor, closes: false, isPaced: false,
                maximumPixels: 1 << 16)
            while try source.next(into: &frame) {
                count += 1
                #expect(count <= bytes.count, "more frames than bytes")
                try? decoder.gray(of: frame, into: &gray)
                try? decoder.color(of: frame, into: &color)
            }
        } catch {
            #expect(!"\(error)".contains("\n"))
        }
        return count
    }

    private func run(_ what: String, _ seeds: [[UInt8]]) throws {
        let stream = try Stream()
        let decoder = FrameDecoder(maximumPixels: 1 << 16)
        var frames = 0
        for number in 0..<Mutation.count {
            Mutation.note(number, what)
            var mutation = Mutation(number: number)
            frames += read(mutation.damage(seeds), from: stream, with: decoder)
        }
        #expect(frames > Mutation.count / 4, "hardly anything was read: the damage is too great to be a test")
    }

    @Test("damaged YUV4MPEG2 streams are refused or read")
    func yuv4mpeg() throws {
        let headers = [
            "YUV4MPEG2 W8 H6 F30:1 Ip A1:1 C420jpeg XYSCSS=420JPEG XCOLORRANGE=FULL", "YUV4MPEG2 W7 H5 F25:1",
            "YUV4MPEG2 W8 H6 C422", "YUV4MPEG2 W8 H6 C444", "YUV4MPEG2 W9 H4 Cmono",
        ]
        let sizes = [72, 35 + 24, 96, 144, 36]
        try run(
            "YUV4MPEG2",
            zip(headers, sizes).map { header, size in
                let frame = Array("FRAME\n".utf8) + (0..<size).map { UInt8($0) }
                return Array("\(header)\n".utf8) + frame + frame + frame
            })
    }

    @Test("YUV4MPEG2 headers of any words that their grammar allows are refused or read")
    func yuv4mpegGrammar() throws {
        let stream = try Stream()
        let decoder = FrameDecoder(maximumPixels: 1 << 16)
        let numbers = [
            "", "0", "1", "2", "3", "2", "-1", "16384", "16385", "4294967295", "99999999999", "1e9", "2.5",
        ]
        let samplings = ["420", "420jpeg", "422", "444", "mono", "420p10", "", "x"]
        var frames = 0
        for number in 0..<Mutation.count {
            var mutation = Mutation(number: number)
            func pick(_ list: [String], _ mutation: inout Mutation) -> String {
                list[mutation.below(list.count)]
            }
            var header = "YUV4MPEG2"
            for kind in ["W", "H", "F", "C", "A", "X", "W"] where mutation.below(8) > 0 {
                let (one, other) = (pick(numbers, &mutation), pick(numbers, &mutation))
                switch kind {
                case "F", "A": header += " \(kind)\(one):\(other)"
                case "C": header += " C\(pick(samplings, &mutation))"
                case "X": header += " XCOLORRANGE=\(pick(["FULL", "LIMITED", ""], &mutation))"
                default: header += " \(kind)\(mutation.below(2) == 0 ? "2" : one)"
                }
            }
            let frame = Array("FRAME\n".utf8) + [UInt8](repeating: 9, count: 12)
            frames += read(Array("\(header)\n".utf8) + frame + frame + frame, from: stream, with: decoder)
        }
        #expect(frames > Mutation.count / 20)
    }

    @Test("damaged NUT streams are refused or read")
    func nut() throws {
        let folder = TemporaryFolder()
        let video = "\(folder.path)/clip.nut"
        let words = FFmpegCommand(location: "x").arguments
        try makeWithFFmpeg(
            ["-f", "lavfi", "-i", "testsrc=size=8x6:rate=10:duration=0.5"]
                + words.drop { $0 != "-map_metadata" }.dropLast() + [video])
        let seed = Array(try Data(contentsOf: URL(fileURLWithPath: video)))
        let stream = try Stream()
        var frames = 0
        for number in 0..<Mutation.count {
            Mutation.note(number, "NUT")
            var mutation = Mutation(number: number)
            stream.hold(mutation.damage([seed]))
            var frame = Frame()
            guard
                let reader = try? NUTReader(PipeReader(stream.descriptor, signal: Cancellation()))
            else { continue }
            for _ in 0..<50 {
                guard let time = try? reader.next(into: &frame.bytes), time < .max else { break }
                frames += 1
            }
        }
        #expect(frames > Mutation.count / 4)
    }

    @Test("damaged runs of JPEGs are refused or read")
    func jpegs() throws {
        var picture = ColorImage(width: 33, height: 21)
        for index in picture.pixels.indices { picture.pixels[index] = UInt8(truncatingIfNeeded: index * 7) }
        let small = try ImageFile.encodeJPEG(picture, quality: 40)
        let large = try ImageFile.encodeJPEG(picture, quality: 95)
        try run("JPEGs", [small + large, large + Array("--part\r\n\r\n".utf8) + small + small])
    }

    @Test("frames whose size, stride and bytes disagree are refused or decoded")
    func frames() throws {
        let decoder = FrameDecoder(maximumPixels: 1 << 16)
        let picture = try ImageFile.encodeJPEG(ColorImage(width: 24, height: 16))
        var (gray, color) = (GrayImage(), ColorImage())
        var decoded = 0
        for number in 0..<Mutation.count {
            Mutation.note(number, "frames")
            var mutation = Mutation(number: number)
            var frame = Frame()
            frame.format = PixelFormat.allCases[mutation.below(PixelFormat.allCases.count)]
            frame.width = [24, 23, 1, 0, -1, 16384, Int.max][mutation.below(8) % 7]
            frame.height = [16, 15, 1, 0, -1, 16384, Int.min][mutation.below(8) % 7]
            frame.bytesPerRow = [24, 25, 48, 72, 80, 0, -1, Int.max][mutation.below(8)]
            frame.encoding = ColorEncoding(
                matrix: mutation.below(2) == 0 ? .bt601 : .bt709, isFullRange: mutation.below(2) == 0)
            frame.bytes =
                frame.format == .mjpeg
                ? mutation.damage([picture])
                : [UInt8](repeating: UInt8(mutation.below(256)), count: mutation.below(2000))
            if (try? decoder.gray(of: frame, into: &gray)) != nil {
                decoded += 1
                #expect(gray.pixels.count == gray.width * gray.height, "number \(number)")
            }
            if (try? decoder.color(of: frame, into: &color)) != nil {
                #expect(color.pixels.count == color.width * color.height * 3, "number \(number)")
            }
        }
        #expect(decoded > Mutation.count / 50)
    }
}
