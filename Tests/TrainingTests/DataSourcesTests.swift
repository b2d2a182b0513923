import Faces
import EmotionRecognition
import FaceDetection
import Foundation
import Imaging
import NeuralNetwork
import System
import TestSupport
import Testing
import Training

/// Counts the pictures that a finder is shown, and takes the middle half of each for a face, but for black ones.
private final class MadeUpFinder: Sendable {
    private let shown = Guarded(0)
    var count: Int { shown.withLock { $0 } }

    func finder(_ identity: String = "made up") -> FaceFinder {
        FaceFinder(identity: identity) {
            { image in
                self.shown.withLock { $0 += 1 }
                guard image.pixels.contains(where: { $0 > 0 }) else { return [] }
                let (width, height) = (image.width / 2, image.height / 2)
                return [
                    DetectedFace(box: Rectangle(x: 0, y: 0, width: 20, height: 20)),
                    DetectedFace(
                        box: Rectangle(x: width / 2, y: height / 2, width: width, height: height), tilt: 0),
                ]
            }
        }
    }
}

extension TemporaryFolder {
    /// Writes a picture whose pixels differ by its number, or a plain one of one grey.
    @discardableResult
    func picture(_ name: String, side: Int = 192, number: Int = 0, grey: UInt8? = nil) throws -> String {
        let place = "\(path)/\(name)"
        try FileManager.default.createDirectory(
            atPath: URL(fileURLWithPath: place).deletingLastPathComponent().path,
            withIntermediateDirectories: true)
        var image = GrayImage(width: side, height: side, fill: grey ?? 0)
        if grey == nil {
            for y in 0..<side {
                for x in 0..<side { image.pixels[y * side + x] = UInt8((x + 2 * y + 40 * number + 1) % 256) }
            }
        }
        try ImageFile.writePNG(image, path: place)
        return place
    }
}

@Suite("Sources of data")
struct DataSourcesTests {
    private let folder: TemporaryFolder
    private let made = MadeUpFinder()

    init() throws { folder = TemporaryFolder() }

    private func read(
        _ paths: [String], finder: FaceFinder? = nil, cache: String? = nil, votes: String? = nil
    ) throws -> DataSources {
        let finder = finder ?? made.finder()
        return try DataSources(paths, votes: votes, finder: { finder }, cache: cache, threads: 2)
    }

    @Test("the face that is cut is the one that live recognition would see")
    func cutAsLive() throws {
        let path = try folder.picture("happy/a_1.png")
        try folder.picture("happy/b_1.png", number: 1)
        let data = try read([folder.path])
        var (image, crop) = (GrayImage(), GrayImage(width: 48, height: 48))
        try ImageReader().readGray(path: path, into: &image)
        var cutter = FaceCrop(margin: 0)
        cutter.cut(
            DetectedFace(box: Rectangle(x: 48, y: 48, width: 96, height: 96)), from: image, into: &crop)
        let difference = zip(data.faces.pixels.prefix(2304), crop.pixels).map { abs(Int($0) - Int($1)) }.max()
        #expect(try #require(difference) <= 1)
    }

    @Test("small pictures without a face are faces as they are; large ones are counted and named")
    func missed() throws {
        let black = try folder.picture("sad/a.png", grey: 0)
        try folder.picture("sad/b.png", side: 48, number: 3)
        try folder.picture("sad/c.png", side: 96, grey: 0)
        try folder.picture("sad/d.png")
        try Data("no picture".utf8).write(to: URL(fileURLWithPath: "\(folder.path)/sad/e.png"))
        let data = try read([folder.path])
        #expect(data.faces.count == 3 && data.sources[0].wholeCount == 2)
        #expect(data.sources[0].missed.map(\.path) == [black])
        #expect(data.sources[0].failures == [.unknownFormat(path: "\(folder.path)/sad/e.png")])
        let whole = try read([folder.path], finder: .wholePictures)
        #expect(whole.faces.count == 4 && whole.sources[0].missed.isEmpty)
    }

    @Test("what is given twice, by another spelling or a link too, is refused: its faces would count twice")
    func twice() throws {
        try folder.picture("faces/happy/a_1.png")
        try folder.picture("more/happy/a_1.png", number: 1)
        let table = try folder.file("t.csv", "emotion,pixels,Usage\n" + row("3", 1))
        let (faces, link) = ("\(folder.path)/faces", "\(folder.path)/link")
        try FileManager.default.createSymbolicLink(atPath: link, withDestinationPath: faces)
        func said(_ paths: String...) -> String? { message { try read(paths) } }
        let end = ": its faces would count twice; give it once"
        #expect(said(faces, table, faces) == "\(faces): given twice\(end)")
        #expect(said(faces, "\(faces)/") == "\(faces)/: the same as \(faces)\(end)")
        #expect(said(faces, table, link) == "\(link): the same as \(faces)\(end)")
        #expect(said(table, "\(folder.path)/more/../t.csv")?.hasSuffix("the same as \(table)\(end)") == true)
        #expect(try read([faces, table, "\(folder.path)/more"]).faces.count == 3)
    }

    @Test("a table's rows of contempt are left out; votes can't go with such a table")
    func contempt() throws {
        let table = try folder.file("ck.csv", "emotion,pixels,Usage\n" + row("7", 1) + "\n" + row("3", 2))
        let data = try read([table])
        #expect(data.faces.labels == [3] && data.sources[0].contemptCount == 1)
        let said = message { try read([table], votes: "\(folder.path)/votes.csv") }
        #expect(said?.hasSuffix("\(table) has rows of contempt, which that has not") == true)
    }

