import Foundation
import TestSupport
import Testing
import Training

@Suite("Tables as people have them")
struct TableKindTests {
    private let folder = TemporaryFolder()

    @Test("names of columns and parts in any case, parts as folders call them, emotions by their names")
    func spellings() throws {
        let lines = [
            "Emotion,Pixels,USAGE", row("Happy", 1, "train"), row("sadness", 2, "val"), row("0", 3, "TEST"),
        ]
        let data = try FER2013.read(path: folder.file("faces.csv", lines.joined(separator: "\n")))
        #expect(data.labels == [3, 4, 0])
        #expect(data.usages == [.training, .publicTest, .privateTest])
    }

    @Test("rows of contempt, number 7 of CK+, are left out and counted; other numbers are refused")
    func contempt() throws {
        func table(_ labels: [String]) throws -> String {
            let rows = labels.enumerated().map { row($1, $0) }
            return try folder.file("ck.csv", "emotion,pixels,Usage\n" + rows.joined(separator: "\n"))
        }
        var count = 0
        let data = try FER2013.read(
            path: table(["6", "7", "3", "Contempt", "7", "0"]), contemptCount: &count)
        #expect(data.labels == [6, 3, 0])
        #expect(data.pixels[2304] == 62)
        #expect(count == 3)
        let path = try table(["6", "8"])
        #expect(
            message { try FER2013.read(path: path) }
                == "\(path), row 3: the emotion is '8', not 0 to 6 or one of the seven's names")
        let scorn = try table(["7", "7"])
        #expect(
            message { try FER2013.read(path: scorn) }
                == "\(scorn): all its rows are contempt, which is none of the seven")
    }

    @Test("what people take for a table and is none says what it is")
    func otherFiles() throws {
        func said(_ name: String, _ bytes: [UInt8]) throws -> String? {
            let path = "\(folder.path)/\(name)"
            try Data(bytes).write(to: URL(fileURLWithPath: path))
            return message { try FER2013.read(path: path) }?.replacing("\(path): ", with: "")
                .replacing("\(path), row 1: ", with: "")
        }
        #expect(
            try said("a.gz", [0x1F, 0x8B, 8, 0])
                == "it is packed with gzip: unpack it first, or pack it with xz")
        #expect(
            try said("a.zip", Array("PK\u{3}\u{4}".utf8))
                == "it is a ZIP archive: unpack it, and name the table that was in it")
        #expect(try said("a.csv", [0xFF, 0xFE, 0x65, 0]) == "it is UTF-16: save it as UTF-8")
        #expect(
            try said("b.csv", Array("emotion;pixels;Usage\n".utf8))
                == "its columns are parted by ';', not by ','")
        #expect(
            try said("c.csv", Array("emotion\tpixels\tUsage\n".utf8))
                == "its columns are parted by '\\t', not by ','")
        #expect(
            try said("d.csv", Array("Usage,neutral,happiness,contempt,NF\n".utf8))
                == "these are FER+'s votes: give them as --ferplus, beside --data fer2013.csv")
    }

    @Test("a pipe is read to its end, and one that nobody feeds is not waited for without an end")
    func pipes() throws {
        let path = "\(folder.path)/pipe"
        #expect(mkfifo(path, 0o600) == 0)
        #expect(
            message { try FER2013.read(path: path, patience: 0.01) }
                == "\(path): cannot read it: a pipe that said nothing for 0 seconds")
        let text = (0..<40).map { row("3", $0) }.joined(separator: "\n")
        Thread.detachNewThread {
            try? FileHandle(forWritingTo: URL(fileURLWithPath: path)).write(
                contentsOf: Data("emotion,pixels,Usage\n\(text)".utf8))
        }
        #expect(try FER2013.read(path: path).count == 40)
    }

    @Test("reading ends where somebody asks for it, and tells how far it is")
    func stopped() throws {
        let path = try folder.file(
            "long.csv", (["emotion,pixels,Usage"] + (0..<600).map { row("3", $0) }).joined(separator: "\n"))
        var told: [Double] = []
        let whole = try FER2013.read(path: path, onProgress: { told.append(Double($0) / Double($1)) })
        #expect(whole.count == 600 && told.count == 2 && told == told.sorted() && told[1] <= 1)
        #expect(throws: DataError.stopped(path: path)) {
            try FER2013.read(path: path, shouldStop: { true })
        }
        #expect(throws: Stopped.self) {
            try DataSources([path], finder: { .wholePictures }, shouldStop: { true })
        }
    }
}
