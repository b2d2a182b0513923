import Analysis
import Foundation
import Testing

import raut

/// A folder of its own for each test, gone with it.
private final class Folder {
    let path: String

    init() throws {
        let url = FileManager.default.temporaryDirectory.appendingPathComponent("raut-\(UUID().uuidString)")
        try FileManager.default.createDirectory(at: url, withIntermediateDirectories: true)
        path = url.resolvingSymlinksInPath().path
    }

    deinit { try? FileManager.default.removeItem(atPath: path) }

    func add(_ file: String) throws -> String {
        let full = "\(path)/\(file)"
        try FileManager.default.createDirectory(
            atPath: (full as NSString).deletingLastPathComponent, withIntermediateDirectories: true)
        try Data().write(to: URL(fileURLWithPath: full))
        return full
    }

    func locations(program: String, in folder: String = "work", environment: [String: String] = [:])
        -> Locations
    {
        Locations(
            environment: environment, executable: "\(path)/\(program)", workingDirectory: "\(path)/\(folder)")
    }
}

@Suite("where files are looked for")
struct LocationsTests {
    @Test("an installed program finds its model beside itself")
    func installed() throws {
        let folder = try Folder()
        let model = try folder.add("usr/share/raut/models/raut.safetensors")
        #expect(try folder.locations(program: "usr/bin/raut").model(nil) == model)
    }

    @Test("a program in its build folder finds the checkout's models")
    func checkout() throws {
        let folder = try Folder()
        _ = try folder.add("src/Package.swift")
        let model = try folder.add("src/models/paper-cnn.safetensors")
        let locations = folder.locations(program: "src/.build/x86_64-unknown-linux-gnu/release/raut")
        #expect(try locations.model("paper-cnn") == model)
    }

    @Test("the environment comes before what is installed")
    func environment() throws {
        let folder = try Folder()
        _ = try folder.add("usr/share/raut/models/raut.safetensors")
        let mine = try folder.add("mine/raut.safetensors")
        let locations = folder.locations(
            program: "usr/bin/raut", environment: ["RAUT_MODELS": "/nowhere:\(folder.path)/mine"])
        #expect(try locations.model(nil) == mine)
    }

    @Test("a path is taken as it is, from the working directory where it is relative")
    func paths() throws {
        let folder = try Folder()
        let model = try folder.add("work/out/best.safetensors")
        let locations = folder.locations(program: "usr/bin/raut")
        #expect(try locations.model("out/best.safetensors") == model)
        #expect(try locations.model(model) == model)
        #expect(
            try folder.locations(program: "usr/bin/raut", in: "work/out").model("best.safetensors") == model)
    }

    @Test("a model that is nowhere is said with every place that was looked in, each once")
    func nowhere() throws {
        let folder = try Folder()
        let installed = "\(folder.path)/usr/share/raut/models"
        let locations = folder.locations(program: "usr/bin/raut", environment: ["RAUT_MODELS": installed])
        let failure = #expect(throws: MissingFile.self) { try locations.model("best") }
        let line = try #require(failure).description
        #expect(line.hasPrefix("no model best.safetensors in \(installed), "))
        #expect(line.components(separatedBy: installed).count == 2)
        #expect(line.contains("by its path, or its folder in RAUT_MODELS"))
    }

    @Test("a folder is no model")
    func folder() throws {
        let folder = try Folder()
        _ = try folder.add("work/models/a/b")
        #expect(throws: MissingFile.self) { try folder.locations(program: "usr/bin/raut").model("models/a") }
    }

    @Test("a cascade is found by its short name, and its package is named where there is none")
    func cascade() throws {
        let folder = try Folder()
        let cascade = try folder.add("mine/haarcascade_frontalface_special.xml")
        let locations = folder.locations(
            program: "usr/bin/raut", environment: ["RAUT_CASCADES": "\(folder.path)/mine"])
        #expect(try locations.cascade("special") == cascade)
        #expect(try locations.cascade("haarcascade_frontalface_special") == cascade)
        let failure = #expect(throws: MissingFile.self) { try locations.cascade("none") }
        #expect(try #require(failure).description.contains("opencv-data"))
    }
}
