import Analysis
import Capture
import EmotionRecognition
import Events
import FaceDetection
import FaceVerification
import Foundation
import Pipeline
import SchemaCheck
import System
import Testing
import TestSupport

import raut

private let hasFFmpeg = access("/usr/bin/ffmpeg", X_OK) == 0

@Suite("raut video", .enabled(if: hasFFmpeg))
final class VideoCommandTests {
    private let folder = FileManager.default.temporaryDirectory.appendingPathComponent(UUID().uuidString).path
    private var clip: String { "\(folder)/clip.mp4" }

    init() throws {
        try FileManager.default.createDirectory(atPath: folder, withIntermediateDirectories: true)
        // Two seconds of a face that moves a little, with a tone.
        let root = #filePath.split(separator: "/", omittingEmptySubsequences: false).dropLast(2)
        let picture = root.joined(separator: "/") + "/Fixtures/astronaut.png"
        let made = try run(
            "ffmpeg",
            [
                "-loglevel", "error", "-y", "-loop", "1", "-framerate", "15", "-i", picture, "-f", "lavfi",
                "-i",
            ]
                + [
                    "sine=frequency=440", "-t", "2", "-vf", "crop=480:480:x='2*n/3':y=0", "-pix_fmt",
                    "yuv420p",
                ]
                + ["-c:a", "aac", clip])
        try #require(made.status == 0)
    }

    deinit { try? FileManager.default.removeItem(atPath: folder) }

    @discardableResult
    private func run(_ program: String, _ words: [String]) throws -> (status: Int32, output: String) {
        let process = Process()
        process.executableURL = URL(fileURLWithPath: "/usr/bin/\(program)")
        process.arguments = words
        process.standardInput = FileHandle.nullDevice
        let said = Pipe()
        process.standardOutput = said
        try process.run()
        let output = String(decoding: said.fileHandleForReading.readDataToEndOfFile(), as: UTF8.self)
        process.waitUntilExit()
        return (process.terminationStatus, output)
    }

