/// What was typed after a command's name, read through the declarations of its options: `arguments.minSize` is the value
/// of the property `minSize` of `Options`, of that option's type.
@dynamicMemberLookup
package struct Arguments<Options: OptionGroup>: Sendable {
    private let options: Options
    private let line: ParsedLine

    /// The options of a line that was parsed for them.
    init(_ options: Options, _ line: ParsedLine) {
        self.options = options
        self.line = line
    }

    /// Reads words by a command that takes these options.
    ///
    /// - Throws: ``UsageError`` as ``ParsedLine`` does.
    package init(_ words: [String], for command: Command, standards: [String] = []) throws(UsageError) {
        self.init(Options(), try ParsedLine(words, for: command, standards: standards))
    }

    /// The words that are no options, in order.
    package var operands: [String] { line.operands }

    /// The words as they were typed.
    package var words: [String] { line.words }

    /// The value given, else what stands for the option where it is absent.
    package subscript<Value>(dynamicMember path: KeyPath<Options, Option<Value>>) -> Value {
        let option = options[keyPath: path]
        if let given = line.values[option.facts.name], let value = given as? Value { return value }
        guard let absent = option.absent else {
            preconditionFailure("--\(option.facts.name): read from a line parsed for another command")
        }
        return absent
    }

    /// The options of a group within these.
    package subscript<Group: OptionGroup>(dynamicMember path: KeyPath<Options, Group>) -> Arguments<Group> {
        Arguments<Group>(options[keyPath: path], line)
    }

    /// The options of this group and of those within it that were typed, each with its value, in the order of their
    /// declaration.
    package var given: [(option: any AnyOption, value: any Sendable)] {
        options.sections.flatMap(\.options).compactMap { option in
            line.values[option.facts.name].map { (option, $0) }
        }
    }

    /// True where the option was typed, with whatever value.
    package func isGiven(_ path: KeyPath<Options, some AnyOption>) -> Bool {
        line.values[options[keyPath: path].facts.name] != nil
    }
}

extension Command {
    /// A command whose options are the properties of a structure.
    ///
    /// - Parameters:
    ///   - options: the structure.
    ///   - run: does it and returns the exit status.
    package init<Options: OptionGroup>(
        name: String, summary: String, operands: String = "", options: Options.Type,
        notes: [String] = [], example: String, isHidden: Bool = false,
        run: @escaping @Sendable (Arguments<Options>) throws -> Int32
    ) {
        self.init(
            name: name, summary: summary, operands: operands, notes: notes, example: example,
            isHidden: isHidden, sections: { Options().sections },
            body: { command, words in try run(Arguments(Options(), ParsedLine(words, for: command))) })
    }
}
