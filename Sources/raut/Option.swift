/// One option of a command, as it is parsed, shown by `--help`, and listed in the man page and completions.
package struct Option: Sendable {
    /// Without the dashes: `min-size`.
    package let name: String
    /// What the value is called in the help (`PIXELS`), or nil for a flag.
    package let value: String?
    /// One line of help.
    package let help: String
    /// The values taken, where they are few.
    package let choices: [String]
    /// What `Arguments` gives where the option is absent, and the help shows.
    package let standard: String?
    /// Wrong usage where it is absent.
    package let required: Bool
    /// Each value counts, not only the last.
    package let repeats: Bool

    package init(
        _ name: String, _ value: String? = nil, choices: [String] = [], standard: String? = nil,
        required: Bool = false, repeats: Bool = false, help: String
    ) {
        self.name = name
        self.value = value
        self.help = help
        self.choices = choices
        self.standard = standard
        self.required = required
        self.repeats = repeats
    }

    /// As the usage shows it: `--min-size PIXELS`, and the choices where there are some.
    package var spelling: String {
        guard let value else { return "--\(name)" }
        return "--\(name) " + (choices.isEmpty ? value : choices.joined(separator: "|"))
    }

    /// True where the value is a file or a folder, which completions then offer.
    package var takesPath: Bool {
        guard let value else { return false }
        return ["FILE", "DIR", "PATH", "MODEL", "CASCADE", "SOURCE"].contains { value.contains($0) }
    }

    /// The help with the default value after it.
    package var sentence: String {
        guard let standard else { return help }
        return "\(help) (\(standard))"
    }
}

/// One command: its options, and what it does.
package struct Command: Sendable {
    package let name: String
    package let summary: String
    /// The operands as the usage line shows them: `FILE…` for one or more, `[FILE]` for one or none, empty for none.
    package let operands: String
    package let options: [Option]
    /// Lines below the options, as they are.
    package let notes: [String]
    /// A command line that works, shown by `--help`.
    package let example: String
    /// Left out of the list of commands, for what packaging alone uses.
    package let isHidden: Bool
    /// Does it and returns the exit status.
    package let run: @Sendable (Arguments) throws -> Int32

    package init(
        name: String, summary: String, operands: String = "", options: [Option] = [], notes: [String] = [],
        example: String, isHidden: Bool = false, run: @escaping @Sendable (Arguments) throws -> Int32
    ) {
        self.name = name
        self.summary = summary
        self.operands = operands
        self.options = options
        self.notes = notes
        self.example = example
        self.isHidden = isHidden
        self.run = run
    }

    /// How many operands the command takes.
    package var operandCount: ClosedRange<Int> {
        let names = operands.split(separator: " ")
        let needed = names.count { !$0.hasPrefix("[") }
        return needed...(operands.contains("…") ? Int.max : names.count)
    }

    /// The first line of the help: `raut image [options] FILE…`.
    package var usage: String {
        let required = options.filter(\.required).map { " " + $0.spelling }.joined()
        let some = options.allSatisfy(\.required) ? "" : " [options]"
        return "raut \(name)\(required)\(some)" + (operands.isEmpty ? "" : " \(operands)")
    }
}

/// Wrong usage: exit status 2.
package struct UsageError: Error, Equatable, CustomStringConvertible {
    package let description: String

    package init(description: String) { self.description = description }
}

/// A failure said in one line on standard error: exit status 1.
package struct Failure: Error, Equatable, CustomStringConvertible {
    package let description: String

    package init(description: String) { self.description = description }
}
