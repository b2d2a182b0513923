import FaceDetection
import Foundation
import Mutation
import Testing

/// A cascade of one stage, one tree, one feature.
private func cascade(
    width: String = "20", stages: String = "1", threshold: String = "0.5",
    nodes: String = "0 -1 0 0.004",
    leaves: String = "-0.25 0.75", rectangles: [String] = ["2 7 16 4 -1.", "2 9 16 2 2."],
    tilted: String = "0"
) -> String {
    """
    <?xml version="1.0"?>
    <opencv_storage><cascade type_id="opencv-cascade-classifier"><stageType>BOOST</stageType>
    <featureType>HAAR</featureType><height>20</height><width>\(width)</width>
    <stageNum>\(stages)</stageNum><stages><_><maxWeakCount>1</maxWeakCount>
    <stageThreshold>\(threshold)</stageThreshold><weakClassifiers><_>
    <internalNodes>\(nodes)</internalNodes><leafValues>\(leaves)</leafValues></_></weakClassifiers></_></stages>
    <features><_><rects>\(rectangles.map { "<_>\($0)</_>" }.joined())</rects><tilted>\(tilted)</tilted></_>
    </features></cascade></opencv_storage>
    """
}

@Suite("Numbers of a cascade")
struct CascadeNumbersTests {
    @Test("are what Swift reads from the same words, to the last bit")
    func exact() {
        var words = ["0", "-0", "-1.", ".5", "1.", "+2", "1e3", "-8.7100899219512939e-03", "00012.50"]
        words += ["0.1", "999999999999999", "9999999999999999", "0.000000000000001", "123456.789012345"]
        var random = SystemRandomNumberGenerator()
        for _ in 0..<20_000 {
            let digits = Int.random(in: 1...18, using: &random)
            var word = (0..<digits).map { _ in String(Int.random(in: 0...9, using: &random)) }.joined()
            if Bool.random(using: &random) {
                word.insert(".", at: word.index(word.startIndex, offsetBy: Int.random(in: 0...digits)))
            }
            words.append(Bool.random(using: &random) ? "-" + word : word)
        }
        let read = CascadeNumbers.read(Array((" \n" + words.joined(separator: "\n  ") + " ").utf8)) ?? []
        #expect(read.count == words.count)
        for (word, number) in zip(words, read) {
            #expect(Double(word)?.bitPattern == number.bitPattern, "\(word)")
        }
    }

    @Test(
        "anything else is none", arguments: [".", "-", "1.2.3", "1-2", "--1", "x", "1e", "nan", "inf", "1,5"])
    func others(word: String) { #expect(CascadeNumbers.read(Array("1 \(word) 2".utf8)) == nil) }
}

/// The same cascade in OpenCV's old layout.
private func nested(
    size: String = "20 20", rectangles: [String] = ["2 7 16 4 -1.", "2 9 16 2 2."],
    tilted: String = "0",
    nodes: String? = nil
) -> String {
    let feature =
        "<feature><rects>\(rectangles.map { "<_>\($0)</_>" }.joined())</rects><tilted>\(tilted)</tilted></feature>"
    let node = "<threshold>0.004</threshold><left_val>-0.25</left_val><right_val>0.75</right_val>"
    let tree = (nodes ?? "<_>FEATURE\(node)</_>").replacing("FEATURE", with: feature)
    return """
        <?xml version="1.0"?>
        <opencv_storage><haarcascade_some type_id="opencv-haar-classifier"><size>\(size)</size><stages><_>
        <trees><_>\(tree)</_></trees><stage_threshold>0.5</stage_threshold><parent>-1</parent><next>-1</next>
        </_></stages></haarcascade_some></opencv_storage>
        """
}

/// A cascade of one local binary pattern.
private func pattern(
    nodes: String = "0 -1 0 -1 2 3 4 5 6 7 -2147483648", leaves: String = "-0.5 0.5",
    block: String = "2 3 5 4",
    categories: String = "256"
) -> String {
    """
    <?xml version="1.0"?>
    <opencv_storage><cascade><stageType>BOOST</stageType><featureType>LBP</featureType><height>20</height>
    <width>20</width><featureParams><maxCatCount>\(categories)</maxCatCount></featureParams><stageNum>1</stageNum>
    <stages><_><stageThreshold>0.25</stageThreshold><weakClassifiers><_><internalNodes>\(nodes)</internalNodes>
    <leafValues>\(leaves)</leafValues></_></weakClassifiers></_></stages><features><_><rect>\(block)</rect></_>
    </features></cascade></opencv_storage>
    """
}

private func read(_ text: String) throws(CascadeError) -> HaarCascade {
    try HaarCascade(xml: Array(text.utf8), path: "some.xml")
}

@Suite("the cascade reader")
struct CascadeReaderTests {
    @Test("reads what the file says")
    func readsValues() throws {
        let read = try read(cascade(tilted: "0"))
        #expect((read.windowWidth, read.windowHeight) == (20, 20))
        #expect(read.stages.map(\.threshold) == [0.5 - 1e-5])
        #expect(read.leaves == [-0.25, 0.75])
        #expect(read.nodes.map(\.threshold) == [0.004])
        #expect(read.features.map { $0.rectangles.map(\.weight) } == [[-1, 2]])
    }