    /// JSON with its keys in order, to be compared.
    private func sorted(_ faces: Any?) throws -> String {
        let data = try JSONSerialization.data(
            withJSONObject: #require(faces as? [Any]), options: .sortedKeys)
        return String(decoding: data, as: UTF8.self)
    }

    private func videoRun(_ outputs: VideoRun.Outputs) throws -> VideoRun {
        var configuration = Pipeline.Configuration()
        configuration.isPlayback = true
        return VideoRun(
            configuration: configuration, cascade: try Locations.cascade(),
            recognizer: try EmotionRecognizer(modelAt: Locations.model()), outputs: outputs,
            printsSummary: false)
    }

    private final class Lines: EventSink {
        let all = Guarded<[String]>([])
        func send(_ line: [UInt8]) { all.withLock { $0.append(String(decoding: line, as: UTF8.self)) } }
    }

    @Test("table, lines, copy and page tell the same, and the same as run does")
    func everything() throws {
        let (table, lines, page) = ("\(folder)/t.csv", "\(folder)/l.jsonl", "\(folder)/page.html")
        let outputs = VideoRun.Outputs(
            table: try OutputFile(table), lines: try OutputFile(lines), copies: "\(folder)/copies",
            page: try OutputFile(page)
        )
        let stop = EndRequest()
        #expect(try videoRun(outputs).perform([clip], until: stop) == 0)

        let objects = try String(contentsOfFile: lines, encoding: .utf8).split(separator: "\n").map { line in
            #expect(SchemaCheck.faults(of: String(line)) == [])
            return try #require(try JSONSerialization.jsonObject(with: Data(line.utf8)) as? [String: Any])
        }
        #expect(objects.count == 30 && objects.allSatisfy { $0["file"] as? String == clip })
        #expect(objects.last?["seconds"] as? Double == 1.933)
        let faces = objects.flatMap { $0["faces"] as? [[String: Any]] ?? [] }
        #expect(faces.count > 20)

        let rows = try String(contentsOfFile: table, encoding: .utf8).split(separator: "\n").map {
            $0.split(separator: ",", omittingEmptySubsequences: false)
        }
        #expect(rows.first?.count == 25 && rows.count == faces.count + 1)
        for (row, face) in zip(rows.dropFirst(), faces) {
            #expect(Int(row[3]) == face["face"] as? Int)
            #expect(String(row[9]) == face["emotion"] as? String)
            #expect(row[4...7].compactMap { Int($0) } == face["box"] as? [Int])
            #expect(row[11...17].compactMap { Double($0) } == face["probabilities"] as? [Double])
            #expect(row[18...24].compactMap { Double($0) } == face["raw"] as? [Double])
        }

        // What run --events frames says of each frame.
        let sink = Lines()
        var configuration = Pipeline.Configuration()
        configuration.isPlayback = true
        configuration.detail = .frames
        configuration.includesRaw = true
        let pipeline = try Pipeline(
            source: try SourceOpener.open(SourceRequest(name: clip, asFastAsPossible: true)).source,
            finder: try VerifyingDetector.standard(cascadeAt: Locations.cascade()),
            recognizer: try EmotionRecognizer(modelAt: Locations.model()), configuration: configuration,
            sinks: [sink])
        _ = pipeline.wait()
        let told = try sink.all.withLock { $0 }.map {
            try #require(try JSONSerialization.jsonObject(with: Data($0.utf8)) as? [String: Any])
        }
        #expect(told.count == objects.count)
        for (event, object) in zip(told, objects) {
            #expect(try sorted(event["faces"]) == sorted(object["faces"]))
        }

        let probe = ["-v", "error", "-show_entries", "stream=codec_type:format=duration", "-of", "csv=p=0"]
        let copy = try run("ffprobe", probe + ["\(folder)/copies/clip.mp4"]).output
        #expect(copy.contains("video") && copy.contains("audio"))
        let seconds = copy.split(separator: "\n").compactMap { Double($0) }.last ?? 0
        #expect(abs(seconds - 2) < 0.15)
        #expect(try FileManager.default.contentsOfDirectory(atPath: "\(folder)/copies") == ["clip.mp4"])

        let html = try String(contentsOfFile: page, encoding: .utf8)
        #expect(html.contains("<title>clip.mp4</title>") && html.contains("data:image/jpeg;base64,"))
        #expect(html.contains("what each face of clip.mp4 showed over time"))
    }

    @Test("what is no video is told and the others are done; what can't be written ends it")
    func failures() throws {
        let words = "\(folder)/words.mp4"
        try Data("no video".utf8).write(to: URL(fileURLWithPath: words))
        let table = "\(folder)/t.csv"
        let stop = EndRequest()
        let run = try videoRun(VideoRun.Outputs(table: try OutputFile(table)))
        #expect(try run.perform([words, "\(folder)/none.mp4", clip], until: stop) == 1)
        let rows = try String(contentsOfFile: table, encoding: .utf8).split(separator: "\n")
        #expect(rows.count > 20 && rows.dropFirst().allSatisfy { $0.hasPrefix(clip) })
        #expect(throws: Failure.self) { try OutputFile("/proc/none/t.csv") }
        #expect(throws: Failure.self) { try OutputFile(folder) }
        // The copy would fall on the video.
        let full = try videoRun(VideoRun.Outputs(copies: "\(folder)", replacesCopies: true))
        #expect(try full.perform([clip], until: stop) == 1)
    }

    @Test("where no video can be read nothing is written, and what was there stays")
    func unread() throws {
        let names = ["t.csv", "l.jsonl", "p.html"].map { "\(folder)/\($0)" }
        for name in names { try Data("mine".utf8).write(to: URL(fileURLWithPath: name)) }
        let outputs = try names.map { try OutputFile($0, replaces: true) }
        let run = try videoRun(VideoRun.Outputs(table: outputs[0], lines: outputs[1], page: outputs[2]))
        #expect(try run.perform(["\(folder)/none.mp4"], until: EndRequest()) == 1)
        for name in names { #expect(try String(contentsOfFile: name, encoding: .utf8) == "mine") }
    }

    @Test("a copy takes no file's place, and an older one's beginning is not taken for its own")
    func copies() throws {
        let old = try Data(contentsOf: URL(fileURLWithPath: clip))
        for name in ["clip.silent.mp4", "clip-2.silent.mp4", "clip-2.part.mp4"] {
            try Data("mine".utf8).write(to: URL(fileURLWithPath: "\(folder)/\(name)"))
        }
        let run = try videoRun(VideoRun.Outputs(copies: folder))
        #expect(try run.perform([clip], until: EndRequest()) == 0)
        #expect(try Data(contentsOf: URL(fileURLWithPath: clip)) == old)
        let names = try FileManager.default.contentsOfDirectory(atPath: folder).sorted()
        #expect(
            names == ["clip-2.mp4", "clip-2.part.mp4", "clip-2.silent.mp4", "clip.mp4", "clip.silent.mp4"])
        let probed = try self.run(
            "ffprobe",
            ["-v", "error", "-show_entries", "stream=codec_type", "-of", "csv=p=0", "\(folder)/clip-2.mp4"])
        #expect(probed.output.contains("video") && probed.output.contains("audio"))
        #expect(try String(contentsOfFile: "\(folder)/clip.silent.mp4", encoding: .utf8) == "mine")
    }

    @Test("without a place, nothing is left of a file that was begun")
    func abandoned() throws {
        do {
            let file = try OutputFile("\(folder)/kept.csv")
            try file.write("half")
        }
        #expect(try FileManager.default.contentsOfDirectory(atPath: folder) == ["clip.mp4"])
    }

    @Test("what somebody kept is written over only where that was said; an empty file is no loss")
    func replaced() throws {
        let path = "\(folder)/kept.csv"
        func write(_ text: String, replaces: Bool) throws {
            let file = try OutputFile(path, replaces: replaces)
            try file.write(text)
            try file.finish()
        }
        _ = FileManager.default.createFile(atPath: path, contents: nil)
        try write("one", replaces: false)
        #expect(throws: Failure.self) { try write("two", replaces: false) }
        #expect(try String(contentsOfFile: path, encoding: .utf8) == "one")
        try write("three", replaces: true)
        #expect(try String(contentsOfFile: path, encoding: .utf8) == "three")
        #expect(throws: Failure.self) { try OutputFile.guardFree(path, replaces: false, content: .text) }
        try OutputFile.guardFree("-", replaces: false, content: .text)
    }

    @Test("nothing of a file that is not whole is seen, so that nothing is left when the program is killed")
    func unseen() throws {
        let path = "\(folder)/unseen/a.csv"
        try FileSystem.makeFolder("\(folder)/unseen")
        // A file system without files that have no name shows it as a part.
        guard let unnamed = AtomicFile.makeUnnamed(for: path) else { return }
        close(unnamed)
        let file = try OutputFile(path)
        try file.write(String(repeating: "a", count: 1 << 17))
        #expect(try FileSystem.names(in: "\(folder)/unseen").isEmpty)
        try file.finish()
        #expect(try FileSystem.names(in: "\(folder)/unseen") == ["a.csv"])
        #expect(try String(contentsOfFile: path, encoding: .utf8).count == 1 << 17)
    }

    @Test("the end is heard while a video in a pipe says nothing, and while it is opened")
    func silent() throws {
        let path = "\(folder)/silent.fifo"
        try #require(mkfifo(path, 0o600) == 0)
        let run = try videoRun(VideoRun.Outputs(table: try OutputFile("\(folder)/silent.csv")))
        let stop = EndRequest()
        let stopper = try JoinableThread(name: "stopper") {
            _ = holds(for: 0.1) { true }
            stop.request()
        }
        defer { stopper.join(until: .after(10)) }
        let begun = MonotonicClock.seconds
        #expect(try run.perform([path], until: stop) == 130)
        #expect(MonotonicClock.seconds - begun < 8)
        #expect(FileSystem.kind(of: "\(folder)/silent.csv") == nil)
    }

    @Test("a device or pipe is written to, not replaced; a pipe without a reader is told")
    func pipes() throws {
        let path = "\(folder)/pipe"
        try #require(mkfifo(path, 0o600) == 0)
        #expect(throws: Failure.self) { try OutputFile(path) }
        let reader = open(path, O_RDONLY | O_NONBLOCK)
        defer { close(reader) }
        let file = try OutputFile(path)
        try file.write("through")
        try file.finish()
        var bytes = [UInt8](repeating: 0, count: 16)
        #expect(read(reader, &bytes, 16) == 7)
        var status = stat()
        #expect(stat(path, &status) == 0 && status.st_mode & S_IFMT == S_IFIFO)
    }
}
