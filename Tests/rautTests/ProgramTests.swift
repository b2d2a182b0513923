import Capture
import Foundation
import TestSupport
import Testing

import raut

private let root = URL(filePath: #filePath).deletingLastPathComponent().deletingLastPathComponent()
    .deletingLastPathComponent().path

@Suite(
    "the program as a process", .enabled(if: access(program, X_OK) == 0, "raut is not built beside the tests")
)
struct ProgramTests {
    /// How long each stage of `raut bench` took beside libjpeg-turbo.
    private func ratios() throws -> [String: Double] {
        let stages = try Ran(["bench", "--json", "--frames", "40"]).objects()
        #expect(
            stages.compactMap { $0["stage"] as? String }
                == ["decode-mjpeg", "decode-yuv", "detect", "search", "classify", "end-to-end"])
        var medians: [String: Double] = [:]
        for stage in stages {
            let own: Set = stage["stage"] as? String == "classify" ? ["precision"] : []
            #expect(Set(stage.keys) == own.union(["stage", "median_ms", "p95_ms", "count"]))
            let (median, high) = (stage["median_ms"] as? Double ?? -1, stage["p95_ms"] as? Double ?? -1)
            #expect(median > 0 && high >= median && (stage["count"] as? Int ?? 0) > 0)
            medians[stage["stage"] as? String ?? ""] = median
        }
        let yardstick = try #require(medians["decode-mjpeg"])
        return medians.mapValues { $0 / yardstick }
    }

    @Test(
        "bench: each stage with its times; none takes longer beside libjpeg-turbo than thresholds.json allows"
    )
    func bench() throws {
        let file = try Data(contentsOf: URL(filePath: root + "/Benchmarks/thresholds.json"))
        let kinds = try #require(try JSONSerialization.jsonObject(with: file) as? [String: Any])
        let processor = (try? String(contentsOfFile: "/proc/cpuinfo", encoding: .utf8)) ?? ""
        let kind = processor.contains(" avx2") ? "avx2" : "other"
        let limits = try #require(kinds[kind] as? [String: Double])
        #expect(limits.count == 5)
        // What runs beside the test may stretch any stage of one run; a stage that became slower is slow in each.
        var least = try ratios()
        for _ in 1..<8 where limits.contains(where: { least[$0.key] ?? .infinity > $0.value }) {
            least.merge(try ratios()) { min($0, $1) }
        }
        for (stage, limit) in limits {
            let ratio = try #require(least[stage])
            #expect(ratio < limit, "\(stage) takes \(ratio) times as long as decode-mjpeg")
        }
    }

    @Test("model: what scripts read of a model file")
    func model() throws {
        let model = try #require(
            try Ran(["model", root + "/models/raut.safetensors", "--json"]).objects().first)
        #expect(model["architecture"] as? String == "raut" && model["kind"] as? String == "model")
        #expect((model["labels"] as? [String])?.first == "angry")
        #expect(
            (model["parameters"] as? Int ?? 0) > 100_000 && (model["multiply_adds"] as? Int ?? 0) > 1_000_000)
        #expect((model["facts"] as? [String: String])?.isEmpty == false)
    }

    @Test("cameras: a line of JSON for each, or one line that says there is none")
    func cameras() throws {
        let ran = try Ran(["cameras", "--json"])
        for camera in try ran.objects() {
            #expect(Set(camera.keys) == ["device", "card", "id", "formats"])
        }
        if ran.output.isEmpty { #expect(ran.status == 1 && ran.errors.hasPrefix("raut: ")) }
    }

    @Test("schema, man and completions write what they are for")
    func texts() throws {
        #expect(try Ran(["schema"]).output.contains("json-schema.org"))
        #expect(try Ran(["man"]).output.hasPrefix(".TH RAUT 1"))
        for shell in ["bash", "zsh", "fish"] {
            let text = try Ran(["completions", shell]).output
            #expect(text.contains("raut") && text.contains("trace"))
        }
        #expect(try Ran(["completions", "cmd"]).status == 2)
    }

    @Test("where nothing can be written is said before anything is read, and what is empty by its place")
    func places() throws {
        let folder = TemporaryFolder()
        try "kept".write(toFile: "\(folder.path)/kept", atomically: true, encoding: .utf8)
        let data = ["--data", "\(folder.path)/none.csv"]
        let (model, none) = ("\(folder.path)/none/m.safetensors", "no folder \(folder.path)/none")
        let inFile = "\(folder.path)/kept/m.safetensors"
        let wrong: [(words: [String], says: String)] = [
            (["calibrate", "raut", "--output", model] + data, "\(model): cannot write it: there is \(none)"),
            (["quantize", "raut", "--output", model] + data, "\(model): cannot write it: there is \(none)"),
            (["model", "raut", "--export", model], "\(model): cannot write it: there is \(none)"),
            (
                ["train-verifier", "--backgrounds", folder.path, "--output", model] + data,
                "\(model): cannot write it: there is \(none)"
            ),
            (
                ["quantize", "raut", "--output", inFile] + data,
                "\(inFile): cannot write it: \(folder.path)/kept is no folder"
            ),
            (
                ["quantize", "raut", "--output", folder.path] + data,
                "\(folder.path): cannot write it: it is a folder"
            ),
            (
                ["evaluate", "--pictures", "\(folder.path)/kept/a/b"] + data,
                "\(folder.path)/kept/a/b: cannot write it: \(folder.path)/kept is no folder"
            ),
            (
                ["search", "--random", "2", "--output", "\(folder.path)/kept/a"] + data,
                "\(folder.path)/kept/a: cannot write it: \(folder.path)/kept is no folder"
            ),
            (
                ["evaluate", "--model", "raut,,raut"] + data,
                "--model 'raut,,raut': a name in it is empty: expected models parted by commas"
            ),
            (
                ["train", "--from", "raut,", "--output", "\(folder.path)/run"] + data,
                "--from 'raut,': a name in it is empty: expected models parted by commas"
            ),
            (["image", "a.jpg", ""], "one of FILE|DIR|-… is empty: ''"),
        ]
        for (words, says) in wrong {
            let ran = try Ran(words)
            #expect(ran.status > 0 && ran.output.isEmpty)
            #expect(ran.errors.contains(says), "\(words): \(ran.errors)")
            #expect(ran.errors.split(separator: "\n").count == 1, "\(ran.errors)")
        }
    }

    @Test("bench says in which numbers faces were named, as JSON too")
    func benchPrecision() throws {
        for precision in ["float", "int8"] {
            let words = ["bench", "--json", "--frames", "2", "--precision", precision]
            let stages = try Ran(words).objects()
            #expect(stages.compactMap { $0["precision"] as? String } == [precision])
        }
    }

    @Test("what mpirun can't share is refused, by the first process of each part of its line alone")
    func company() throws {
        func ran(rank: Int, _ words: [String] = ["evaluate", "--data", "none.csv"]) throws -> Ran {
            try Ran(
                words,
                environment: [
                    "OMPI_COMM_WORLD_SIZE": "3", "OMPI_COMM_WORLD_RANK": "\(rank)",
                    "OMPI_APP_CTX_NUM_PROCS": "2 1",
                ])
        }
        for rank in 0..<3 {
            let ran = try ran(rank: rank)
            #expect(ran.status == 2 && ran.output.isEmpty)
            #expect(ran.errors.contains("mpirun started 3 processes") == (rank != 1), "\(ran.errors)")
            #expect(ran.errors.isEmpty == (rank == 1))
        }
        #expect(try ran(rank: 0, ["evaluate", "--help"]).status == 0)
        let unusable = ["train", "--data", "none.csv", "--output", "none", "--disputed", "8"]
        for rank in 0..<3 {
            let ran = try ran(rank: rank, unusable)
            #expect(ran.status == 2 && ran.errors.contains("--disputed counts") == (rank != 1))
            #expect(ran.errors.isEmpty == (rank == 1))
        }
    }

    @Test("report names the files that it wrote, on standard output unless that is one of them")
    func report() throws {
        let folder = TemporaryFolder()
        let (log, page, table) = (folder.path("log"), folder.path("day.html"), folder.path("day.csv"))
        let left = #"{"event":"left","time":"2026-11-23T20:15:42.523Z","frame":300,"face":1,"seconds":12.4}"#
        try Data("\(left)\n".utf8).write(to: URL(filePath: log))
        let both = try Ran(["report", log, "--output", page, "--csv", table])
        #expect(both.status == 0 && both.output == "\(page)\n\(table)\n" && both.errors.isEmpty)
        let piped = try Ran(["report", log, "--output", page, "--csv", "-", "--replace"])
        #expect(piped.output == (try String(contentsOfFile: table, encoding: .utf8)))
        #expect(piped.errors == "raut: \(page): written\n")
    }

    @Test("report refuses a file without an event, though it has empty lines, and a device that has no end")
    func noReport() throws {
        let folder = TemporaryFolder()
        let (log, page) = (folder.path("picture.png"), folder.path("day.html"))
        try Data("\u{89}PNG\n\n\nIHDR\n".utf8).write(to: URL(filePath: log))
        let refused = try Ran(["report", log, "--output", page])
        #expect(refused.status == 1 && refused.output.isEmpty)
        #expect(refused.errors.contains("\(log): no line of it is an event\n"), "\(refused.errors)")
        let endless = try Ran(["report", "/dev/zero", "--output", page])
        #expect(endless.status == 1)
        #expect(endless.errors == "raut: /dev/zero: cannot read it: a device, no file\n")
        #expect(FileManager.default.fileExists(atPath: page) == false)
    }

    @Test("a name that would move a terminal's cursor is shown without its orders, in results and messages")
    func shownNames() throws {
        let folder = TemporaryFolder()
        let name = folder.path("two\nlines \u{1B}[31mred ü😀.png")
        try FileManager.default.copyItem(
            atPath: "\(packageFolder)/Tests/Fixtures/astronaut.png", toPath: name)
        let shown = folder.path("two?lines ?[31mred ü😀.png")
        #expect(try Ran(["image", name]).output.hasPrefix("\(shown)  512×512  1 face"))
        #expect(try Ran(["classify", name]).output.hasPrefix("\(shown)  "))
        #expect(try Ran(["video", name]).output.hasPrefix("\(shown)  512×512, "))
        let missing = try Ran(["image", name + ".jpg"])
        // A break of a line is a space in messages.
        let said = shown.replacing("two?", with: "two ")
        #expect(missing.errors.hasPrefix("raut: \(said).jpg: "), "\(missing.errors)")
    }

    @Test("a folder of pictures is said to be one video, and how each is read by itself")
    func videoOfFolder() throws {
        let folder = TemporaryFolder()
        let ran = try Ran(["video", folder.path])
        #expect(ran.status == 1 && ran.output.isEmpty)
        #expect(ran.errors.hasPrefix("raut: \(folder.path): a folder: its pictures are taken for the frames"))
        #expect(ran.errors.contains("raut image \(folder.path)\n"))
    }

    @Test("the log says each step where somebody asks for it, and nothing more where nobody does")
    func log() throws {
        let demo = ["run", "--source", "demo", "--headless", "--frames", "3", "--as-fast-as-possible"]
        let quiet = try Ran(demo)
        #expect(quiet.status == 0 && !quiet.errors.contains("debug"))
        for loud in [try Ran(demo + ["--log", "debug"]), try Ran(demo, environment: ["RAUT_LOG": "debug"])] {
            #expect(loud.status == 0 && loud.output.split(separator: "\n").count >= 1)
            #expect(loud.errors.contains("session: running"))
        }
        #expect(
            !(try Ran(demo + ["--log", "info"], environment: ["RAUT_LOG": "debug"]).errors.contains("running"))
        )
        let wrong = try Ran(["schema"], environment: ["RAUT_LOG": "loud"])
        #expect(wrong.status == 2 && wrong.errors == "raut: RAUT_LOG is 'loud': expected info or debug\n")
    }

    @Test("a trace has the stages of each frame")
    func trace() throws {
        let path = FileManager.default.temporaryDirectory.appending(path: "\(UUID().uuidString).json")
        defer { try? FileManager.default.removeItem(at: path) }
        let ran = try Ran([
            "run", "--source", "demo", "--headless", "--frames", "20", "--as-fast-as-possible", "--trace",
            path.path,
        ])
        #expect(ran.status == 0)
        let bars = try #require(
            try JSONSerialization.jsonObject(with: Data(contentsOf: path)) as? [[String: Any]])
        #expect(bars.count { $0["name"] as? String == "decode" } == 20)
        #expect(bars.contains { $0["name"] as? String == "recognize" })
        #expect(bars.allSatisfy { $0["ph"] != nil })
    }
}
