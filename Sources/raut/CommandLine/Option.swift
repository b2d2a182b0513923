/// One option of a command, declared once: its name, how its value is read, what stands for it where it is absent, and
/// its help. The parser, `--help`, the man page and the completions are driven by this declaration.
///
/// `Value` is what ``Arguments`` gives for it: `Bool` for a flag, an optional where nothing stands for an absent
/// option, an array where it may be given more than once.
package struct Option<Value: Sendable>: AnyOption {
    package let facts: OptionFacts
    /// What is read where the option was not given; nil where it must be given.
    let absent: Value?
    private let decode: @Sendable ([String]) throws(UnusableValue) -> Value

    private init(
        _ facts: OptionFacts, absent: Value?,
        decode: @escaping @Sendable ([String]) throws(UnusableValue) -> Value
    ) {
        self.facts = facts
        self.absent = absent
        self.decode = decode
    }

    /// An option that may be absent, and is nil then.
    package init<Wrapped>(_ name: String, _ format: OptionFormat<Wrapped>, help: String)
    where Value == Wrapped? {
        self.init(OptionFacts(name, format, help: help), absent: .some(nil)) {
            words throws(UnusableValue) in try format.readLast(of: words)
        }
    }

    /// An option with a standard value, which the help shows.
    package init(_ name: String, _ format: OptionFormat<Value>, standard: Value, help: String) {
        self.init(
            OptionFacts(name, format, standard: format.write(standard), help: help), absent: standard
        ) { words throws(UnusableValue) in try format.readLast(of: words) }
    }

    /// An option that must be given.
    package init(required name: String, _ format: OptionFormat<Value>, help: String) {
        self.init(OptionFacts(name, format, isRequired: true, help: help), absent: nil) {
            words throws(UnusableValue) in try format.readLast(of: words)
        }
    }

    /// An option that may be given more than once; each value counts, in order.
    ///
    /// - Parameter isRequired: whether it must be given once at least.
    package init<Element>(
        repeated name: String, isRequired: Bool = false, _ format: OptionFormat<Element>, help: String
    ) where Value == [Element] {
        self.init(
            OptionFacts(name, format, isRequired: isRequired, repeats: true, help: help),
            absent: isRequired ? nil : []
        ) {
            words throws(UnusableValue) in
            var values: [Element] = []
            for word in words { values.append(try format.read(word)) }
            return values
        }
    }

    package func value(of words: [String]) throws(UnusableValue) -> any Sendable { try decode(words) }
}

extension Option where Value == Bool {
    /// A flag: true where it was given.
    package init(_ name: String, help: String) {
        self.init(OptionFacts(flag: name, help: help), absent: false) { _ in true }
    }
}

/// An option whatever the type of its value.
package protocol AnyOption: Sendable {
    /// What the texts and the parser need to know of it.
    var facts: OptionFacts { get }
    /// The value that the words given stand for.
    ///
    /// - Throws: ``UnusableValue`` where a word is none of the option's values.
    func value(of words: [String]) throws(UnusableValue) -> any Sendable
}

/// What is known of an option without its type: as it is spelt, shown by `--help`, and listed in the man page and the
/// completions.
package struct OptionFacts: Sendable {
    /// Without the dashes: `min-size`.
    package let name: String
    /// What the value is called in the help (`PIXELS`), or nil for a flag.
    package let placeholder: String?
    /// One line of help.
    package let help: String
    /// The values taken, where they are few.
    package let choices: [String]
    /// What stands for the option where it is absent, as it would be typed.
    package let standard: String?
    /// Wrong usage where it is absent.
    package let isRequired: Bool
    /// May be given more than once.
    package let repeats: Bool
    /// The value is a file or a folder, which completions then offer.
    package let takesPath: Bool

    fileprivate init<Value>(
        _ name: String, _ format: OptionFormat<Value>, standard: String? = nil, isRequired: Bool = false,
        repeats: Bool = false, help: String
    ) {
        self.name = name
        placeholder = format.placeholder
        choices = format.choices
        takesPath = format.isPath
        self.help = help
        self.standard = standard
        self.isRequired = isRequired
        self.repeats = repeats
    }

    fileprivate init(flag name: String, help: String) {
        self.name = name
        self.help = help
        placeholder = nil
        choices = []
        standard = nil
        isRequired = false
        repeats = false
        takesPath = false
    }

    /// As the usage shows it: `--min-size PIXELS`, and the choices where there are some.
    package var spelling: String {
        guard let placeholder else { return "--\(name)" }
        return "--\(name) " + (choices.isEmpty ? placeholder : choices.joined(separator: "|"))
    }

    /// The help with the standard value after it.
    package var sentence: String {
        guard let standard else { return help }
        return "\(help) (\(standard))"
    }
}
