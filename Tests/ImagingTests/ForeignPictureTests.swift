import Foundation
import Imaging
import System
import Testing

@Suite("a picture that ffmpeg reads")
struct ForeignPictureTests {
    private let folder = NSTemporaryDirectory() + "raut-\(UUID().uuidString)"

    private func make(_ ending: String, _ words: [String]) throws -> String {
        try FileManager.default.createDirectory(atPath: folder, withIntermediateDirectories: true)
        let path = "\(folder)/picture.\(ending)"
        let program = try #require(FileSystem.program("ffmpeg"))
        let child = try ChildProcess(
            program,
            [
                "-nostdin", "-loglevel", "error", "-f", "lavfi", "-i",
                "color=0x2060e0:size=34x22:rate=5:duration=1",
            ]
                + words + [path], output: .nothing)
        try #require(child.wait(until: .after(60)) == .status(0), "\(child.lastMessages)")
        return path
    }

    @Test(
        "is decoded in its size and colours, whatever its name says",
        arguments: [
            ("webp", ["-frames:v", "1", "-lossless", "1"]), ("bmp", ["-frames:v", "1"]),
            ("tiff", ["-frames:v", "1"]), ("gif", []),
            ("avif", ["-frames:v", "1", "-c:v", "libaom-av1", "-still-picture", "1", "-crf", "10"]),
        ])
    func decodes(ending: String, words: [String]) throws {
        let path = try make(ending, words)
        defer { try? FileManager.default.removeItem(atPath: folder) }
        let other = "\(folder)/other.jpg"
        try FileManager.default.moveItem(atPath: path, toPath: other)
        var color = ColorImage()
        try ImageReader().readColor(path: other, into: &color)
        #expect(color.width == 34 && color.height == 22)
        for (value, expected) in zip(color.pixels.prefix(3), [0x20, 0x60, 0xE0]) {
            // A GIF as ffmpeg writes it has 256 colours for all pictures.
            #expect(abs(Int(value) - expected) < (ending == "gif" ? 60 : 12))
        }
        var gray = GrayImage()
        try ImageReader().readGray(path: other, into: &gray)
        #expect(gray.width == 34 && abs(Int(gray.pixels[0]) - 91) < (ending == "gif" ? 40 : 8))
    }

    @Test("that is cut off or claims too much is refused in one line")
    func refused() throws {
        let path = try make("bmp", ["-frames:v", "1"])
        defer { try? FileManager.default.removeItem(atPath: folder) }
        var image = ColorImage()
        let tooLarge = #expect(throws: ImageError.self) {
            try ImageReader(maximumPixels: 100).readColor(path: path, into: &image)
        }
        #expect("\(tooLarge!)".contains("34x22"), "\(tooLarge!)")
        let bytes = Array(try Data(contentsOf: URL(fileURLWithPath: path)).prefix(40))
        let error = #expect(throws: ImageError.self) {
            try ImageReader().decodeColor(bytes, name: "cut.bmp", into: &image)
        }
        #expect("\(error!)".hasPrefix("cut.bmp: broken picture: ffmpeg"))
        #expect(!"\(error!)".contains("\n"))
    }

    @Test("of a kind that this ffmpeg does not read is not called broken")
    func unreadable() {
        // The beginning of a HEIC file: its brand, and pictures described where a video would have its own box.
        let bytes =
            [0, 0, 0, 24] + Array("ftypheic".utf8) + [0, 0, 0, 0] + Array("mif1heic".utf8)
            + [0, 0, 0, 12] + Array("meta".utf8) + [0, 0, 0, 0]
        var image = ColorImage()
        let error = #expect(throws: ImageError.self) {
            try ImageReader().decodeColor(bytes, name: "photo.heic", into: &image)
        }
        #expect(!"\(error!)".contains("moov"), "\(error!)")
    }

    @Test("is known by its first bytes and by the ending of its name")
    func known() {
        #expect(ImageReader.isPicture(Array("RIFF....WEBPVP8 ".utf8)))
        #expect(ImageReader.isPicture(Array("\0\0\0\u{18}ftypheic".utf8)))
        #expect(!ImageReader.isPicture(Array("RIFF....WAVEfmt ".utf8)))
        #expect(!ImageReader.isPicture(Array("\0\0\0\u{18}ftypisom".utf8)))
        #expect(!ImageReader.isPicture([]))
        for name in ["a.JPG", "a.jfif", "a.b.webp", "x.HEIC"] { #expect(ImageReader.isPictureName(name)) }
        for name in ["jpg", ".jpg", "a.txt", "a.", "a.jpg.part"] { #expect(!ImageReader.isPictureName(name)) }
    }
}
