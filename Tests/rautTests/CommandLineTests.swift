import Testing

import raut

private let command = Command(
    name: "image", summary: "faces and emotions in pictures", operands: "FILE…",
    options: [
        Option("json", help: "one JSON object a line"),
        Option("min-size", "PIXELS", standard: "80", help: "the smallest face"),
        Option("scale-factor", "F", help: "the step from one size to the next"),
        Option("size", "WxH", help: "the size"),
        Option("events", "KIND", choices: ["changes", "frames"], help: "what to tell"),
        Option("model", "MODEL", repeats: true, help: "a model"),
    ], example: "raut image --json a.jpg", run: { _ in 0 })

private func parse(_ words: String...) throws -> Arguments { try Arguments(words, for: command) }

@Suite("the words of a command line")
struct ArgumentsTests {
    @Test("options are read with a space or an equals sign, and operands in any place")
    func spellings() throws {
        let arguments = try parse("a.jpg", "--json", "--min-size", "30", "b.jpg", "--scale-factor=1.2")
        #expect(arguments.operands == ["a.jpg", "b.jpg"])
        #expect(arguments.flag("json"))
        #expect(try arguments.int("min-size", in: 1...100) == 30)
        #expect(try arguments.double("scale-factor", in: 1.01...4) == 1.2)
    }

    @Test("an absent option has the table's value, or none")
    func absent() throws {
        let arguments = try parse("a.jpg")
        #expect(try arguments.int("min-size", in: 1...100) == 80)
        #expect(arguments.string("events") == nil)
        #expect(!arguments.flag("json"))
    }

    @Test("of an option given twice the last counts, unless it repeats")
    func twice() throws {
        let arguments = try parse(
            "a.jpg", "--min-size", "30", "--min-size=40", "--model", "a", "--model", "b")
        #expect(arguments.string("min-size") == "40")
        #expect(arguments.strings("model") == ["a", "b"])
    }

    @Test("a dash alone is an operand or a value, and all after two dashes is operands")
    func dashes() throws {
        let arguments = try parse("-", "--model", "-", "--", "--json", "-x")
        #expect(arguments.operands == ["-", "--json", "-x"])
        #expect(arguments.string("model") == "-")
        #expect(!arguments.flag("json"))
    }

    @Test("a negative number is a value or an operand, not an option")
    func negative() throws {
        let arguments = try parse("-7", "--scale-factor", "-0.5")
        #expect(arguments.operands == ["-7"])
        #expect(try arguments.double("scale-factor", in: -1...1) == -0.5)
    }

    @Test("an equals sign in a value stays")
    func equals() throws {
        #expect(try parse("a", "--model=x=y").string("model") == "x=y")
    }

    @Test(
        "wrong usage is said in words",
        arguments: [
            (["a", "--min-sise", "3"], "unknown option --min-sise: did you mean --min-size?"),
            (["a", "--colour"], "unknown option --colour: see 'raut image --help'"),
            (["a", "-j"], "unknown option -j: see 'raut image --help'"),
            (["a", "--min"], "unknown option --min: did you mean --min-size?"),
            (["a", "--min-size"], "--min-size needs a value: --min-size PIXELS"),
            (["a", "--min-size="], "--min-size needs a value: --min-size PIXELS"),
            (["a", "--min-size", "--json"], "--min-size needs a value: --min-size PIXELS"),
            (["a", "--json=1"], "--json takes no value"),
            (["a", "--events", "all"], "--events 'all': expected one of changes, frames"),
            (["--json"], "FILE… is missing: usage: raut image [options] FILE…"),
        ])
    func wrong(words: [String], message: String) {
        #expect(throws: UsageError(description: message)) { try Arguments(words, for: command) }
    }

    @Test("a number out of its range, or none, is wrong usage", arguments: ["0", "101", "x", "3.5", ""])
    func outOfRange(text: String) {
        #expect(throws: UsageError.self) { try parse("a", "--min-size", text).int("min-size", in: 1...100) }
    }

    @Test("not a number is out of every range")
    func notANumber() {
        #expect(throws: UsageError.self) {
            try parse("a", "--scale-factor", "nan").double("scale-factor", in: 0...(.infinity))
        }
    }

    @Test("a size is two numbers around an x")
    func size() throws {
        let size = try parse("a", "--size", "640x480").size("size")
        #expect(size?.width == 640)
        #expect(size?.height == 480)
        for wrong in ["640", "640x", "x480", "0x480", "640x480x3", "99999999999999999999x1"] {
            #expect(throws: UsageError.self) { try parse("a", "--size", wrong).size("size") }
        }
    }

    @Test("operands are counted by the usage line")
    func operands() {
        func count(_ operands: String) -> ClosedRange<Int> {
            Command(name: "x", summary: "", operands: operands, example: "", run: { _ in 0 }).operandCount
        }
        #expect(count("") == 0...0)
        #expect(count("MODEL") == 1...1)
        #expect(count("FILE…") == 1...Int.max)
        #expect(count("[FILE]") == 0...1)
        #expect(count("A [B]") == 1...2)
    }

    @Test("a required option that is missing is wrong usage")
    func required() {
        let train = Command(
            name: "train", summary: "", options: [Option("data", "FILE", required: true, help: "")],
            example: "",
            run: { _ in 0 })
        #expect(throws: UsageError(description: "--data FILE is missing: see 'raut train --help'")) {
            try Arguments([], for: train)
        }
    }
}

@Suite("what was meant by a slip")
struct SpellingTests {
    @Test("a swap, a missing and a wrong letter each count as one")
    func distances() {
        #expect(Spelling.distance("json", "josn") == 1)
        #expect(Spelling.distance("json", "jsn") == 1)
        #expect(Spelling.distance("json", "jsin") == 1)
        #expect(Spelling.distance("", "json") == 4)
        #expect(Spelling.distance("json", "json") == 0)
    }

    @Test("the nearest word is offered, and none where all are far")
    func nearest() {
        let commands = ["run", "image", "classify", "cameras"]
        #expect(Spelling.nearest(to: "imgae", in: commands) == "image")
        #expect(Spelling.nearest(to: "camera", in: commands) == "cameras")
        #expect(Spelling.nearest(to: "class", in: commands) == "classify")
        #expect(Spelling.nearest(to: "serve", in: commands) == nil)
        #expect(Spelling.nearest(to: "", in: commands) == nil)
    }
}
