import System

/// The words of a command line, read by the declarations of one command.
package struct ParsedLine: Sendable {
    /// The words that are no options, in order: files, mostly.
    package private(set) var operands: [String] = []
    /// The words as they were given.
    let words: [String]
    /// The values of the options given, by name, each of its option's type.
    private(set) var values: [String: any Sendable] = [:]
    private var given: [String: [String]] = [:]

    /// Reads the words: `--name value`, `--name=value`, `--flag`, operands, and `--` before operands that begin with a
    /// dash. A lone `-` and a negative number are no options.
    ///
    /// - Parameters:
    ///   - words: what was typed after the command's name.
    ///   - command: the command whose options are declared.
    ///   - standards: options as words, as if typed; those among `words` count instead of them.
    /// - Throws: ``UsageError`` for an unknown option, one that is given twice or has no usable value, a required one
    ///   that is missing, and too few or too many operands.
    package init(_ words: [String], for command: Command, standards: [String] = []) throws(UsageError) {
        try self.init(reading: words, for: command)
        if !standards.isEmpty {
            let fallback = try ParsedLine(reading: standards, for: command)
            given.merge(fallback.given) { typed, _ in typed }
            values.merge(fallback.values) { typed, _ in typed }
        }
        try check(command)
    }

    /// Reads the words, whatever is missing among them.
    init(reading words: [String], for command: Command) throws(UsageError) {
        self.words = words
        let options = command.declarations
        var rest = words[...]
        while let word = rest.popFirst() {
            if word == "--" {
                operands += rest
                break
            }
            guard word.hasPrefix("-"), word != "-", Double(word) == nil else {
                operands.append(word)
                continue
            }
            let parts = word.split(separator: "=", maxSplits: 1, omittingEmptySubsequences: false)
            let name = String(parts[0])
            guard let option = options.first(where: { "--\($0.facts.name)" == name })?.facts else {
                throw UsageError(description: Self.unknown(name, of: command))
            }
            guard option.repeats || given[option.name] == nil else {
                throw UsageError(description: "\(name) is given twice")
            }
            guard option.placeholder != nil else {
                guard parts.count == 1 else { throw UsageError(description: "\(name) takes no value") }
                given[option.name] = []
                continue
            }
            let value = parts.count == 2 ? String(parts[1]) : Self.value(in: &rest, for: options)
            guard let value, !value.isEmpty else {
                throw UsageError(description: "\(name) needs a value: \(option.spelling)")
            }
            given[option.name, default: []].append(value)
        }
        for option in options {
            guard let words = given[option.facts.name] else { continue }
            do {
                values[option.facts.name] = try option.value(of: words)
            } catch {
                throw UsageError(description: "--\(option.facts.name) \(error)")
            }
        }
    }

    /// The word after an option, unless it is an option itself.
    private static func value(in rest: inout ArraySlice<String>, for options: [any AnyOption]) -> String? {
        guard let next = rest.first, next != "--" else { return nil }
        let name = next.prefix { $0 != "=" }
        guard !options.contains(where: { "--\($0.facts.name)" == name }) else { return nil }
        rest.removeFirst()
        return next
    }

    /// What only the whole line can tell: required options, the number of operands.
    private func check(_ command: Command) throws(UsageError) {
        for option in command.options where option.isRequired && given[option.name] == nil {
            throw UsageError(
                description: "\(option.spelling) is missing: see 'raut \(command.name) --help'")
        }
        let taken = command.operandCount
        if operands.contains("") {
            throw UsageError(description: "one of \(command.operands) is empty: '': usage: \(command.usage)")
        }
        if operands.count < taken.lowerBound {
            throw UsageError(description: "\(command.operands) is missing: usage: \(command.usage)")
        }
        if operands.count > taken.upperBound {
            let word = operands[taken.upperBound]
            let isSource = command.name == "run" && FileSystem.kind(of: word) != nil
            throw UsageError(
                description: "unexpected '\(word)': "
                    + (isSource ? "to watch it: raut run --source \(word)" : "usage: \(command.usage)"))
        }
    }

    private static func unknown(_ name: String, of command: Command) -> String {
        let names = command.options.map { "--\($0.name)" } + ["--help"]
        guard let near = Spelling.nearest(to: name, in: names) else {
            return "unknown option \(name): see 'raut \(command.name) --help'"
        }
        return "unknown option \(name): did you mean \(near)?"
    }
}
