/// One option of a command, as it is parsed, shown by `--help`, and listed in the man page and completions.
struct Option: Sendable {
    /// Without the dashes: `min-size`.
    let name: String
    /// What the value is called in the help (`PIXELS`), or nil for a flag.
    let value: String?
    /// One line of help.
    let help: String
    /// The values taken, where they are few.
    let choices: [String]

    init(_ name: String, _ value: String? = nil, choices: [String] = [], help: String) {
        self.name = name
        self.value = value
        self.choices = choices
        self.help = help
    }
}

/// One command: its options, and what it does.
struct Command: Sendable {
    let name: String
    let summary: String
    /// The operands as the usage line shows them: `FILE…`, or empty for none.
    let operands: String
    let options: [Option]
    /// A command line that works, shown by `--help`.
    let example: String
    /// Does it and returns the exit status.
    let run: @Sendable (Arguments) throws -> Int32
}

/// Wrong usage: exit status 2.
struct UsageError: Error, CustomStringConvertible {
    let description: String
}

/// A failure said in one line on standard error: exit status 1.
struct Failure: Error, CustomStringConvertible {
    let description: String
}
