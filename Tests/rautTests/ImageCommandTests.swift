import Analysis
import EmotionRecognition
import FaceDetection
import FaceVerification
import Faces
import Foundation
import Imaging
import Testing

import raut

/// The command on real files, with OpenCV's cascade and a network that has learnt nothing: what it says of a face is
/// chance, but the same chance each time.
@Suite("raut image")
final class ImageCommandTests {
    private let folder = FileManager.default.temporaryDirectory.appendingPathComponent(UUID().uuidString).path

    init() throws {
        try FileManager.default.createDirectory(atPath: folder, withIntermediateDirectories: true)
    }

    deinit { try? FileManager.default.removeItem(atPath: folder) }

    private static func fixture(_ name: String, file: String = #filePath) -> String {
        let tests = file.split(separator: "/", omittingEmptySubsequences: false).dropLast(2)
        return tests.joined(separator: "/") + "/Fixtures/" + name
    }

    private static let astronaut = fixture("astronaut.png")

    private func recognizer() -> EmotionRecognizer {
        EmotionRecognizer(EmotionNetwork(NetworkConfiguration(.cnnBiLSTM), seed: 3))
    }

    private static func analysis(
        recognizer: EmotionRecognizer?, minSize: Int = 80, explains: Bool = false
    ) throws -> PictureAnalysis {
        var parameters = DetectionParameters()
        parameters.minSize = minSize
        return PictureAnalysis(
            detector: VerifyingDetector(try FaceDetector(cascadeAt: Locations.cascade()), verifier: nil),
            parameters: parameters, recognizer: recognizer, explains: explains)
    }

    private struct Said {
        var status: Int32
        var output: [String] = []
        var complaints: [String] = []
        var closing: String?

        var lines: [[String: Any]] {
            output.compactMap { try? JSONSerialization.jsonObject(with: Data($0.utf8)) as? [String: Any] }
        }
    }

    private func describe(
        _ files: [String], recognizer: EmotionRecognizer? = nil, minSize: Int = 80, output: String? = nil,
        replaces: Bool = false,
        asJSON: Bool = true, explains: Bool = false, table: String? = nil, threads: Int = 1
    ) throws -> Said {
        final class Box { var said = Said(status: -1) }
        let box = Box()
        let list = PictureList(files, isRecursive: false)
        let run = PictureRun(
            list, tablePath: table, isJSON: asJSON, threads: threads, write: { box.said.output.append($0) },
            report: { box.said.complaints.append($0) })
        let copies = try output.map { try CopyPlaces(in: $0, for: list.items, replaces: replaces) }
        box.said.status = try ImageCommand.describe(list, in: run, asJSON: asJSON, copies: copies) {
            try Self.analysis(recognizer: recognizer, minSize: minSize, explains: explains)
        }
        // The line at the end is no complaint.
        if list.items.count + list.failures.count > 1 { box.said.closing = box.said.complaints.popLast() }
        return box.said
    }

    private func write(_ bytes: [UInt8], _ name: String) throws -> String {
        let path = "\(folder)/\(name)"
        try Data(bytes).write(to: URL(fileURLWithPath: path))
        return path
    }

    @Test("the keys come in the design's order")
    func keys() throws {
        let said = try describe([Self.astronaut], recognizer: recognizer())
        let line = try #require(said.output.first)
        var rest = line[...]
        let keys = [
            "file", "width", "height", "decode_ms", "detect_ms", "classify_ms", "faces", "box", "emotion",
            "confidence", "probabilities", "emotions",
        ]
        for key in keys {
            let found = try #require(rest.range(of: "\"\(key)\":"), "\(key) in \(line)")
            rest = rest[found.upperBound...]
        }
        #expect(line.hasSuffix("}}]}\n"))
        let face = try #require((said.lines.first?["faces"] as? [[String: Any]])?.first)
        let probabilities = try #require(face["probabilities"] as? [Double])
        #expect(probabilities.count == 7)
        #expect(abs(probabilities.reduce(0, +) - 1) < 0.001)
        #expect(face["confidence"] as? Double == probabilities.max())
        let named = try #require(face["emotions"] as? [String: Double])
        #expect(Emotion.allCases.compactMap { named[$0.description] } == probabilities)
    }

    @Test("without a recogniser the faces have boxes alone")
    func detectOnly() throws {
        let said = try describe([Self.astronaut])
        let face = try #require((said.lines.first?["faces"] as? [[String: Any]])?.first)
        #expect(face.keys.sorted() == ["box", "tilt"])
        #expect(said.lines.first?["classify_ms"] == nil)
        let box = try #require(face["box"] as? [Int])
        // The astronaut's face: OpenCV's own box is within a few pixels of this.
        let found = Rectangle(x: box[0], y: box[1], width: box[2], height: box[3])
        #expect(found.intersectionOverUnion(Rectangle(x: 174, y: 63, width: 102, height: 102)) > 0.8)
    }

