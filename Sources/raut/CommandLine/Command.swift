/// One command: its options, and what it does.
package struct Command: Sendable {
    package let name: String
    package let summary: String
    /// The operands as the usage line shows them: `FILE…` for one or more, `[FILE]` for one or none, empty for none.
    package let operands: String
    /// The options under the titles of the help; listed only for the command that is asked for, which takes a while.
    package var sections: [OptionSection] { list() }
    /// Lines below the options, as they are.
    package let notes: [String]
    /// A command line that works, shown by `--help`.
    package let example: String
    /// Left out of the list of commands, for what packaging alone uses.
    package let isHidden: Bool
    private let list: @Sendable () -> [OptionSection]
    private let body: @Sendable (Command, [String]) throws -> Int32

    /// Takes it all; `body` gets the command itself and the words after its name, and returns the exit status.
    init(
        name: String, summary: String, operands: String, notes: [String],
        example: String, isHidden: Bool, sections: @escaping @Sendable () -> [OptionSection],
        body: @escaping @Sendable (Command, [String]) throws -> Int32
    ) {
        self.name = name
        self.summary = summary
        self.operands = operands
        list = sections
        self.notes = notes
        self.example = example
        self.isHidden = isHidden
        self.body = body
    }

    /// Runs the command with the words after its name, and returns the exit status.
    ///
    /// - Throws: ``UsageError`` where the words can't be read, or whatever the command fails with.
    package func run(_ words: [String]) throws -> Int32 { try body(self, words) }

    /// All options, in the order of the help.
    package var options: [OptionFacts] { declarations.map(\.facts) }

    /// The same with the types of their values.
    var declarations: [any AnyOption] { sections.flatMap(\.options) }

    /// How many operands the command takes.
    package var operandCount: ClosedRange<Int> {
        let names = operands.split(separator: " ")
        let needed = names.count { !$0.hasPrefix("[") }
        return needed...(operands.contains("…") ? Int.max : names.count)
    }

    /// The first line of the help: `raut image [options] FILE…`.
    package var usage: String {
        let required = options.filter(\.isRequired).map { " " + $0.spelling }.joined()
        let some = options.allSatisfy(\.isRequired) ? "" : " [options]"
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
