import Testing

import raut

private enum Kind: String, CaseIterable { case changes, frames }

private struct Size: Equatable { let width, height: Int }

private struct Fine: OptionGroup {
    static let title = "finer points"

    let scaleFactor = Option(
        "scale-factor", .number("F", -1...(.infinity)), help: "the step from one size to the next")
    let size = Option("size", .sides(1...16384) { Size(width: $0, height: $1) }, help: "the size")
}

private struct Options: OptionGroup {
    let json = Option("json", help: "one JSON object a line")
    let minSize = Option("min-size", .whole("PIXELS", 1...100), standard: 80, help: "the smallest face")
    let events = Option<Kind?>("events", .choice("KIND"), help: "what to tell")
    let models = Option(repeated: "model", .path("MODEL"), help: "a model")
    let fine = Fine()
}

private let command = Command(
    name: "image", summary: "faces and emotions in pictures", operands: "FILE…", options: Options.self,
    example: "raut image --json a.jpg", run: { _ in 0 })

private func parse(_ words: String..., standards: [String] = []) throws -> Arguments<Options> {
    try Arguments(words, for: command, standards: standards)
}

@Suite("the words of a command line")
struct ArgumentsTests {
    @Test("options are read with a space or an equals sign, and operands in any place")
    func spellings() throws {
        let arguments = try parse("a.jpg", "--json", "--min-size", "30", "b.jpg", "--scale-factor=1.2")
        #expect(arguments.operands == ["a.jpg", "b.jpg"])
        #expect(arguments.json)
        #expect(arguments.minSize == 30)
        #expect(arguments.fine.scaleFactor == 1.2)
    }

    @Test("who gives run a file is told how to watch it")
    func source() throws {
        let run = Command(
            name: "run", summary: "watches", options: Options.self, example: "raut run", run: { _ in 0 })
        let error = #expect(throws: UsageError.self) { try Arguments<Options>(["/dev/null"], for: run) }
        #expect(error?.description == "unexpected '/dev/null': to watch it: raut run --source /dev/null")
    }

    @Test("an absent option has the table's value, or none")
    func absent() throws {
        let arguments = try parse("a.jpg")
        #expect(arguments.minSize == 80)
        #expect(arguments.events == nil)
        #expect(!arguments.json)
    }

    @Test("an option given twice is refused, unless it repeats")
    func twice() throws {
        #expect(try parse("a.jpg", "--model", "a", "--model", "b").models == ["a", "b"])
        for words in [["--min-size", "30", "--min-size=40"], ["--json", "--json"]] {
            #expect(throws: UsageError.self) { try Arguments<Options>(["a"] + words, for: command) }
        }
    }

    @Test("what is typed counts before what stands for it, of a repeated option too")
    func standards() throws {
        let arguments = try parse(
            "a", "--min-size", "30", "--model", "mine",
            standards: ["--min-size=20", "--events=frames", "--model=theirs"])
        #expect(arguments.minSize == 30 && arguments.events == .frames && arguments.models == ["mine"])
        #expect(arguments.isGiven(\.minSize) && !arguments.isGiven(\.json))
    }

    @Test("a dash alone is an operand or a value, and all after two dashes is operands")
    func dashes() throws {
        let arguments = try parse("-", "--model", "-", "--", "--json", "-x")
        #expect(arguments.operands == ["-", "--json", "-x"])
        #expect(arguments.models == ["-"])
        #expect(!arguments.json)
    }

    @Test("a negative number is a value or an operand, not an option")
    func negative() throws {
        let arguments = try parse("-7", "--scale-factor", "-0.5")
        #expect(arguments.operands == ["-7"])
        #expect(arguments.fine.scaleFactor == -0.5)
    }

    @Test("an equals sign in a value stays")
    func equals() throws {
        #expect(try parse("a", "--model=x=y").models == ["x=y"])
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
            (["a", "--scale-factor", "-2"], "--scale-factor '-2': expected a number of at least -1"),
            (["--json"], "FILE… is missing: usage: raut image [options] FILE…"),
        ])
    func wrong(words: [String], message: String) {
        #expect(throws: UsageError(description: message)) { try Arguments<Options>(words, for: command) }
    }

    @Test("a number out of its range, or none, is wrong usage", arguments: ["0", "101", "x", "3.5", ""])
    func outOfRange(text: String) {
        #expect(throws: UsageError.self) { try parse("a", "--min-size", text) }
    }

    @Test("not a number is out of every range")
    func notANumber() {
        #expect(throws: UsageError.self) {
            try parse("a", "--scale-factor", "nan")
        }
    }

    @Test("a size is two numbers around an x")
    func size() throws {
        #expect(try parse("a", "--size", "640x480").fine.size == Size(width: 640, height: 480))
        for wrong in ["640", "640x", "x480", "0x480", "640x480x3", "99999999999999999999x1"] {
            #expect(throws: UsageError.self) { try parse("a", "--size", wrong) }
        }
    }

    @Test("the options of a command are its structure's properties, group by group")
    func declared() {
        #expect(command.sections.map(\.title) == ["options", "finer points"])
        #expect(
            command.options.map(\.name) == ["json", "min-size", "events", "model", "scale-factor", "size"])
    }

    @Test("operands are counted by the usage line")
    func operands() {
        func count(_ operands: String) -> ClosedRange<Int> {
            Command(
                name: "x", summary: "", operands: operands, options: NoOptions.self, example: "",
                run: { _ in 0 }
            ).operandCount
        }
        #expect(count("") == 0...0)
        #expect(count("MODEL") == 1...1)
        #expect(count("FILE…") == 1...Int.max)
        #expect(count("[FILE]") == 0...1)
        #expect(count("A [B]") == 1...2)
    }

    @Test("a required option that is missing is wrong usage")
    func required() {
        struct Options: OptionGroup {
            let data = Option(required: "data", .path("FILE"), help: "")
        }
        let train = Command(
            name: "train", summary: "", options: Options.self, example: "", run: { _ in 0 })
        #expect(throws: UsageError(description: "--data FILE is missing: see 'raut train --help'")) {
            try Arguments<Options>([], for: train)
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
