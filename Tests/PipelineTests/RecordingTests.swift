import Foundation
import Imaging
import Pipeline
import Recording
import System
import Testing
import TestSupport

@Suite("recording")
struct RecordingTests {
    private let folder = NSTemporaryDirectory() + "raut-recording-\(UInt32.random(in: 0 ... .max))"

    /// As the program does: an ffmpeg that gives up must show as an error where it is written to.
    init() { signal(SIGPIPE, SIG_IGN) }

    private func record(_ path: String, frames: Int) throws -> [RecordingError] {
        let errors = Guarded<[RecordingError]>([])
        let recording = try Recording(path: path, frameRate: 30) { error in
            errors.withLock { $0.append(error) }
        }
        var configuration = Pipeline.Configuration()
        configuration.isPlayback = true
        let pipeline = try Pipeline(
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

    // MARK: - What is recorded stays

    private struct Seen: Sendable {
        var errors: [RecordingError] = []
        var said: [String] = []
    }

    /// Records what a source does, by an encoder that a shell script stands for: `ffmpeg` after `prologue`.
    private func record(
        _ steps: [ScriptedSource.Step], to path: String, prologue: String = "",
        encoder: String = "exec ffmpeg \"$@\"", patience: EncoderPatience = .standard,
        meanwhile: () -> Void = {}
    ) throws -> Seen {
        try FileManager.default.createDirectory(atPath: folder, withIntermediateDirectories: true)
        let script = folder + "/encoder.sh"
        try "#!/bin/bash\necho $$ >'\(folder)/pid'\n\(prologue)\n\(encoder)\n".write(
            toFile: script, atomically: true, encoding: .utf8)
        chmod(script, 0o755)
        let seen = Guarded(Seen())
        let recording = try Recording(path: path, frameRate: 30, encoder: script, patience: patience) {
            line in
            seen.change { $0.said.append(line) }
        } notify: { error in
            seen.change { $0.errors.append(error) }
        }
        var configuration = Pipeline.Configuration()
        configuration.isPlayback = true
        let pipeline = try Pipeline(
            source: ScriptedSource(steps), finder: ScriptedFinder(), recognizer: Happy(),
            configuration: configuration, sinks: [], recorder: recording)
        meanwhile()
        #expect(pipeline.wait() == .ended)
        return seen.withLock { $0 }
    }

    /// The times of a video's frames in milliseconds, as ffprobe reads them.
    private func times(_ path: String) throws -> [Int] {
        let process = Process()
        process.executableURL = URL(fileURLWithPath: "/usr/bin/ffprobe")
        process.arguments = ["-v", "error", "-show_entries", "packet=pts_time", "-of", "csv=p=0", path]
        let pipe = Foundation.Pipe()
        process.standardOutput = pipe
        process.standardError = FileHandle.nullDevice
        try process.run()
        let text = String(decoding: pipe.fileHandleForReading.readDataToEndOfFile(), as: UTF8.self)
        process.waitUntilExit()
        return text.split(separator: "\n").compactMap { Double($0.prefix { $0 != "," }) }
            .map { Int(($0 * 1000).rounded()) }.sorted()
    }

    private var names: [String] {
        ((try? FileManager.default.contentsOfDirectory(atPath: folder)) ?? [])
            .filter { $0.hasSuffix(".mp4") || $0.hasSuffix(".mkv") }.sorted()
    }

    @Test(
        "each frame is at its own time, none is repeated, and a long gap is left out",
        .enabled(if: RecordingTests.hasFFmpeg), arguments: ["mp4", "mkv"])
    func ownTimes(ending: String) throws {
        defer { try? FileManager.default.removeItem(atPath: folder) }
        let taken = [0, 40, 100, 105, 900, 950, 601_000, 601_050]
        let seen = try record(taken.map { .frameAt($0) }, to: "\(folder)/a.\(ending)")
        #expect(seen.errors.isEmpty)
        #expect(try times("\(folder)/a.\(ending)") == [0, 40, 100, 105, 900, 950, 983, 1033])
    }

    @Test("what is there already is not written over: a number is added, and said")
    func existing() throws {
        defer { try? FileManager.default.removeItem(atPath: folder) }
        try FileManager.default.createDirectory(atPath: folder, withIntermediateDirectories: true)
        try "kept".write(toFile: "\(folder)/a.mp4", atomically: true, encoding: .utf8)
        let encoder = #"file="${@: -1}"; exec cat >"${file#file:}""#
        let seen = try record(Array(repeating: .frame, count: 3), to: "\(folder)/a.mp4", encoder: encoder)
        #expect(seen.said == ["\(folder)/a.mp4 is there already: recording to \(folder)/a-2.mp4"])
        #expect(try String(contentsOfFile: "\(folder)/a.mp4", encoding: .utf8) == "kept")
        #expect(names == ["a-2.mp4", "a.mp4"])
        for _ in 1...2 {
            _ = try record(Array(repeating: .frame, count: 2), to: "\(folder)/pictures/")
        }
        let pictures = try FileManager.default.contentsOfDirectory(atPath: "\(folder)/pictures").sorted()
        #expect(
            pictures == [
                "frame-00000001.jpg", "frame-00000002.jpg", "frame-2-00000001.jpg", "frame-2-00000002.jpg",
            ])
    }

    @Test("frames of another size begin another file", .enabled(if: RecordingTests.hasFFmpeg))
    func anotherSize() throws {
        defer { try? FileManager.default.removeItem(atPath: folder) }
        let frames = Array(repeating: ScriptedSource.Step.frame, count: 10)
        let seen = try record(frames + [.resize(width: 640, height: 480)] + frames, to: "\(folder)/a.mp4")
        #expect(seen.errors.isEmpty)
        #expect(seen.said == ["frames are 640x480 now: recording goes on in \(folder)/a-2.mp4"])
        #expect(try times("\(folder)/a.mp4").count == 10 && times("\(folder)/a-2.mp4").count == 10)
    }

    @Test(
        "an encoder that is killed leaves what it has written, to the last second",
        .enabled(if: RecordingTests.hasFFmpeg), arguments: ["mp4", "mkv"])
    func killed(ending: String) throws {
        defer { try? FileManager.default.removeItem(atPath: folder) }
        let frames = Array(repeating: ScriptedSource.Step.frame, count: 120)
        // 120 frames take four seconds; the others come once the encoder is dead.
        let isDead = Guarded(false)
        let seen = try record(
            frames + [.until { isDead.withLock { $0 } }] + frames, to: "\(folder)/a.\(ending)"
        ) {
            #expect(eventually { (try? times("\(folder)/a.\(ending)").last) ?? 0 >= 2900 })
            let process = (try? String(contentsOfFile: folder + "/pid", encoding: .utf8)) ?? ""
            kill(Int32(process.trimmingCharacters(in: .whitespacesAndNewlines)) ?? 0, SIGKILL)
            isDead.change { $0 = true }
        }
        #expect(seen.errors.count == 1)
        #expect("\(seen.errors)".contains("signal 9") && "\(seen.errors)".contains("what is written is kept"))
        #expect(try (times("\(folder)/a.\(ending)").last ?? 0) >= 2900)
    }

    @Test(
        "a full disk is said in ffmpeg's words and leaves what fitted", .enabled(if: RecordingTests.hasFFmpeg)
    )
    func fullDisk() throws {
        defer { try? FileManager.default.removeItem(atPath: folder) }
        // A limit on the size of files stands for the disk's: 48 KiB.
        let seen = try record(
            Array(repeating: .frame, count: 600), to: "\(folder)/a.mkv",
            prologue: "trap '' XFSZ; ulimit -f 48")
        #expect(seen.errors.count == 1)
        #expect("\(seen.errors)".contains("File too large"), "\(seen.errors)")
        #expect(try times("\(folder)/a.mkv").count > 20)
    }

    @Test(
        "an encoder that takes long to begin is waited for while it works",
        .enabled(if: RecordingTests.hasFFmpeg))
    func slowBeginning() throws {
        defer { try? FileManager.default.removeItem(atPath: folder) }
        let seen = try record(
            Array(repeating: .frame, count: 30), to: "\(folder)/a.mkv",
            prologue: "for ((i = 0; i < 600000; i++)); do :; done",
            patience: EncoderPatience(slice: 0.02, idle: 25, most: 3000))
        #expect(seen.errors.isEmpty, "\(seen.errors)")
        #expect(try times("\(folder)/a.mkv").count == 30)
    }

    @Test(
        "one that does nothing is given up, and so is one that works for ever and takes no frame",
        arguments: [("sleep 1000", 8, 100_000), ("while :; do :; done", 100_000, 8)])
    func givenUp(encoder: String, idle: Int, most: Int) throws {
        defer { try? FileManager.default.removeItem(atPath: folder) }
        let seen = try record(
            Array(repeating: .frame, count: 30), to: "\(folder)/a.mkv", encoder: encoder,
            patience: EncoderPatience(slice: 0.02, idle: idle, most: most))
        #expect(seen.errors.count == 1)
        #expect("\(seen.errors)".contains("has taken no frame for"), "\(seen.errors)")
    }

    @Test("one that broke off is begun anew as soon as it can be, and each is said once")
    func beginsAnew() throws {
        defer { try? FileManager.default.removeItem(atPath: folder) }
        let (errors, said) = (Guarded<[RecordingError]>([]), Guarded<[String]>([]))
        let path = "\(folder)/pictures"
        let recording = try Recording(
            path: path, frameRate: 30, pauses: Backoff(first: 0.05, longest: 0.05, factor: 1),
            say: { line in said.change { $0.append(line) } }
        ) { error in errors.change { $0.append(error) } }
        let steps = (0..<20_000).flatMap { _ in [ScriptedSource.Step.frame, .pause(milliseconds: 5)] }
        let pipeline = try Pipeline(
            source: ScriptedSource(steps, isLive: true), finder: ScriptedFinder(), recognizer: Happy(),
            configuration: Pipeline.Configuration(), sinks: [], recorder: recording)
        func pictures() -> Int { (try? FileManager.default.contentsOfDirectory(atPath: path).count) ?? 0 }
        #expect(eventually { pictures() > 2 })
        // Somebody takes the folder away.
        #expect(rename(path, "\(folder)/away") == 0)
        #expect(eventually { pictures() > 2 })
        #expect(errors.withLock { $0.count } == 1)
        #expect(said.withLock { $0 } == ["\(path): recording again"])
        pipeline.stop(until: .after(1))
        #expect(pipeline.wait() == .stopped)
        recording.finish(within: 1)
        #expect(recording.isOver)
    }

    @Test("an encoder that takes nothing does not hold up the end, and does not stay")
    func stuck() throws {
        defer { try? FileManager.default.removeItem(atPath: folder) }
        try FileManager.default.createDirectory(atPath: folder, withIntermediateDirectories: true)
        let script = folder + "/encoder.sh"
        try "#!/bin/sh\necho $$ >'\(folder)/pid'\nexec sleep 1000\n".write(
            toFile: script, atomically: true, encoding: .utf8)
        chmod(script, 0o755)
        let errors = Guarded<[RecordingError]>([])
        let recording = try Recording(path: folder + "/a.mp4", frameRate: 30, encoder: script) { error in
            errors.change { $0.append(error) }
        }
        let steps = (0..<20_000).flatMap { _ in [ScriptedSource.Step.frame, .pause(milliseconds: 5)] }
        let pipeline = try Pipeline(
            source: ScriptedSource(steps, isLive: true), finder: ScriptedFinder(), recognizer: Happy(),
            configuration: Pipeline.Configuration(), sinks: [], recorder: recording)
        // Until it has begun, and frames wait for it: a pipe holds less than one.
        #expect(
            eventually {
                (try? String(contentsOfFile: folder + "/pid", encoding: .utf8))?.hasSuffix("\n") == true
            })
        let time = ContinuousClock().measure {
            pipeline.stop(until: .after(0.12))
            #expect(pipeline.wait() == .stopped)
        }
        #expect(time < .seconds(5))
        #expect(eventually { errors.withLock { $0.count } == 1 })
        let process = try String(contentsOfFile: folder + "/pid", encoding: .utf8)
        let number = try #require(Int32(process.trimmingCharacters(in: .whitespacesAndNewlines)))
        #expect(eventually { kill(number, 0) != 0 }, "the encoder is left behind")
    }

    static var hasFFmpeg: Bool {
        ["/usr/bin/ffmpeg", "/usr/local/bin/ffmpeg"].contains {
            FileManager.default.isExecutableFile(atPath: $0)
        }
    }
}