    @Test("faces are cut once and kept, and cut anew only where the picture or the finder changes")
    func cache() throws {
        for number in 0..<6 { try folder.picture("happy/p\(number)_1.png", number: number) }
        try Data("no picture".utf8).write(to: URL(fileURLWithPath: "\(folder.path)/happy/x.png"))
        let cache = TemporaryFolder()
        let first = try read([folder.path], cache: cache.path)
        #expect(made.count == 6)
        let again = try read([folder.path], cache: cache.path)
        #expect(made.count == 6)
        #expect(again.faces.pixels == first.faces.pixels && again.faces.usages == first.faces.usages)
        #expect(again.sources[0].failures == first.sources[0].failures)

        try folder.picture("happy/p2_1.png", side: 200, number: 9)
        try folder.picture("happy/p9_1.png", number: 4)
        let changed = try read([folder.path], cache: cache.path)
        #expect(made.count == 8 && changed.faces.count == 7 && changed.faces.pixels != first.faces.pixels)
        _ = try read([folder.path], finder: made.finder("another"), cache: cache.path)
        #expect(made.count == 15)
    }

    @Test("a kept file that is damaged anywhere is not used, but written anew")
    func damagedCache() throws {
        try folder.picture("happy/a_1.png")
        try folder.picture("happy/b_1.png", number: 2)
        let cache = TemporaryFolder()
        let first = try read([folder.path], cache: cache.path)
        let name = try #require(try FileManager.default.contentsOfDirectory(atPath: cache.path).first)
        let file = URL(fileURLWithPath: "\(cache.path)/\(name)")
        let whole = try Data(contentsOf: file)
        for place in [0, 11, 14, 20, 100, whole.count / 2, whole.count - 1] {
            var broken = whole
            broken[place] ^= 0x40
            try broken.write(to: file)
            let before = made.count
            #expect(try read([folder.path], cache: cache.path).faces.pixels == first.faces.pixels)
            #expect(made.count == before + 2)
            #expect(try Data(contentsOf: file) == whole)
        }
        try whole.prefix(30).write(to: file)
        #expect(try read([folder.path], cache: cache.path).faces.pixels == first.faces.pixels)
    }

    @Test("stopped, the faces cut so far are kept")
    func stopped() throws {
        for number in 0..<80 { try folder.picture("happy/p\(number)_1.png", side: 160, number: number) }
        let cache = TemporaryFolder()
        var told = 0
        let finder = made.finder()
        #expect(throws: Stopped.self) {
            try DataSources(
                [folder.path], finder: { finder }, cache: cache.path, threads: 1,
                shouldStop: { told > 2 }, onProgress: { _ in told += 1 })
        }
        let done = made.count
        #expect(done > 0 && done < 80)
        #expect(try read([folder.path], cache: cache.path).faces.count == 80)
        #expect(made.count == 80)
    }

    @Test("tables and folders become one set; the votes are the first table's")
    func joined() throws {
        let table = try folder.file(
            "faces.csv",
            ["emotion,pixels,Usage", row("3", 1), row("0", 2, "PublicTest")].joined(separator: "\n"))
        let votes = try folder.file(
            "votes.csv",
            "Usage,Image name,neutral,happiness,surprise,sadness,anger,disgust,fear,contempt,unknown,NF\n"
                + "Training,a,0,9,0,0,0,0,0,0,1,0\nPublicTest,b,0,0,0,0,9,0,0,0,1,0\n")
        let pictures = TemporaryFolder()
        try pictures.picture("test/sad/a.png")
        let data = try read([pictures.path, table], votes: votes)
        #expect(data.faces.labels == [4, 3, 0])
        #expect((0..<3).map { data.faces.source(of: $0) } == [0, 1, 1])
        #expect(data.faces.usages == [.privateTest, .training, .publicTest])
        #expect(data.faces.votes?.map { $0 == .none } == [true, false, false])
        #expect(data.sources.map(\.isFolder) == [true, false])
        #expect(
            message { try read([pictures.path], votes: votes) }
                == "\(votes): its votes go with FER2013, and no --data is a table")
    }

    @Test("nobody is trained on and judged; the same people are held out every time, also among more")
    func byPerson() throws {
        for person in 0..<30 {
            for number in 0..<(1 + person % 4) {
                try folder.picture(
                    "\(number == 0 ? "happy" : "neutral")/Person \(person)_\(number).png", side: 48,
                    number: person * 5 + number)
            }
        }
        let pictures = try EmotionFolder(path: folder.path).pictures
        let data = try read([folder.path])
        var parts: [String: Set<Usage>] = [:]
        for (picture, usage) in zip(pictures, data.faces.usages) {
            parts[picture.person, default: []].insert(usage)
        }
        #expect(parts.count == 30 && parts.values.allSatisfy { $0.count == 1 })
        #expect(data.sources[0].people == 30)
        for usage in Usage.allCases {
            let share = Double(data.sources[0].counts[usage] ?? 0) / Double(data.faces.count)
            #expect(usage == .training ? share > 0.7 : share >= 0.08 && share < 0.2)
        }
        #expect(try read([folder.path]).faces.usages == data.faces.usages)
    }

    @Test("of too few people, of each class the last pictures by name are held out")
    func onePerson() throws {
        for number in 10..<30 {
            try folder.picture(
                "\(number % 2 == 0 ? "happy" : "sad")/me_\(number).png", side: 48, number: number)
        }
        let data = try read([folder.path])
        #expect(data.sources[0].people == nil)
        // Of ten each class's last is tested with, the one before it validated with.
        let happy = [Usage](repeating: .training, count: 8) + [.publicTest, .privateTest]
        #expect(data.faces.usages == happy + happy)
    }
}