    @Test("the box cut out of the picture gives the same probabilities by itself")
    func sameAsClassify() throws {
        let recognizer = recognizer()
        let findings = try Self.analysis(recognizer: recognizer).findings(in: .file(Self.astronaut))
        let box = try #require(findings.faces.first?.box)
        var (picture, crop) = (ColorImage(), ColorImage(width: box.width, height: box.height))
        try ImageFile.readColor(path: Self.astronaut, into: &picture)
        for y in 0..<box.height {
            let from = ((box.y + y) * picture.width + box.x) * 3
            crop.pixels.replaceSubrange(
                (y * box.width * 3)..<((y + 1) * box.width * 3),
                with: picture.pixels[from..<(from + box.width * 3)])
        }
        try ImageFile.writePNG(crop, path: "\(folder)/crop.png")
        var gray = GrayImage()
        try ImageFile.readGray(path: "\(folder)/crop.png", into: &gray)
        #expect(recognizer.classify(gray, looks: .standard) == findings.probabilities?.first)
    }

    @Test("files that are no good are each told in one line, the others done, and the status is 1")
    func badFiles() throws {
        let png = try [UInt8](Data(contentsOf: URL(fileURLWithPath: Self.astronaut)))
        var picture = ColorImage()
        try ImageFile.readColor(path: Self.astronaut, into: &picture)
        let jpeg = try ImageFile.encodeJPEG(picture)
        var huge = Array(png[..<33])
        huge.replaceSubrange(16..<24, with: [0, 1, 0x86, 0xa0, 0, 1, 0x86, 0xa0])
        let bad = try [
            write([], "empty.jpg"), write(Array("no picture".utf8), "text.png"),
            write(Array(jpeg[..<(jpeg.count / 2)]), "cut.jpg"),
            write(Array(png[..<(png.count / 2)]), "cut.png"),
            write(huge + png[33...], "huge.png"), "\(folder)/none.png",
        ]
        let said = try describe([Self.astronaut] + bad + [Self.astronaut])
        #expect(said.status == 1)
        #expect(said.output.count == bad.count + 2)
        #expect(said.complaints.count == bad.count)
        for (file, complaint) in zip(bad, said.complaints) {
            #expect(complaint.hasPrefix("\(file): ") && !complaint.contains("\n"))
        }
        for (file, line) in zip(bad, said.lines.dropFirst()) {
            #expect(line["file"] as? String == file && line["error"] != nil && line.count == 2)
        }
        #expect((said.lines.last?["faces"] as? [Any])?.count == 1)
    }

    @Test("a picture of one pixel, or smaller than the smallest face, has no face and is no failure")
    func tinyPictures() throws {
        try ImageFile.writePNG(GrayImage(width: 1, height: 1), path: "\(folder)/one.png")
        try ImageFile.writePNG(GrayImage(width: 79, height: 300, fill: 90), path: "\(folder)/narrow.png")
        let said = try describe(["\(folder)/one.png", "\(folder)/narrow.png"], recognizer: recognizer())
        #expect(said.status == 0 && said.complaints.isEmpty)
        #expect(said.lines.map { ($0["faces"] as? [Any])?.count } == [0, 0])
    }

    @Test("annotated copies have the picture's size and format, and differ from it where the face is")
    func annotated() throws {
        var picture = ColorImage()
        try ImageFile.readColor(path: Self.astronaut, into: &picture)
        try ImageFile.writeJPEG(picture, path: "\(folder)/photo.jpg")
        let copies = "\(folder)/new/copies"
        let said = try describe(
            [Self.astronaut, "\(folder)/photo.jpg"], recognizer: recognizer(), output: copies)
        #expect(said.status == 0)
        var copy = ColorImage()
        try ImageFile.readColor(path: "\(copies)/astronaut.png", into: &copy)
        #expect(copy.width == picture.width && copy.height == picture.height && copy != picture)
        // Far from face, label and panel nothing is touched.
        #expect(copy.pixels.suffix(512 * 3 * 200) == picture.pixels.suffix(512 * 3 * 200))
        let bytes = try [UInt8](Data(contentsOf: URL(fileURLWithPath: "\(copies)/photo.jpg")))
        #expect(bytes.starts(with: [0xff, 0xd8]))
    }

    @Test("with explanations the copy differs inside the face as well, without them not")
    func explained() throws {
        // The middle of the face, where neither box nor bars reach.
        let inside = Rectangle(x: 185, y: 75, width: 80, height: 80)
        var picture = ColorImage()
        try ImageFile.readColor(path: Self.astronaut, into: &picture)
        for explains in [false, true] {
            let copies = "\(folder)/\(explains)"
            _ = try describe(
                [Self.astronaut], recognizer: recognizer(), output: copies, explains: explains)
            var copy = ColorImage()
            try ImageFile.readColor(path: "\(copies)/astronaut.png", into: &copy)
            let isTouched = (0..<inside.height).contains { row in
                let start = ((inside.y + row) * 512 + inside.x) * 3
                let line = start..<(start + inside.width * 3)
                return copy.pixels[line] != picture.pixels[line]
            }
            #expect(isTouched == explains)
        }
    }

