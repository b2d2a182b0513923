import Foundation
import TestSupport
import Testing
import Training

@Suite("FER2013's reader")
struct FER2013Tests {
    private let folder: TemporaryFolder
    private let header = "emotion,pixels,Usage"

    init() throws { folder = TemporaryFolder() }

    private func read(_ lines: [String], ending: String = "\n") throws -> FaceDataSet {
        let text = lines.joined(separator: ending) + ending
        return try FER2013.read(path: folder.file("faces.csv", text))
    }

    @Test("rows become pixels, labels and parts in their order")
    func rows() throws {
        let data = try read([header, row("3", 1), row("6", 2, "PublicTest"), row("0", 3, "PrivateTest")])
        #expect(data.labels == [3, 6, 0])
        #expect(data.usages == [.training, .publicTest, .privateTest])
        #expect(data.pixels.count == 3 * 2304)
        #expect(data.pixels[..<3] == [31, 38, 45])
        #expect(data.pixels[2304 + 2303] == UInt8((2303 * 7 + 62) % 256))
    }

    @Test("columns are found by their names, whatever their order")
    func order() throws {
        let pixels = row("3", 1).split(separator: ",")[1]
        let data = try read(["Usage,image,emotion,pixels", "PublicTest,7,5,\(pixels)"])
        #expect(data.labels == [5])
        #expect(data.usages == [.publicTest])
        #expect(data.pixels[..<2] == [31, 38])
    }

    @Test("a byte order mark, line ends of Windows, quotation marks and a missing last line end do no harm")
    func dialects() throws {
        let parts = row("4", 1).split(separator: ",")
        let text =
            "\u{FEFF}\"emotion\",\"pixels\",\"Usage\"\r\n\(parts[0]),\"\(parts[1])\",\(parts[2])\r\n\r\n"
        let data = try FER2013.read(path: folder.file("windows.csv", text + row("5", 2)))
        #expect(data.labels == [4, 5])
    }

    @Test("rows longer than a buffer's end are put together")
    func longFile() throws {
        let labels = (0..<200).map { $0 % 7 }
        let data = try read([header] + labels.enumerated().map { row("\($1)", $0) })
        #expect(data.labels == labels)
        for index in labels.indices { #expect(data.pixels[index * 2304] == UInt8(index * 31 % 256)) }
    }

    @Test("a subset has its images' pixels, whatever is added to it, and leaves the larger set as it is")
    func subsets() {
        let all = faces([0, 1, 2, 3])
        let images = (0..<4).map { Array(all.pixels(of: $0)) }
        var part = all.subset([2, 0])
        #expect(part.pixels == images[2] + images[0] && Array(part.pixels(of: 1)) == images[0])
        #expect(part.subset([1, 1]).pixels == images[0] + images[0])
        part.append(all, source: 1)
        #expect(part.pixels == images[2] + images[0] + images.flatMap { $0 })
        #expect(part.labels == [2, 0, 0, 1, 2, 3] && all.pixels == images.flatMap { $0 })
        var joined = FaceDataSet()
        joined.append(all.subset([3]), source: 0)
        joined.append(all.subset([1]), source: 1)
        #expect(joined.pixels == images[3] + images[1])
    }

    @Test("a missing column is named")
    func missingColumn() throws {
        let error = message { try read(["emotion,Usage", row("3", 1)]) }
        #expect(
            error
                == "\(folder.path)/faces.csv, row 1: no column 'pixels'; FER2013 has emotion,pixels,Usage")
    }

    @Test("Kaggle's icml_face_data.csv has spaces in its header, its train.csv no Usage")
    func kaggle() throws {
        let parts = row("4", 1).split(separator: ",")
        let icml = try read(["emotion, Usage, pixels", "4,PrivateTest,\(parts[1])"])
        #expect(icml.labels == [4] && icml.usages == [.privateTest] && icml.pixels.prefix(2) == [31, 38])
        let train = try read(["emotion,pixels", "\"4\",\"\(parts[1])\""])
        #expect(train.labels == [4] && train.usages == [.training] && train.pixels == icml.pixels)
    }

