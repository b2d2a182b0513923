import Foundation
import Imaging
import TestSupport
import Testing

import raut

@Suite("what a person kept, what nobody reads, what can't be meant")
struct KeptFilesTests {
    private let folder = TemporaryFolder()

    /// Runs a line of the shell in which `$RAUT` is the program.
    private func shell(_ line: String) throws -> Int32 {
        let process = Process()
        process.executableURL = URL(filePath: "/bin/sh")
        process.arguments = ["-c", line]
        process.environment = ProcessInfo.processInfo.environment.merging(["RAUT": program]) { _, new in new }
        process.currentDirectoryURL = URL(filePath: folder.path)
        process.standardInput = FileHandle.nullDevice
        try process.run()
        process.waitUntilExit()
        return process.terminationReason == .exit ? process.terminationStatus : -1
    }

    @Test("a message that can't be written ends nothing")
    func lostMessages() throws {
        #expect(try shell("$RAUT image none.jpg 2>/dev/full") == 1)
        #expect(try shell("$RAUT --jsno 2>/dev/full") == 2)
        #expect(
            try shell("($RAUT image none.jpg none.png; echo $? >&3) 3>rc 2>&1 | true; test $(cat rc) = 1")
                == 0)
        #expect(
            try shell("$RAUT run --source demo --headless --frames 3 --stats 1 >/dev/null 2>/dev/full") == 0)
    }

    @Test("neither a hang-up that was ignored at the beginning nor a file that may not grow ends the program")
    func signals() throws {
        let line = """
            mkfifo lines; trap '' HUP
            $RAUT run --source demo --headless --frames 60 --events frames >lines & run=$!
            { read first; kill -HUP $run; wc -l >count; } <lines
            wait $run && test $(cat count) -gt 40
            """
        #expect(try shell(line) == 0)
        var image = GrayImage(width: 90, height: 90)
        for index in image.pixels.indices {
            image.pixels[index] = UInt8(truncatingIfNeeded: index &* index / 7)
        }
        try ImageFile.writePNG(image, path: folder.path("a.png"))
        #expect(try shell("ulimit -f 1; $RAUT image --output copies a.png 2>/dev/null") == 1)
    }

    @Test("of a model that learned from random parts it is said that it may know the faces it is judged by")
    func known() throws {
        let faces = try writeFaces(to: folder.path("faces.csv"))
        let ran = try Ran(["evaluate", "--model", "paper-cnn", "--data", faces])
        #expect(ran.status == 0 && ran.errors.contains("was trained with --split random"), "\(ran.errors)")
    }

    @Test("a live program does not wait for a reader of its messages who takes none", .timeLimit(.minutes(1)))
    func stuckReader() throws {
        let messages = Pipe()
        let end = messages.fileHandleForWriting.fileDescriptor
        _ = fcntl(end, F_SETFL, O_NONBLOCK)
        let page = [UInt8](repeating: 120, count: 4096)
        while write(end, page, page.count) > 0 {}
        _ = fcntl(end, F_SETFL, 0)
        let process = Process()
        process.executableURL = URL(filePath: program)
        process.arguments = ["run", "--source", "demo", "--headless", "--log", "debug", "--frames", "3"]
        process.standardOutput = FileHandle.nullDevice
        process.standardError = messages
        try process.run()
        process.waitUntilExit()
        #expect(process.terminationStatus == 0)
    }

    @Test("nothing is written over what is read, nor text over what is none, also with --replace")
    func inputs() throws {
        let (first, second) = (folder.path("a.png"), folder.path("b.png"))
        for path in [first, second] { try ImageFile.writePNG(GrayImage(width: 90, height: 90), path: path) }
        let before = try Data(contentsOf: URL(filePath: first))
        // As a table's name was forgotten before *.png.
        for words in [[first, first, second], [first, second]] {
            let ran = try Ran(["image", "--replace", "--csv"] + words)
            #expect(ran.status == 1 && ran.errors.contains("\(first): ") && ran.errors.contains("is kept"))
            #expect(try Data(contentsOf: URL(filePath: first)) == before)
        }
        let table = folder.path("t.csv")
        for _ in 0..<2 { #expect(try Ran(["image", "--replace", "--csv", table, second]).status == 0) }
        let log = folder.path("log")
        let left = #"{"event":"left","time":"2026-11-23T20:15:42.523Z","frame":300,"face":1,"seconds":12.4}"#
        try Data("\(left)\n".utf8).write(to: URL(filePath: log))
        #expect(try Ran(["report", log, "--csv", log, "--replace"]).status == 1)
        #expect(try String(contentsOfFile: log, encoding: .utf8) == "\(left)\n")
        let ran = try Ran(["model", "raut", "--export", log, "--replace"])
        #expect(
            ran.status == 1 && ran.errors.hasPrefix("raut: \(log): holds text, and is kept"), "\(ran.errors)")
    }

    @Test("options that contradict each other are refused")
    func contradictions() throws {
        // As in the folder of a training run.
        try "".write(toFile: folder.path("log.csv"), atomically: true, encoding: .utf8)
        for words in [
            ["image", "--detect-only", "--looks", "2"], ["image", "--detect-only", "--model", "raut"],
            ["image", "--detect-only", "--precision", "int8"], ["image", "--plain", "--profile"],
            ["run", "--source", "demo", "--headless", "--record", folder.path("x.xyz")],
            ["report", "--output", folder.path("x"), "--day", "2026-11-23"],
        ] {
            #expect(try Ran(words + (words[0] == "run" ? [] : [folder.path])).status == 2, "\(words)")
        }
    }

    @Test("a run's files without a checkpoint are kept, and so is a stage's model that no recipe made")
    func runs() throws {
        let words = [
            "train", "--data", try writeFaces(to: folder.path("faces.csv")), "--architecture", "cnn",
            "--epochs", "1",
        ]
        for name in ["model.safetensors", "log.csv", "predictions.csv", "report"] {
            let run = folder.path("run-\(name)")
            try FileManager.default.createDirectory(atPath: run, withIntermediateDirectories: true)
            try "mine".write(toFile: "\(run)/\(name)", atomically: true, encoding: .utf8)
            for more in [[], ["--resume"]] {
                let ran = try Ran(words + ["--output", run] + more)
                #expect(ran.status == 1 && ran.errors.hasPrefix("raut: \(run)/\(name): is there already"))
            }
            #expect(try String(contentsOfFile: "\(run)/\(name)", encoding: .utf8) == "mine")
        }
        let (recipe, output) = (folder.path("recipe"), folder.path("out"))
        try "[a]\nepochs 1\n[b]\nmean a\n".write(toFile: recipe, atomically: true, encoding: .utf8)
        try FileManager.default.createDirectory(atPath: output, withIntermediateDirectories: true)
        try "mine".write(toFile: "\(output)/b.safetensors", atomically: true, encoding: .utf8)
        let ran = try Ran(["train", "--recipe", recipe, "--data", words[2], "--output", output])
        #expect(ran.status == 1 && ran.errors.contains("b.safetensors: is there already"), "\(ran.errors)")
        #expect(try String(contentsOfFile: "\(output)/b.safetensors", encoding: .utf8) == "mine")
    }

    @Test("a page of training runs is not written over any file, without --replace")
    func pages() throws {
        let (run, page) = (folder.path("run"), folder.path("page"))
        let trained = try Ran([
            "train", "--data", try writeFaces(to: folder.path("faces.csv")), "--architecture", "cnn",
            "--split",
            "official", "--widths", "8,8,8,8", "--epochs", "1", "--no-pictures", "--output", run,
        ])
        #expect(trained.status == 0, "\(trained.errors)")
        try FileManager.default.createDirectory(atPath: page, withIntermediateDirectories: true)
        try "mine".write(toFile: "\(page)/tables.md", atomically: true, encoding: .utf8)
        #expect(try Ran(["report", run, "--output", page]).status == 1)
        #expect(try FileManager.default.contentsOfDirectory(atPath: page) == ["tables.md"])
        #expect(try Ran(["report", run, "--output", page, "--replace"]).status == 0)
        #expect(FileManager.default.fileExists(atPath: "\(page)/report.html"))
    }

    @Test("a recipe stops in any of its stages, and goes on from there", .timeLimit(.minutes(1)))
    func interrupted() throws {
        let (recipe, output) = (folder.path("recipe"), folder.path("out"))
        let stage = "architecture cnn\nsplit official\nwidths 8,8,8,8\nno-pictures\n"
        try "[a]\n\(stage)epochs 1\n[b]\n\(stage)epochs 100000\n"
            .write(toFile: recipe, atomically: true, encoding: .utf8)
        let (process, complaints) = (Process(), Pipe())
        process.executableURL = URL(filePath: program)
        process.arguments = [
            "train", "--recipe", recipe, "--data", try writeFaces(to: folder.path("faces.csv")), "--output",
            output,
        ]
        process.standardError = complaints
        process.standardOutput = FileHandle.nullDevice
        try process.run()
        var said = ""
        while !said.contains("epoch 2/100000") {
            let more = complaints.fileHandleForReading.availableData
            if more.isEmpty { break }
            said += String(decoding: more, as: UTF8.self)
        }
        process.interrupt()
        while case let more = complaints.fileHandleForReading.availableData, !more.isEmpty {
            said += String(decoding: more, as: UTF8.self)
        }
        process.waitUntilExit()
        #expect(process.terminationReason == .exit && process.terminationStatus == 130)
        #expect(
            said.contains("stopped; --resume goes on from \(output)/b/checkpoint.safetensors"),
            "\(said.suffix(300))")
    }
}

/// Writes a table of 42 faces that differ, and returns its path.
func writeFaces(to path: String) throws -> String {
    var rows = "emotion,pixels,Usage\n"
    for number in 0..<42 {
        let pixels = (0..<48 * 48).map { "\(($0 * (number % 7 + 2) + number) % 256)" }
        let usage = number < 28 ? "Training" : number < 35 ? "PublicTest" : "PrivateTest"
        rows += "\(number % 7),\(pixels.joined(separator: " ")),\(usage)\n"
    }
    try rows.write(toFile: path, atomically: true, encoding: .utf8)
    return path
}