    @Test("a tilt is told once, in whole degrees")
    func tilt() throws {
        let face = DetectedFace(box: Rectangle(x: 1, y: 2, width: 3, height: 4), tilt: -26)
        let findings = PictureFindings(
            file: "a.png", width: 9, height: 9, decode: .zero, detect: .zero, classify: nil, faces: [face],
            probabilities: nil, explanations: nil)
        #expect(findings.json.hasSuffix(#""faces":[{"box":[1,2,3,4],"tilt":-26}]}"# + "\n"))
    }

    @Test("pictures of one name get copies of their own, and no copy falls on its picture")
    func copiesApart() throws {
        for name in ["a", "b"] {
            try FileManager.default.createDirectory(
                atPath: "\(folder)/\(name)", withIntermediateDirectories: true)
            try ImageFile.writePNG(GrayImage(width: 5, height: 5), path: "\(folder)/\(name)/x.png")
        }
        let both = ["\(folder)/a/x.png", "\(folder)/b/x.png"]
        #expect(try describe(both, output: "\(folder)/out").status == 0)
        #expect(
            try FileManager.default.contentsOfDirectory(atPath: "\(folder)/out").sorted() == [
                "x-2.png", "x.png",
            ])
        let before = try Data(contentsOf: URL(fileURLWithPath: both[0]))
        let said = try describe([both[0]], output: "\(folder)/b/../a", replaces: true)
        #expect(said.status == 1 && said.complaints.first?.contains("the picture itself") == true)
        #expect(try Data(contentsOf: URL(fileURLWithPath: both[0])) == before)
    }

    @Test("a folder for copies that can't be made is a failure before any work")
    func noFolder() throws {
        #expect(throws: ImageError.self) { try CopyPlaces(in: "/proc/none/here", for: []) }
        #expect(throws: ImageError.self) { try CopyPlaces(in: Self.astronaut, for: []) }
    }

    @Test("lines for people name the emotion, its probability and the place")
    func text() throws {
        let said = try describe([Self.astronaut], recognizer: recognizer(), asJSON: false)
        let lines = try #require(said.output.first).split(separator: "\n")
        #expect(lines.count == 2)
        #expect(lines[0].contains("512×512  1 face"))
        #expect(lines[1].contains("%") && lines[1].contains("102×102 at 174,63"))
    }

    @Test("several threads say the same as one, in the same order, and count at the end")
    func threads() throws {
        var files: [String] = []
        for number in 0..<12 {
            let path = "\(folder)/\(number).png"
            if number == 7 {
                try Data("no picture".utf8).write(to: URL(fileURLWithPath: path))
            } else {
                try FileManager.default.copyItem(atPath: Self.astronaut, toPath: path)
            }
            files.append(path)
        }
        let (one, three) = (try describe(files), try describe(files, threads: 3))
        #expect(three.status == 1 && three.lines.compactMap { $0["file"] as? String } == files)
        #expect(
            three.lines.compactMap { ($0["faces"] as? [Any])?.count }
                == one.lines.compactMap { ($0["faces"] as? [Any])?.count })
        #expect(three.closing == "12 pictures, 11 faces, 1 unreadable")
    }

    @Test("a table has a header and a row a face, and there is none without a picture")
    func table() throws {
        let path = "\(folder)/faces.csv"
        let said = try describe(
            [Self.astronaut, "\(folder)/none.png"], recognizer: recognizer(), table: path)
        #expect(said.status == 1)
        let lines = try String(contentsOfFile: path, encoding: .utf8).split(separator: "\n")
        #expect(
            lines.first
                == "file,frame,seconds,face,x,y,width,height,tilt,emotion,confidence,angry,disgust,fear,happy,sad,surprise,neutral"
        )
        #expect(lines.count == 2 && lines[1].hasPrefix("\(Self.astronaut),,,,"))
        let fields = lines[1].split(separator: ",", omittingEmptySubsequences: false)
        let face = try #require((said.lines.first?["faces"] as? [[String: Any]])?.first)
        #expect(fields[4...7].compactMap { Int($0) } == face["box"] as? [Int])
        #expect(fields[11...].compactMap { Double($0) } == face["probabilities"] as? [Double])
        #expect(try describe(["\(folder)/none.png"], table: "\(folder)/none.csv").status == 1)
        #expect(!FileManager.default.fileExists(atPath: "\(folder)/none.csv"))
    }

    @Test("a video is told how it is done, and what can't be written is said")
    func video() throws {
        let path = try write(Array("....ftypmp42....".utf8), "clip.mp4")
        #expect(try describe([path]).complaints == ["\(path): a video: raut video \(path)"])
        #expect(throws: Failure.self) { try describe([Self.astronaut], table: "/proc/none/faces.csv") }
    }
}
