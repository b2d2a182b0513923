/// The arguments of one command, parsed by its table of options.
package struct Arguments: Sendable {
    /// The words that are no options, in order: files, mostly.
    package private(set) var operands: [String] = []
    /// The words as they were given.
    package let words: [String]
    private var values: [String: [String]] = [:]
    private var flags: Set<String> = []

    /// Reads `words` by the table: `--name value`, `--name=value`, `--flag`, operands, and `--` before operands that
    /// begin with a dash. A lone `-` and a negative number are no options. Of an option given twice the last one
    /// counts, so that a line of defaults can stand before what is typed.
    package init(_ words: [String], for command: Command) throws(UsageError) {
        self.words = words
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
            guard let option = command.options.first(where: { "--\($0.name)" == name }) else {
                throw UsageError(description: Self.unknown(name, of: command))
            }
            guard option.value != nil else {
                guard parts.count == 1 else { throw UsageError(description: "\(name) takes no value") }
                flags.insert(option.name)
                continue
            }
            let value = parts.count == 2 ? String(parts[1]) : Self.value(in: &rest, for: command)
            try take(value, for: option)
        }
        try complete(for: command)
    }

    /// The word after an option, unless it is an option itself.
    private static func value(in rest: inout ArraySlice<String>, for command: Command) -> String? {
        guard let next = rest.first, next != "--" else { return nil }
        let name = next.prefix { $0 != "=" }
        guard !command.options.contains(where: { "--\($0.name)" == name }) else { return nil }
        rest.removeFirst()
        return next
    }

    private mutating func take(_ value: String?, for option: Option) throws(UsageError) {
        guard let value, !value.isEmpty else {
            throw UsageError(description: "--\(option.name) needs a value: \(option.spelling)")
        }
        guard option.choices.isEmpty || option.choices.contains(value) else {
            let choices = option.choices.joined(separator: ", ")
            throw UsageError(description: "--\(option.name) '\(value)': expected one of \(choices)")
        }
        values[option.name] = option.repeats ? (values[option.name] ?? []) + [value] : [value]
    }

    /// What only the whole line can tell: required options, the number of operands.
    private mutating func complete(for command: Command) throws(UsageError) {
        for option in command.options {
            if option.required, values[option.name] == nil {
                throw UsageError(
                    description: "\(option.spelling) is missing: see 'raut \(command.name) --help'")
            }
            if let standard = option.standard, values[option.name] == nil { values[option.name] = [standard] }
        }
        let taken = command.operandCount
        if operands.count < taken.lowerBound {
            throw UsageError(description: "\(command.operands) is missing: usage: \(command.usage)")
        }
        if operands.count > taken.upperBound {
            throw UsageError(
                description: "unexpected '\(operands[taken.upperBound])': usage: \(command.usage)")
        }
    }

    private static func unknown(_ name: String, of command: Command) -> String {
        let names = command.options.map { "--\($0.name)" } + ["--help"]
        guard let near = Spelling.nearest(to: name, in: names) else {
            return "unknown option \(name): see 'raut \(command.name) --help'"
        }
        return "unknown option \(name): did you mean \(near)?"
    }

    /// True where the flag was given.
    package func flag(_ name: String) -> Bool { flags.contains(name) }

    /// The value given, else the table's, else nil.
    package func string(_ name: String) -> String? { values[name]?.last }

    /// All values given for an option that repeats.
    package func strings(_ name: String) -> [String] { values[name] ?? [] }

    /// The value given as a whole number in a range, or nil where the option has none.
    package func int(_ name: String, in range: ClosedRange<Int>) throws(UsageError) -> Int? {
        guard let text = string(name) else { return nil }
        guard let number = Int(text), range.contains(number) else {
            let bounds =
                range.upperBound == Int.max
                ? "of at least \(range.lowerBound)" : "from \(range.lowerBound) to \(range.upperBound)"
            throw UsageError(description: "--\(name) '\(text)': expected a whole number \(bounds)")
        }
        return number
    }

    /// The value given as a number in a range, or nil where the option has none.
    package func double(_ name: String, in range: ClosedRange<Double>) throws(UsageError) -> Double? {
        guard let text = string(name) else { return nil }
        guard let number = Double(text), range.contains(number) else {
            let bounds =
                range.upperBound == .infinity
                ? "of at least \(range.lowerBound)" : "from \(range.lowerBound) to \(range.upperBound)"
            throw UsageError(description: "--\(name) '\(text)': expected a number \(bounds)")
        }
        return number
    }

    /// The value given as `640x480`, or nil where the option has none.
    package func size(
        _ name: String, in range: ClosedRange<Int> = 1...16384
    ) throws(UsageError) -> (width: Int, height: Int)? {
        guard let text = string(name) else { return nil }
        let sides = text.split(omittingEmptySubsequences: false) { "xX×".contains($0) }.map { Int($0) }
        guard sides.count == 2, let width = sides[0], let height = sides[1], range.contains(width),
            range.contains(height)
        else {
            throw UsageError(
                description: "--\(name) '\(text)': expected WIDTHxHEIGHT, each from \(range.lowerBound) to "
                    + "\(range.upperBound)")
        }
        return (width, height)
    }
}