    @Test(
        "counts the stages of Debian's files",
        arguments: [
            ("frontalface_default", 25, 24), ("frontalface_alt2", 20, 20), ("profileface", 26, 20),
        ])
    func readsDebians(name: String, stages: Int, side: Int) throws {
        let cascade = try HaarCascade(contentsOf: cascades + name + ".xml")
        #expect(cascade.stages.count == stages)
        #expect((cascade.windowWidth, cascade.windowHeight) == (side, side))
    }

    @Test(
        "says in one line what is wrong with a file, and what to do",
        arguments: [
            ("", "not well-formed"), ("no XML", "not well-formed"), ("<svg/>", "not a cascade"),
            ("<opencv_storage/>", "not a cascade"),
            ("<!DOCTYPE a [<!ENTITY b \"c\">]><opencv_storage/>", "not a cascade"),
            (String(cascade().prefix(400)), "cut short"),
            (cascade(width: "10"), "outside the 10×20 window"), (cascade(width: "0"), "width"),
            (cascade(width: "99999999999999999999"), "width"),
            (cascade(stages: "7"), "7 stages announced, 1 found"),
            (cascade(threshold: "high"), "numbers"), (cascade(threshold: "1e99"), "threshold"),
            (cascade(nodes: "0 -1 0"), "four numbers"),
            (cascade(nodes: "0 -1 5 0.1"), "not there (1 are)"),
            (cascade(nodes: "0 -1 -5 0.1"), "no feature"),
            (cascade(nodes: "0 -9 0 0.1"), "outside the tree"),
            (cascade(nodes: "-9223372036854775808 -1 0 0.1"), "outside the tree"),
            (cascade(nodes: "1 0 0 0.1 0 1 0 0.1", leaves: "1 2 3"), "outside the tree"),
            (cascade(leaves: "1 2 3"), "3 leaves, not 2"), (cascade(leaves: "1 nan"), "numbers"),
            (cascade(rectangles: []), "0 rectangles"), (cascade(rectangles: ["2 7 19 4 -1"]), "outside"),
            (cascade(rectangles: ["-1 7 5 4 -1"]), "outside"),
            (cascade(rectangles: ["1 1 9e18 4 -1"]), "outside"),
            (cascade(rectangles: ["2 7 16 4"]), "numbers"), (cascade(tilted: "1"), "outside"),
            (cascade().replacing("HAAR", with: "HOG"), "HOG (features) cascades are not supported"),
        ])
    func saysWhatIsWrong(text: String, what: String) {
        let error = #expect(throws: CascadeError.self) { try read(text) }
        let line = error?.description ?? ""
        #expect(line.contains(what), "\(line)")
        #expect(line.hasPrefix("some.xml") && line.contains("opencv-data") && !line.contains("\n"))
    }

    @Test("reads local binary patterns, and says what is wrong with them")
    func readsPatterns() throws {
        let found = try read(pattern())
        #expect(found.patterns.map { [$0.x, $0.y, $0.width, $0.height] } == [[2, 3, 5, 4]])
        #expect(found.patterns.map(\.subset) == [[.max, 2, 3, 4, 5, 6, 7, 1 << 31]])
        #expect(found.patterns.map { [$0.left, $0.right] } == [[-0.5, 0.5]])
        #expect(found.stages.map(\.trees) == [0..<1] && found.trees.isEmpty)
        for (text, what) in [
            (pattern(nodes: "0 -1 0 1"), "eleven numbers"), (pattern(leaves: "1"), "two leaves"),
            (pattern(nodes: "0 -1 1 1 2 3 4 5 6 7 8"), "not there (1 are)"),
            (pattern(nodes: "0 -1 0 1 2 3 4 5 6 7 2147483648"), "bits"),
            (pattern(nodes: "1 -1 0 1 2 3 4 5 6 7 8"), "eleven numbers"),
            (pattern(block: "2 3 7 4"), "outside"), (pattern(block: "2 3 0 4"), "outside"),
            (pattern(block: "-1 3 5 4"), "outside"), (pattern(block: "2 3 5"), "numbers"),
            (pattern(categories: "16"), "maxCatCount"),
        ] {
            let error = #expect(throws: CascadeError.self) { try read(text) }
            #expect(error?.description.contains(what) == true, "\(what): \(error?.description ?? "")")
        }
    }