    @Test("faces without labels are refused, which is said", arguments: ["pixels", "pixels,Usage"])
    func noLabels(_ header: String) throws {
        #expect(
            message { try read([header, "1 2 3"]) }
                == "\(folder.path)/faces.csv, row 1: its faces have no labels: no column 'emotion'; take Kaggle's "
                + "train.csv or icml_face_data.csv, or fer2013.csv")
    }

    @Test("of a million rows that are wrong, no more than the first is read")
    func millionRows() throws {
        let path = try folder.file(
            "long.csv", header + "\n" + String(repeating: "3,1 2 3,Training\n", count: 1_000_000))
        let start = ContinuousClock.now
        #expect(message { try FER2013.read(path: path) } == "\(path), row 2: 3 pixels, not 48×48 = 2304")
        let votes = String(repeating: "Training,a,1,2,3,4,5,6,7,8,9,0\n", count: 1_000_000)
        let names =
            "Usage,Image name,neutral,happiness,surprise,sadness,anger,disgust,fear,contempt,unknown,NF\n"
        let ballots = try folder.file("votes.csv", names + votes)
        var data = faces([0])
        #expect(
            message { try FERPlus.read(path: ballots, into: &data) }
                == "\(ballots): more than 1 rows, the images are 1: both must be whole")
        #expect(ContinuousClock.now - start < .seconds(60))
    }

    @Test(
        "a row that is wrong is named with its number and what is wrong",
        arguments: [
            (row("3", 1, pixels: 2303), "2303 pixels, not 48×48 = 2304"),
            (row("3", 1, pixels: 2305), "2305 pixels, not 48×48 = 2304"),
            ("3,,Training", "0 pixels, not 48×48 = 2304"),
            (row("8", 1), "the emotion is '8', not 0 to 6 or one of the seven's names"),
            (row("-1", 1), "the emotion is '-1', not 0 to 6 or one of the seven's names"),
            (row("boredom", 1), "the emotion is 'boredom', not 0 to 6 or one of the seven's names"),
            (row("", 1), "the emotion is '', not 0 to 6 or one of the seven's names"),
            (
                row("99999999999999999999", 1),
                "the emotion is '99999999999999999999', not 0 to 6 or one of the seven's names"
            ),
            ("3,1 2 256 4,Training", "pixel 3 is above 255"),
            ("3,1 2 99999999999999999999 4,Training", "pixel 3 is above 255"),
            ("3,1 2 -4 4,Training", "pixel 3 is no whole number from 0 to 255"),
            ("3,1.5 2,Training", "pixel 1 is no whole number from 0 to 255"),
            (row("3", 1, "Exam"), "the Usage is 'Exam', not Training, PublicTest or PrivateTest"),
            ("3,1 2 3", "2 columns, the header has 3"),
            (row("3", 1) + ",1", "4 columns, the header has 3"),
        ])
    func wrongRow(_ line: String, _ reason: String) throws {
        let error = message { try read([header, row("3", 1), line, row("3", 1)]) }
        #expect(error == "\(folder.path)/faces.csv, row 3: \(reason)")
    }

    @Test("an empty file, one with a header alone, a folder and a file that is not there are told apart")
    func noImages() throws {
        #expect(
            message { try FER2013.read(path: folder.file("a", "")) } == "\(folder.path)/a: the file is empty")
        #expect(message { try read([header]) } == "\(folder.path)/faces.csv: no image below the header")
        #expect(
            message { try FER2013.read(path: "\(folder.path)/none") }
                == "\(folder.path)/none: cannot read it: No such file or directory")
        #expect(
            message { try FER2013.read(path: folder.path) }
                == "\(folder.path): cannot read it: Is a directory")
    }

    @Test("a file without line ends is refused before it fills the memory")
    func endlessLine() throws {
        let path = try folder.file("long.csv", String(repeating: "1 ", count: 1 << 20))
        #expect(message { try FER2013.read(path: path) } == "\(path), row 1: longer than 1 MiB")
    }

    /// Packs a file with the program `xz`, which Debian's base system has.
    private func packed(_ path: String, _ options: [String] = []) throws -> String {
        let xz = Process()
        xz.executableURL = URL(fileURLWithPath: "/usr/bin/env")
        xz.arguments = ["xz", "-k"] + options + [path]
        try xz.run()
        xz.waitUntilExit()
        try #require(xz.terminationStatus == 0)
        return path + ".xz"
    }

    @Test(
        "a file packed with xz gives what the plain one gives",
        arguments: [[], ["-9"], ["--block-size=65536"]])
    func unpacking(_ options: [String]) throws {
        let lines = [header] + (0..<100).map { row("\($0 % 7)", $0) }
        let plain = try folder.file("faces.csv", lines.joined(separator: "\n"))
        let (a, b) = (try FER2013.read(path: plain), try FER2013.read(path: packed(plain, options)))
        #expect(a.labels == b.labels)
        #expect(a.pixels == b.pixels)
    }

    @Test("a packed file that is cut short or broken says so")
    func brokenPacking() throws {
        let lines = [header] + (0..<100).map { row("\($0 % 7)", $0) }
        let path = try packed(folder.file("faces.csv", lines.joined(separator: "\n")))
        let whole = try Data(contentsOf: URL(fileURLWithPath: path))
        try whole.prefix(whole.count / 2).write(to: URL(fileURLWithPath: path))
        #expect(
            message { try FER2013.read(path: path) } == "\(path): cut short: its xz stream does not end")
        var broken = whole
        for place in 100..<140 { broken[place] ^= 0x5A }
        try broken.write(to: URL(fileURLWithPath: path))
        #expect(
            message { try FER2013.read(path: path) } == "\(path): broken: its xz stream does not unpack")
    }

    @Test("all of FER2013 has its published counts", .enabled(if: fer2013 != nil, "RAUT_FER2013 is not set"))
    func published() throws {
        let data = try FER2013.read(path: #require(fer2013))
        #expect(data.count == 35_887)
        #expect(
            data.part(.training).indicesOfClasses.map(\.count) == [3995, 436, 4097, 7215, 4830, 3171, 4965])
        #expect(data.part(.publicTest).count == 3589)
        let groups = data.duplicateGroups().filter { $0.count > 1 }
        #expect(groups.count == 1518)
        #expect(groups.reduce(0) { $0 + $1.count } == 3373)
    }
}

