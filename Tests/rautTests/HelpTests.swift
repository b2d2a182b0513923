import Foundation
import Testing

import raut

private enum Kind: String, CaseIterable { case changes, frames }

private struct Telling: OptionGroup {
    static let title = "telling"

    let events = Option("events", .choice("KIND"), standard: Kind.changes, help: "what to tell")
}

private struct Options: OptionGroup {
    let json = Option("json", help: "one JSON object a line")
    let output = Option("output", .path("DIR"), help: "where copies go [new]")
    let telling = Telling()
}

private let commands = [
    Command(
        name: "image", summary: "faces in pictures: where, and who's happy", operands: "FILE…",
        options: Options.self, example: "raut image a.jpg", run: { _ in 0 }),
    Command(
        name: "quiet", summary: "for packaging", options: NoOptions.self, example: "raut quiet",
        isHidden: true, run: { _ in 0 }),
]

@Suite("the texts made from the table of options")
struct HelpTests {
    @Test("the help of the program lists each command but the hidden")
    func program() {
        let help = Help.text(for: commands)
        #expect(help.contains("  image  faces in pictures: where, and who's happy\n"))
        #expect(!help.contains("quiet"))
    }

    @Test("the help of a command shows each option, its choices, its default, and an example")
    func oneCommand() {
        let help = Help.text(for: commands[0])
        #expect(help.hasPrefix("usage: raut image [options] FILE…\n"))
        #expect(help.contains("--events changes|frames"))
        #expect(help.contains("what to tell (changes)"))
        #expect(help.contains("\n\noptions:\n  --json "))
        #expect(help.contains("\n\ntelling:\n  --events "))
        #expect(help.hasSuffix("example:\n  raut image a.jpg\n"))
    }

    @Test("every command of the program has a summary, options in words, and an example that parses")
    func table() throws {
        for command in CommandLineInterface.commands + CommandLineInterface.hidden {
            #expect(!command.summary.isEmpty)
            #expect(command.options.allSatisfy { !$0.help.isEmpty && !$0.help.hasSuffix(".") })
            #expect(Set(command.options.map(\.name)).count == command.options.count)
            #expect(Help.text(for: command).split(separator: "\n").allSatisfy { $0.count <= 110 })
            let start = try #require(command.example.range(of: "raut"))
            let words = command.example[start.upperBound...].prefix { !"|>;&)".contains($0) }
                .split(separator: " ").map(String.init)
            let (selected, rest) = try CommandLineInterface.select(words)
            #expect(selected.name == command.name)
            _ = try ParsedLine(rest, for: selected)
        }
    }

    @Test("the man page holds each command and option, with hyphens that can be copied")
    func manPage() {
        let page = ManPage.text(for: commands)
        #expect(page.hasPrefix(".TH RAUT 1"))
        #expect(page.contains(".B \\-\\-events changes|frames\n"))
        #expect(page.contains(".I Telling\n"))
        #expect(page.contains("raut image a.jpg"))
        #expect(!page.contains("quiet"))
    }

    @Test("the man page names the window's keys")
    func keys() {
        let page = ManPage.text(for: [RunCommand.command])
        for line in RunCommand.command.notes { #expect(page.contains(line)) }
        #expect(RunCommand.command.notes.contains("  Space  pause"))
    }

    @Test("no text begins a line that roff takes for a command")
    func roff() {
        #expect(ManPage.escape(".hidden") == "\\&.hidden")
        #expect(ManPage.escape("a\\b") == "a\\eb")
        #expect(ManPage.escape("640×480") == "640\\[u00D7]480")
    }

    @Test("bash reads the completions and offers commands, options and choices", .enabled(if: has("bash")))
    func bash() throws {
        #expect(try complete("raut im") == ["image"])
        #expect(try complete("raut image --e") == ["--events"])
        #expect(try complete("raut image --events f") == ["frames"])
    }

    @Test("fish and zsh completions quote what the shell would read as its own")
    func quoting() {
        #expect(Completions.quote("who's") == #"'who'\''s'"#)
        #expect(
            Completions.text(for: commands, in: .fish).contains(
                "-a image -d 'faces in pictures: where, and who'"))
        #expect(
            Completions.text(for: commands, in: .zsh).contains(
                #"'--output=[where copies go \[new\]]:DIR:_files'"#))
    }

    /// What bash offers after a line that ends where the cursor is.
    private func complete(_ line: String) throws -> [String] {
        let words = line.split(separator: " ").map { "'\($0)'" }.joined(separator: " ")
        let count = line.split(separator: " ").count - 1
        let script =
            Completions.text(for: commands, in: .bash)
            + "\nCOMP_WORDS=(\(words)); COMP_CWORD=\(count); _raut; printf '%s\\n' \"${COMPREPLY[@]}\"\n"
        let process = Process()
        process.executableURL = URL(fileURLWithPath: "/bin/bash")
        process.arguments = ["-c", script]
        let pipe = Pipe()
        process.standardOutput = pipe
        try process.run()
        let output = pipe.fileHandleForReading.readDataToEndOfFile()
        process.waitUntilExit()
        return String(decoding: output, as: UTF8.self).split(separator: "\n").map(String.init)
    }
}

private func has(_ shell: String) -> Bool { FileManager.default.isExecutableFile(atPath: "/bin/\(shell)") }
