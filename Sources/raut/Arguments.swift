/// The arguments of one command, parsed by its table of options.
struct Arguments: Sendable {
    private(set) var operands: [String] = []
    private var values: [String: String] = [:]
    private var flags: Set<String> = []

    /// Reads `words` by the table: `--name value`, `--name=value`, `--flag`, operands, and `--` before operands
    /// that begin with a dash.
    init(_ words: [String], for command: Command) throws(UsageError) {
        var rest = words[...]
        while let word = rest.popFirst() {
            if word == "--" {
                operands += rest
                break
            }
            guard word.hasPrefix("--") else {
                operands.append(word)
                continue
            }
            let parts = word.dropFirst(2).split(
                separator: "=", maxSplits: 1, omittingEmptySubsequences: false)
            let name = parts.first.map(String.init) ?? ""
            guard let option = command.options.first(where: { $0.name == name }) else {
                throw UsageError(description: "unknown option --\(name): see 'raut \(command.name) --help'")
            }
            if let placeholder = option.value {
                guard let value = parts.count == 2 ? String(parts[1]) : rest.popFirst() else {
                    throw UsageError(description: "--\(name) needs a value: --\(name) \(placeholder)")
                }
                guard option.choices.isEmpty || option.choices.contains(value) else {
                    let choices = option.choices.joined(separator: ", ")
                    throw UsageError(description: "--\(name) '\(value)': expected one of \(choices)")
                }
                values[name] = value
            } else if parts.count == 2 {
                throw UsageError(description: "--\(name) takes no value")
            } else {
                flags.insert(name)
            }
        }
    }

    /// True where the flag was given.
    func flag(_ name: String) -> Bool { flags.contains(name) }

    /// The value given, or nil.
    func string(_ name: String) -> String? { values[name] }

    /// The value given as a whole number in a range, or nil where the option was not given.
    func int(_ name: String, in range: ClosedRange<Int>) throws(UsageError) -> Int? {
        guard let text = values[name] else { return nil }
        guard let number = Int(text), range.contains(number) else {
            throw UsageError(
                description: "--\(name) '\(text)': expected a whole number from \(range.lowerBound) to "
                    + "\(range.upperBound)")
        }
        return number
    }

    /// The value given as a number in a range, or nil where the option was not given.
    func double(_ name: String, in range: ClosedRange<Double>) throws(UsageError) -> Double? {
        guard let text = values[name] else { return nil }
        guard let number = Double(text), range.contains(number) else {
            throw UsageError(
                description: "--\(name) '\(text)': expected a number from \(range.lowerBound) to "
                    + "\(range.upperBound)")
        }
        return number
    }
}
