import Testing

import raut

@Suite("a file of options")
struct OptionsFileTests {
    private func words(_ text: String) throws -> [String] {
        try OptionsFile.words(in: text, path: "raut.conf", for: RunCommand.command)
    }

    @Test("one a line, with or without dashes and sign, comments and empty lines left out")
    func lines() throws {
        let text = """
            # a kiosk
            source = /dev/v4l/by-id/usb-Cam One

            size 640x480
            --fps=15
              headless\t
            """
        #expect(
            try words(text) == [
                "--source=/dev/v4l/by-id/usb-Cam One", "--size=640x480", "--fps=15", "--headless",
            ])
    }

    @Test("what is typed counts before the file")
    func order() throws {
        let settings = try RunCommand.settings(
            from: Arguments(
                ["--fps", "30"], for: RunCommand.command, standards: words("size 640x480\nfps 10\n")))
        #expect(settings.source.size?.width == 640)
        #expect(settings.source.frameRate == 30)
    }

    @Test(
        "a wrong line is named by its number",
        arguments: [
            ("headless\nsise 3x3", "raut.conf, line 2: unknown option --sise: did you mean --size?"),
            ("\n\nsize", "raut.conf, line 3: --size needs a value: --size WIDTHxHEIGHT"),
            ("headless yes", "raut.conf, line 1: --headless takes no value"),
            ("fps 3\n\nfps 4", "raut.conf, line 3: --fps stands in line 1 already"),
            ("options other.conf", "raut.conf, line 1: a file of options names no other"),
            ("events some", "raut.conf, line 1: --events 'some': expected one of changes, frames, summary"),
        ])
    func wrong(text: String, message: String) {
        #expect(throws: UsageError(description: message)) { try words(text) }
    }

    @Test("a file that is not there is a failure")
    func missing() {
        #expect(throws: Failure.self) {
            try OptionsFile.words(path: "/nowhere/raut.conf", for: RunCommand.command)
        }
    }

    @Test(
        "what is no file of options is told as what it is",
        arguments: [("/", "Is a directory"), ("/dev/zero", "a device, no file")])
    func strange(path: String, reason: String) {
        #expect(throws: Failure(description: "\(path): cannot read the options: \(reason)")) {
            try OptionsFile.words(path: path, for: RunCommand.command)
        }
    }
}
