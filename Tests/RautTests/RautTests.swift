import Foundation
import Testing

import Raut

@Suite("the library's face")
struct RautTests {
    private let root = URL(filePath: #filePath).deletingLastPathComponent().deletingLastPathComponent()
        .deletingLastPathComponent().path
    private var files: RautFiles { RautFiles(models: root + "/models") }

    @Test("a picture's faces, as raut image has them")
    func picture() throws {
        let faces = try PictureReader(files: files).faces(inFile: root + "/Tests/Fixtures/astronaut.png")
        #expect(faces.map(\.emotion) == [.happy])
        let face = try #require(faces.first)
        #expect(face.confidence > 0.8 && !face.isUnsure && face.number == 0)
        #expect(face.box.intersectionOverUnion(Rectangle(x: 167, y: 57, width: 116, height: 116)) > 0.5)
    }

    @Test("grey bytes without a face have none, and too few bytes are refused")
    func bytes() throws {
        let reader = try PictureReader(files: files)
        let gray = [UInt8](repeating: 90, count: 200 * 100)
        #expect(try reader.faces(inLuma: gray, width: 200, height: 100).isEmpty)
        let error = #expect(throws: RautError.self) {
            try reader.faces(inLuma: gray, width: 200, height: 200)
        }
        #expect(error?.description == "20000 bytes are no grey picture of 200×200")
    }

    @Test("many faces are the same however many threads share them")
    func threads() throws {
        let path = root + "/docs/pictures/faces.png"
        let alone = try PictureReader(files: files, threads: 1).faces(inFile: path)
        #expect(alone.count > 40)
        for count in [nil, 0, 3, 1000] {
            let shared = try PictureReader(files: files, threads: count).faces(inFile: path)
            #expect(shared.map(\.box) == alone.map(\.box))
            #expect(shared.map(\.probabilities) == alone.map(\.probabilities))
        }
    }

    @Test("the network works in the numbers asked for, unless asked in floats for pictures")
    func precision() throws {
        let exact = try PictureReader(files: files)
        let integer = try PictureReader(files: files, precision: .int8)
        #expect((exact.precision, integer.precision) == (.float, .int8))
        let path = root + "/Tests/Fixtures/astronaut.png"
        let (one, other) = (try exact.faces(inFile: path), try integer.faces(inFile: path))
        #expect(one.map(\.emotion) == other.map(\.emotion))
        #expect(one.map(\.probabilities) != other.map(\.probabilities))
        // By itself as by the program: what is faster, for moving pictures.
        let live = try LiveReader(source: "demo", files: files)
        defer { live.stop() }
        #expect(live.precision == (try PictureReader(files: files, precision: nil)).precision)
        let asked = try LiveReader(source: "demo", files: files, precision: .float)
        defer { asked.stop() }
        #expect(asked.precision == .float)
    }

    @Test("a picture that is not there and a folder without models are said in one line")
    func missing() throws {
        let reader = try PictureReader(files: files)
        #expect(throws: RautError.self) { try reader.faces(inFile: "/nowhere.jpg") }
        let error = #expect(throws: RautError.self) {
            try PictureReader(files: RautFiles(cascades: "/nowhere/cascades"))
        }
        #expect(error?.description.contains("/nowhere/cascades") == true)
        #expect(error?.description.contains("\n") == false)
    }

    @Test("a source's frames come with their faces, which keep their numbers, until it is stopped")
    func live() async throws {
        // A folder of one picture many times: the demo's faces change by the clock, whatever the machine has seen of them.
        let folder = FileManager.default.temporaryDirectory.appending(path: "raut-\(UUID().uuidString)")
        try FileManager.default.createDirectory(at: folder, withIntermediateDirectories: true)
        defer { try? FileManager.default.removeItem(at: folder) }
        for number in 1000..<5000 {
            try FileManager.default.createSymbolicLink(
                at: folder.appending(path: "\(number).png"),
                withDestinationURL: URL(filePath: root + "/Tests/Fixtures/astronaut.png"))
        }
        let live = try LiveReader(source: folder.path, files: files)
        var moments: [Moment] = []
        for await moment in live.moments where !moment.faces.isEmpty {
            moments.append(moment)
            if moments.count == 3 { live.stop() }
        }
        try live.finish()
        #expect(moments.count >= 3)
        #expect(Set(moments.flatMap(\.faces).map(\.number)) == [1])
        #expect(moments.allSatisfy { $0.faces[0].confidence > 0.2 && $0.width > 400 })
    }

    @Test("a source that is not there is refused in one line")
    func noSource() {
        #expect(throws: RautError.self) { try LiveReader(source: "/nowhere.mp4", files: files) }
    }
}