@Suite("FER+'s reader")
struct FERPlusTests {
    private let folder: TemporaryFolder
    private let header =
        "Usage,Image name,neutral,happiness,surprise,sadness,anger,disgust,fear,contempt,unknown,NF"

    init() throws { folder = TemporaryFolder() }

    private func read(_ lines: [String], into data: inout FaceDataSet) throws {
        try FERPlus.read(path: folder.file("votes.csv", lines.joined(separator: "\n") + "\n"), into: &data)
    }

    @Test("votes are put in the order of the seven emotions, contempt, unknown and no face")
    func order() throws {
        var data = faces([0])
        try read([header, "Training,fer0000000.png,1,2,3,4,5,6,7,8,9,10"], into: &data)
        #expect(data.votes == [FERPlusVotes(counts: [5, 6, 7, 2, 4, 3, 1, 8, 9, 10])])
    }

    @Test("the votes of the other parts are passed over where the images are Kaggle's train.csv")
    func trainingAlone() throws {
        var data = faces([0])
        let votes = "1,2,3,4,5,6,7,8,9,10"
        try read(
            [header, "Training,a,\(votes)", "PublicTest,b,\(votes)", "PrivateTest,c,\(votes)"], into: &data)
        #expect(data.votes?.count == 1)
    }

    @Test(
        "what is wrong is named with its row",
        arguments: [
            (["Usage,neutral", "Training,1"], ", row 1: no column 'anger'"),
            (["H", "Training,a,1,2,3,4,5,6,7,8,9"], ", row 2: 11 columns, the header has 12"),
            (["H", "Training,a,1,2,3,4,5,6,x,8,9,0"], ", row 2: the votes for fear are 'x', not 0 to 255"),
            (
                ["H", "Training,a,1,2,3,4,-5,6,7,8,9,0"],
                ", row 2: the votes for anger are '-5', not 0 to 255"
            ),
            (
                ["H", "PublicTest,a,1,2,3,4,5,6,7,8,9,0"],
                ", row 2: the Usage is 'PublicTest', the image's is Training: the files' rows don't match"
            ),
            (["H"], ": 0 rows, the images are 1: both must be whole"),
            (
                ["H", "Training,a,1,2,3,4,5,6,7,8,9,0", "Training,a,1,2,3,4,5,6,7,8,9,0"],
                ": more than 1 rows, the images are 1: both must be whole"
            ),
        ])
    func wrong(_ lines: [String], _ reason: String) throws {
        var data = faces([0])
        let error = message { try read(lines.map { $0 == "H" ? header : $0 }, into: &data) }
        #expect(error == "\(folder.path)/votes.csv\(reason)")
        #expect(data.votes == nil)
    }
}