    @Test("reads the same from the old layout as from the new one")
    func readsTheOldLayout() throws {
        #expect(try read(nested()) == read(cascade()))
        let nodes = """
            <_>FEATURE<threshold>0.01</threshold><left_val>0.1</left_val><right_node>1</right_node></_>
            <_>FEATURE<threshold>0.02</threshold><left_val>0.2</left_val><right_val>0.3</right_val></_>
            """
        let tree = try read(nested(nodes: nodes))
        #expect(tree.nodes.map(\.left) == [0, -1] && tree.nodes.map(\.right) == [1, -2])
        #expect(tree.leaves == [0.1, 0.2, 0.3] && tree.nodes.map(\.feature) == [0, 1])
        #expect(tree.trees.count == 1 && tree.features.count == 2)
        #expect(
            try HaarCascade(contentsOf: cascades + "licence_plate_rus_16stages.xml").stages.count == 16)
    }

    @Test(
        "says in one line what is wrong with a file of the old layout",
        arguments: [
            (nested(size: "20"), "numbers"), (nested(size: "20 2"), "size is not"),
            (nested(size: "10 20"), "outside the 10×20 window"), (nested(rectangles: []), "0 rectangles"),
            (nested(tilted: "1"), "outside"), (nested(nodes: ""), "a tree without nodes"),
            (nested(nodes: "<_><threshold>1</threshold></_>"), "without one feature"),
            (
                nested(nodes: "<_>FEATURE<left_val>1</left_val><right_val>1</right_val></_>"), "a threshold"
            ),
            (
                nested(nodes: "<_>FEATURE<threshold>1</threshold><left_val>1</left_val></_>"), "two targets"
            ),
            (
                nested(
                    nodes:
                        "<_>FEATURE<threshold>1</threshold><left_node>0</left_node><right_val>1</right_val></_>"
                ), "outside the tree"
            ),
            (
                nested(
                    nodes:
                        "<_>FEATURE<threshold>1</threshold><left_node>3</left_node><right_val>1</right_val></_>"
                ), "1 leaves, not 2"
            ),
            (String(nested().prefix(300)), "cut short"),
        ])
    func saysWhatIsWrongWithOldOnes(text: String, what: String) {
        let error = #expect(throws: CascadeError.self) { try read(text) }
        let line = error?.description ?? ""
        #expect(line.contains(what), "\(line)")
        #expect(line.hasPrefix("some.xml") && !line.contains("\n"))
    }

    @Test("says that a file is not there")
    func missingFile() {
        let error = #expect(throws: CascadeError.self) { try HaarCascade(contentsOf: "/nowhere/c.xml") }
        #expect(
            error?.description.hasPrefix("/nowhere/c.xml: cannot read the cascade: No such file") == true)
    }

    @Test("says that a folder is no cascade")
    func folder() {
        #expect(throws: CascadeError.self) { try HaarCascade(contentsOf: "/usr") }
    }
}

@Suite("a cascade with too much in it")
struct CascadeSizeTests {
    @Test("of 40 MB of text in one element is refused at its first 64 kB")
    func longText() throws {
        var xml = Array("<?xml version=\"1.0\"?>\n<opencv_storage><cascade><stages><_><maxWeakCount>".utf8)
        xml += [UInt8](repeating: UInt8(ascii: "1"), count: 40 << 20)
        xml += Array("</maxWeakCount></_></stages></cascade></opencv_storage>".utf8)
        let error = #expect(throws: CascadeError.self) { try HaarCascade(xml: xml, path: "long.xml") }
        #expect("\(error!)".contains("more text than any cascade's"))
    }
}

@Suite("Fuzz: cascades")
struct CascadeFuzzTests {
    @Test("a damaged cascade is refused, or scans without harm")
    func damagedCascades() throws {
        // Short, so that damage lands where it matters.
        let seeds = [
            cascade(), cascade(rectangles: ["10 2 4 4 -1", "10 2 2 4 2"], tilted: "1"),
            cascade(nodes: "0 1 0 0.01 -1 -2 0 0.02", leaves: "0.1 0.2 0.3"),
            cascade(rectangles: ["2 2 6 6 -1", "2 2 3 3 2", "5 5 3 3 2"]), nested(),
            nested(rectangles: ["10 2 4 4 -1", "10 2 2 4 2"], tilted: "1"), pattern(),
        ].map { Array($0.utf8) }
        let image = try astronaut().cut(.init(x: 200, y: 80, width: 60, height: 50))
        var parameters = DetectionParameters()
        parameters.minSize = 0
        parameters.scaleFactor = 1.5
        var accepted = 0
        for number in 0..<Mutation.count {
            Mutation.note(number, "cascades")
            var mutation = Mutation(number: number)
            let bytes = mutation.damage(seeds)
            guard let cascade = try? HaarCascade(xml: bytes, path: "fuzz.xml") else { continue }
            accepted += 1
            _ = FaceDetector(cascade: cascade).detect(in: image, parameters: parameters)
        }
        #expect(accepted > 0 && accepted < Mutation.count)
    }
}
