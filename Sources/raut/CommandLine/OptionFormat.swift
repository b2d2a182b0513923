/// How the value of an option is written and read.
package struct OptionFormat<Value: Sendable>: Sendable {
    /// What the value is called in the help: `PIXELS`.
    package let placeholder: String
    /// The values taken, where they are few.
    package let choices: [String]
    /// True where the value is a file or a folder.
    package let isPath: Bool
    /// The value that a word stands for.
    package let read: @Sendable (String) throws(UnusableValue) -> Value
    /// The value as it would be typed.
    package let write: @Sendable (Value) -> String

    /// A format with a reader of its own.
    package init(
        _ placeholder: String, choices: [String] = [], isPath: Bool = false,
        write: @escaping @Sendable (Value) -> String = { "\($0)" },
        read: @escaping @Sendable (String) throws(UnusableValue) -> Value
    ) {
        self.placeholder = placeholder
        self.choices = choices
        self.isPath = isPath
        self.read = read
        self.write = write
    }

    /// Reads the only word, or the last of several.
    func readLast(of words: [String]) throws(UnusableValue) -> Value { try read(words.last ?? "") }
}

/// Why a word is no value of an option; follows the option's name in the message.
package struct UnusableValue: Error, Sendable, CustomStringConvertible {
    package let description: String

    /// - Parameter description: what was expected, such as `'x': expected a whole number`.
    package init(_ description: String) { self.description = description }
}

extension OptionFormat where Value == String {
    /// Any text.
    package static func text(_ placeholder: String) -> Self { Self(placeholder) { $0 } }

    /// A file or a folder, or a name that may stand for one.
    package static func path(_ placeholder: String) -> Self { Self(placeholder, isPath: true) { $0 } }

    /// One of a few words.
    package static func choice(_ placeholder: String, of choices: [String]) -> Self {
        Self(placeholder, choices: choices) { word throws(UnusableValue) in
            guard choices.contains(word) else { throw .noChoice(word, of: choices) }
            return word
        }
    }
}

extension OptionFormat where Value: RawRepresentable, Value: CaseIterable, Value.RawValue == String {
    /// One of an enumeration's cases.
    package static func choice(_ placeholder: String) -> Self {
        let choices = Value.allCases.map(\.rawValue)
        return Self(placeholder, choices: choices, write: \.rawValue) { word throws(UnusableValue) in
            guard let value = Value(rawValue: word) else { throw .noChoice(word, of: choices) }
            return value
        }
    }
}

extension OptionFormat where Value: RawRepresentable, Value: CaseIterable, Value.RawValue == Int {
    /// One of an enumeration's cases, by its number.
    package static func choice(_ placeholder: String) -> Self {
        let choices = Value.allCases.map { "\($0.rawValue)" }
        return Self(placeholder, choices: choices, write: { "\($0.rawValue)" }) {
            word throws(UnusableValue) in
            guard let value = Int(word).flatMap({ Value(rawValue: $0) }) else {
                throw .noChoice(word, of: choices)
            }
            return value
        }
    }
}

extension OptionFormat where Value == Int {
    /// A whole number in a range.
    package static func whole(_ placeholder: String, _ range: ClosedRange<Int>) -> Self {
        Self(placeholder) { word throws(UnusableValue) in
            guard let number = Int(word), range.contains(number) else {
                throw .outside(word, "whole number", range, isOpen: range.upperBound == .max)
            }
            return number
        }
    }
}

extension OptionFormat where Value == Double {
    /// A number in a range.
    package static func number(_ placeholder: String, _ range: ClosedRange<Double>) -> Self {
        Self(placeholder) { word throws(UnusableValue) in
            guard let number = Double(word), range.contains(number) else {
                throw .outside(word, "number", range, isOpen: range.upperBound == .infinity)
            }
            return number
        }
    }
}

extension OptionFormat where Value == UInt32 {
    /// Permissions in octal, such as 660.
    package static func permissions(_ placeholder: String) -> Self {
        Self(placeholder, write: { String($0, radix: 8) }) { word throws(UnusableValue) in
            guard let mode = UInt32(word, radix: 8), mode <= 0o777 else {
                throw UnusableValue("'\(word)': expected octal permissions such as 660")
            }
            return mode
        }
    }
}

extension OptionFormat {
    /// Two sides around an `x`, such as `640x480`, each in a range.
    package static func sides(
        _ range: ClosedRange<Int>, _ make: @escaping @Sendable (Int, Int) -> Value
    ) -> Self {
        Self("WIDTHxHEIGHT") { word throws(UnusableValue) in
            let sides = word.split(omittingEmptySubsequences: false) { "xX×".contains($0) }.map { Int($0) }
            guard sides.count == 2, let width = sides[0], let height = sides[1], range.contains(width),
                range.contains(height)
            else {
                throw UnusableValue(
                    "'\(word)': expected WIDTHxHEIGHT, each from \(range.lowerBound) to \(range.upperBound)")
            }
            return make(width, height)
        }
    }
}

extension UnusableValue {
    fileprivate static func noChoice(_ word: String, of choices: [String]) -> UnusableValue {
        UnusableValue("'\(word)': expected one of \(choices.joined(separator: ", "))")
    }

    fileprivate static func outside<Bound>(
        _ word: String, _ kind: String, _ range: ClosedRange<Bound>, isOpen: Bool
    ) -> UnusableValue {
        // As people write them: 1 and not 1.0.
        func written(_ bound: Bound) -> String {
            let text = "\(bound)"
            return text.hasSuffix(".0") ? String(text.dropLast(2)) : text
        }
        let bounds =
            isOpen
            ? "of at least \(written(range.lowerBound))"
            : "from \(written(range.lowerBound)) to \(written(range.upperBound))"
        return UnusableValue("'\(word)': expected a \(kind) \(bounds)")
    }
}
