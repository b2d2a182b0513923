import Faces
import FaceDetection
import Foundation
import System
import TestSupport
import Testing
import Training

@Suite("Folders of labelled pictures")
struct EmotionFolderTests {
    private let folder: TemporaryFolder

    init() throws { folder = TemporaryFolder() }

    @Test(
        "a folder's name says its emotion",
        arguments: [
            ("angry", 0), ("Anger", 0), ("0_angry", 0), ("disgusted", 1), ("FEAR", 2), ("happiness", 3),
            ("joy", 3), ("sadness", 4), ("surprised", 5), ("Neutral", 6), ("3. happy faces", 3),
        ])
    func names(name: String, emotion: Int) {
        #expect(EmotionFolder.emotion(named: name)?.rawValue == emotion)
    }

    @Test(
        "contempt and words that merely begin alike name none", arguments: ["contempt", "sadistic", "7", ""])
    func noNames(name: String) { #expect(EmotionFolder.emotion(named: name) == nil) }

    @Test(
        "a file's name says the person",
        arguments: [
            ("Al_Gore_0002.jpg", "Al_Gore"), ("Al Gore (12).png", "Al Gore"), ("me-7.jpeg", "me"),
            ("im1234.jpg", "im1234"), ("0001.jpg", "0001"), ("_12.png", "_12"), ("Anna.png", "Anna"),
        ])
    func people(file: String, person: String) { #expect(EmotionFolder.person(ofFile: file) == person) }

    @Test("what is a pipe, a socket, a link to nothing or hidden is never opened")
    func notFiles() throws {
        let file = try folder.picture("happy/a.png")
        try folder.picture("happy/.hidden.png")
        #expect(mkfifo("\(folder.path)/happy/pipe.png", 0o600) == 0)
        #expect(symlink("\(folder.path)/nowhere", "\(folder.path)/happy/lost.png") == 0)
        #expect(symlink(file, "\(folder.path)/happy/link.png") == 0)
        #expect(symlink(folder.path, "\(folder.path)/happy/circle") == 0)
        let found = try EmotionFolder(path: folder.path)
        #expect(found.pictures.contains { $0.name == "happy/a.png" })
        #expect(found.pictures.contains { $0.name == "happy/link.png" })
        #expect(found.pictures.count < 20)
        let reasons = found.failures.map(\.description)
        #expect(reasons.contains("\(folder.path)/happy/lost.png: cannot read it: No such file or directory"))
        #expect(
            reasons.contains {
                $0.hasSuffix("pipe.png: cannot read it: it is no file, but a pipe, a socket or a device")
            })
    }

    @Test("names that are no UTF-8 name pictures as others do")
    func anyBytes() throws {
        let made = try folder.picture("happy/a.png")
        let name = FileName.decode(Array("\(folder.path)/happy/".utf8) + [0xFF, 0xFE] + Array(".png".utf8))
        #expect(FileName.withCString(name) { rename(made, $0) } == 0)
        let found = try EmotionFolder(path: folder.path)
        #expect(found.failures.isEmpty && found.pictures.map(\.path) == [name])
        let data = try DataSources([folder.path], finder: { .wholePictures })
        #expect(data.faces.count == 1 && data.sources[0].failures.isEmpty)
    }

    @Test("where the emotions lie a folder deeper, that one is named")
    func deeper() throws {
        try folder.picture("images/train/happy/a.png")
        try folder.picture("other/b.png")
        #expect(
            message { try EmotionFolder(path: folder.path) }?.hasPrefix(
                "\(folder.path): no folder in it is named by an emotion (images, other): angry,") == true)
        #expect(
            message { try EmotionFolder(path: folder.path) }?.hasSuffix(
                "did you mean \(folder.path)/images?") == true)
    }

    @Test("train, validation and test above the emotions part the pictures")
    func parts() throws {
        try folder.picture("train/happy/a.png")
        try folder.picture("Validation/happy/b.png")
        try folder.picture("test/contempt/c.png")
        try folder.picture("test/sad/d.png")
        try folder.picture("happy/e.png")
        let found = try EmotionFolder(path: folder.path)
        #expect(found.pictures.map(\.usage) == [.publicTest, .privateTest, .training])
        #expect(found.otherFolders == ["test/contempt"] && found.foldersBesideParts == ["happy"])
    }

    @Test(
        "a folder with nothing in it, with unknown labels, without pictures, and none at all are told apart")
    func refused() throws {
        let labels =
            "angry, disgust, fear, happy, sad, surprise, neutral; in train, validation and test where "
            + "there are those"
        #expect(
            message { try EmotionFolder(path: folder.path) }
                == "\(folder.path): it holds no folders: \(labels)")
        try folder.picture("contempt/a.png")
        #expect(
            message { try EmotionFolder(path: folder.path) }
                == "\(folder.path): no folder in it is named by an emotion (contempt): \(labels)")
        try FileManager.default.createDirectory(
            atPath: "\(folder.path)/happy", withIntermediateDirectories: true)
        #expect(
            message { try EmotionFolder(path: folder.path) }
                == "\(folder.path): its folders hold no picture")
        #expect(
            message { try EmotionFolder(path: "\(folder.path)/none") }
                == "\(folder.path)/none: cannot read it: No such file or directory")
    }
}
