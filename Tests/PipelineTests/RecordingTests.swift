import Foundation
import Imaging
import Pipeline
import Synchronization
import Testing

@Suite("recording")
struct RecordingTests {
    private let folder = NSTemporaryDirectory() + "raut-recording-\(UInt32.random(in: 0 ... .max))"

    /// As the program does: an ffmpeg that gives up must show as an error where it is written to.
    init() { signal(SIGPIPE, SIG_IGN) }

    private func record(_ path: String, frames: Int) throws -> [RecordingError] {
        let errors = Mutex<[RecordingError]>([])
        let recording = try Recording(path: path, frameRate: 30) { error in
            errors.withLock { $0.append(error) }
        }
        var configuration = Pipeline.Configuration()
        configuration.isPlayback = true
        let pipeline = Pipeline(
            source: ScriptedSource(Array(repeating: .frame, count: frames)), finder: ScriptedFinder(),
            recognizer: Happy(), configuration: configuration, sinks: [], recorder: recording)
        #expect(pipeline.wait() == .ended)
        return errors.withLock { $0 }
    }

    @Test("a folder gets a picture a frame, with the faces drawn on it")
    func pictures() throws {
        defer { try? FileManager.default.removeItem(atPath: folder) }
        #expect(try record(folder + "/", frames: 5).isEmpty)
        let names = try FileManager.default.contentsOfDirectory(atPath: folder).sorted()
        #expect(names == (1...5).map { "frame-0000000\($0).jpg" })
        var image = ColorImage()
        try ImageFile.readColor(path: "\(folder)/\(names[4])", into: &image)
        #expect(image.width == 320 && image.height == 240)
        // The frames are grey; only what is drawn has colour.
        let colored = stride(from: 0, to: image.pixels.count, by: 3).count {
            abs(Int(image.pixels[$0]) - Int(image.pixels[$0 + 2])) > 100
        }
        #expect(colored > 200)
    }

    @Test(
        "a video is whole when it is there, and nothing else is left", .enabled(if: RecordingTests.hasFFmpeg))
    func video() throws {
        defer { try? FileManager.default.removeItem(atPath: folder) }
        try FileManager.default.createDirectory(atPath: folder, withIntermediateDirectories: true)
        #expect(try record("\(folder)/a.mp4", frames: 30).isEmpty)
        #expect(try FileManager.default.contentsOfDirectory(atPath: folder) == ["a.mp4"])
        let bytes = try Data(contentsOf: URL(fileURLWithPath: "\(folder)/a.mp4"))
        #expect(bytes.range(of: Data("moov".utf8)) != nil)
    }

    @Test(
        "a video that ffmpeg can't make is said once and leaves nothing behind",
        .enabled(if: RecordingTests.hasFFmpeg))
    func unknownFormat() throws {
        defer { try? FileManager.default.removeItem(atPath: folder) }
        try FileManager.default.createDirectory(atPath: folder, withIntermediateDirectories: true)
        let errors = try record("\(folder)/a.nonsense", frames: 200)
        #expect(errors.count == 1)
        #expect(
            errors.allSatisfy { "\($0)".contains("output format for '\(folder)/a.nonsense'") }, "\(errors)")
        #expect(try FileManager.default.contentsOfDirectory(atPath: folder).isEmpty)
    }

    @Test("a folder that is not there is said before anything begins")
    func missingFolder() {
        #expect(throws: RecordingError.self) {
            try Recording(path: "\(folder)/none/a.mp4", frameRate: 30) { _ in }
        }
    }

    static var hasFFmpeg: Bool {
        ["/usr/bin/ffmpeg", "/usr/local/bin/ffmpeg"].contains {
            FileManager.default.isExecutableFile(atPath: $0)
        }
    }
}
