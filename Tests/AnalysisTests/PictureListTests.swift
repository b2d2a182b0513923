import Analysis
import Foundation
import Imaging
import System
import Testing

@Suite("the pictures that words name")
final class PictureListTests {
    private let folder = FileManager.default.temporaryDirectory.appendingPathComponent(UUID().uuidString).path

    init() throws {
        for name in ["a.jpg", "b.PNG", "c.webp", "d.TIFF", "notes.txt", ".hidden.jpg", "below/c.jpeg"] {
            let path = "\(folder)/\(name)"
            try FileManager.default.createDirectory(
                atPath: (path as NSString).deletingLastPathComponent, withIntermediateDirectories: true)
            try Data().write(to: URL(fileURLWithPath: path))
        }
        // Leads back: it must not be followed.
        try FileManager.default.createSymbolicLink(
            atPath: "\(folder)/below/up", withDestinationPath: folder)
    }

    deinit { try? FileManager.default.removeItem(atPath: folder) }

    private func names(_ words: [String], isRecursive: Bool = false) -> [String] {
        PictureList(words, isRecursive: isRecursive).items.map(\.name)
    }

    @Test("a folder stands for its pictures by their names, and for those below it where asked")
    func folders() {
        let own = ["a.jpg", "b.PNG", "c.webp", "d.TIFF"]
        #expect(names([folder]) == own.map { "\(folder)/\($0)" })
        #expect(
            names([folder], isRecursive: true)
                == (own.prefix(2) + ["below/c.jpeg"] + own.suffix(2)).map { "\(folder)/\($0)" })
    }

    @Test("a folder without pictures is said, with what would help")
    func empty() throws {
        try FileManager.default.createDirectory(
            atPath: "\(folder)/empty", withIntermediateDirectories: true)
        let list = PictureList(["\(folder)/empty", "\(folder)/a.jpg"], isRecursive: false)
        #expect(list.items.count == 1)
        #expect(list.failures.map { "\($0)" }.first?.contains("--recursive") == true)
    }

    @Test("a file is taken whatever its name, and an address keeps its password to itself")
    func others() {
        #expect(names(["\(folder)/notes.txt"]) == ["\(folder)/notes.txt"])
        #expect(
            names(["https://me:secret@example.org/face.jpg?size=3@4"]) == [
                "https://example.org/face.jpg?size=3@4"
            ])
    }

    @Test("copies of pictures of one name get names of their own")
    func copies() throws {
        let items: [PictureItem] = [
            .file("a/x.png"), .file("b/x.png"), .file("c/y.webp"), .bytes([], name: "-"),
            .address("http://example.org/z.jpg?a=b"),
        ]
        let places = try CopyPlaces(in: "\(folder)/copies", for: items)
        #expect(
            places.paths
                == ["x.png", "x-2.png", "y.png", "picture.png", "z.jpg"].map { "\(folder)/copies/\($0)" })
        #expect(places.renamedCount == 0)
    }

    @Test("a file that is there keeps its name, unless it is to be replaced")
    func kept() throws {
        try FileManager.default.createDirectory(atPath: "\(folder)/kept", withIntermediateDirectories: true)
        try Data("mine".utf8).write(to: URL(fileURLWithPath: "\(folder)/kept/x.png"))
        let items: [PictureItem] = [.file("a/x.png"), .file("b/x.png"), .file("c/y.png")]
        let places = try CopyPlaces(in: "\(folder)/kept", for: items)
        #expect(places.paths == ["x-2.png", "x-3.png", "y.png"].map { "\(folder)/kept/\($0)" })
        #expect(places.renamedCount == 2)
        let replaced = try CopyPlaces(in: "\(folder)/kept", for: items, replaces: true)
        #expect(replaced.paths == ["x.png", "x-2.png", "y.png"].map { "\(folder)/kept/\($0)" })
    }
}

@Suite("work that several threads share")
struct OrderedWorkTests {
    @Test("results come in order, each once, whoever is done first")
    func order() throws {
        var taken: [Int] = []
        try OrderedWork.run(
            count: 200, threads: 4, worker: { () }, work: { _, number in number * 3 },
            take: { index, output in
                #expect(output == index * 3)
                taken.append(index)
            })
        #expect(taken == Array(0..<200))
    }

    @Test("results that nobody takes yet are bounded")
    func bounded() throws {
        let begun = Guarded(0)
        var most = 0
        try OrderedWork.run(
            count: 100, threads: 2, worker: { () },
            work: { _, number in
                begun.withLock { $0 += 1 }
                return number
            },
            take: { index, _ in most = max(most, begun.withLock { $0 } - index) })
        // Four for each thread, and those that are being worked on.
        #expect(most <= 2 * 4 + 2)
    }

    @Test("what fails in a worker or where results are taken ends it")
    func failures() {
        struct Broken: Error {}
        #expect(throws: Broken.self) {
            try OrderedWork.run(
                count: 9, threads: 3, worker: { () throws -> Int in throw Broken() },
                work: { _, number in number },
                take: { _, _ in })
        }
        #expect(throws: Broken.self) {
            try OrderedWork.run(
                count: 9, threads: 3, worker: { () }, work: { _, n in n },
                take: { index, _ in if index == 4 { throw Broken() } })
        }
    }
}

@Suite("faces as a table")
struct FaceTableTests {
    @Test("a name that would end its field stands in quotes")
    func quotes() {
        let row = FaceTable.Row(
            file: "a \"b\", c\r\n.png",
            face: .init(box: Rectangle(x: 1, y: 2, width: 3, height: 4), tilt: -12.5), probabilities: nil)
        var table = FaceTable()
        #expect(table.text(of: row) == "\"a \"\"b\"\", c\r\n.png\",,,,1,2,3,4,-12.5,,,,,,,,,\n")
        #expect(table.header.split(separator: ",").count == 18)
    }

    @Test("raw probabilities have columns of their own after all others")
    func raw() {
        let table = FaceTable(includesRaw: true)
        #expect(
            table.header.hasSuffix(
                "neutral,raw_angry,raw_disgust,raw_fear,raw_happy,raw_sad,raw_surprise,raw_neutral\n"))
    }
}
