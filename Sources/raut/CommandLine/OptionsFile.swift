import Foundation
import System

/// Options of a command in a file: one a line, `size 640x480` or `size = 640x480`, a flag alone; lines that begin with
/// `#` are comments.
package enum OptionsFile {
    /// A file larger than this is none of options, in bytes.
    private static let limit = 1 << 16

    /// The options as words, as if they had been typed.
    ///
    /// - Parameter cancellation: ends the wait for a pipe that says nothing.
    /// - Throws: ``Failure`` where the file can't be read, ``UsageError`` with its path and line where one is wrong.
    package static func words(
        path: String, for command: Command, _ cancellation: Cancellation? = nil
    ) throws -> [String] {
        let bytes: [UInt8]
        do {
            bytes = try OpenFile(reading: path).readAll(limit: limit, cancellation)
        } catch FileReadError.tooLarge {
            throw Failure(description: "\(path): no options, but too long")
        } catch {
            throw Failure(description: "\(path): cannot read the options: \(error)")
        }
        guard let text = String(validating: bytes, as: UTF8.self) else {
            throw Failure(description: "\(path): no options, but no text")
        }
        return try words(in: text, path: path, for: command)
    }

    /// The options in a text, as if they had been typed; `path` is for messages.
    package static func words(in text: String, path: String, for command: Command) throws -> [String] {
        var words: [String] = []
        var lines: [String: Int] = [:]
        for (index, line) in text.split(omittingEmptySubsequences: false, whereSeparator: \.isNewline)
            .enumerated()
        {
            let option = line.trimmingCharacters(in: .whitespaces)
            guard !option.isEmpty, !option.hasPrefix("#") else { continue }
            let word = word(for: option)
            do throws(UsageError) {
                let parsed = try ParsedLine(reading: [word], for: command)
                guard parsed.values["options"] == nil else {
                    throw UsageError(description: "a file of options names no other")
                }
                guard parsed.operands.isEmpty else { throw UsageError(description: "unexpected '\(option)'") }
                try refuseSecond(of: parsed, for: command, in: &lines, at: index + 1)
            } catch {
                throw UsageError(description: "\(path), line \(index + 1): \(error)")
            }
            words.append(word)
        }
        return words
    }

    /// Refuses an option that stands in the file already.
    private static func refuseSecond(
        of parsed: ParsedLine, for command: Command, in lines: inout [String: Int], at line: Int
    ) throws(UsageError) {
        for option in command.options where parsed.values[option.name] != nil && !option.repeats {
            if let first = lines[option.name] {
                throw UsageError(description: "--\(option.name) stands in line \(first) already")
            }
            lines[option.name] = line
        }
    }

    /// `--size=640x480` for `size 640x480`, `size=640x480`, `--size 640x480`.
    private static func word(for line: String) -> String {
        let name = line.drop { $0 == "-" }.prefix { !$0.isWhitespace && $0 != "=" }
        var value = line.drop { $0 == "-" }.dropFirst(name.count).drop(while: \.isWhitespace)
        if value.first == "=" { value = value.dropFirst().drop(while: \.isWhitespace) }
        return value.isEmpty ? "--\(name)" : "--\(name)=\(value)"
    }
}
