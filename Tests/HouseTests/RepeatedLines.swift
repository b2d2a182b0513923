import Foundation

/// Runs of lines that stand in two places.
struct RepeatedLines {
    /// How many lines make a run.
    static let length = 6

    /// A place in a file, by its row counted from 1.
    struct Place: Hashable {
        let file: String
        let row: Int
    }

    /// Pairs of places where a run of lines begins that is the same in both, and is no part of a longer one.
    private(set) var pairs: [(Place, Place)] = []

    /// Looks through files. Comments, blank lines, lines of punctuation and imports don't count, nor do how lines are
    /// indented.
    init(in files: [String]) throws {
        var first: [[Substring]: Place] = [:]
        for file in files {
            let lines = try Self.lines(of: file)
            guard lines.count >= Self.length else { continue }
            var before: Place?
            for start in 0...(lines.count - Self.length) {
                let run = lines[start..<start + Self.length]
                let here = Place(file: file, row: run[start].row)
                let known = first[run.map(\.text)]
                if let known {
                    // The next line of a run that was named already.
                    if before == nil { pairs.append((known, here)) }
                } else {
                    first[run.map(\.text)] = here
                }
                before = known
            }
        }
    }

    private static func lines(of file: String) throws -> [(row: Int, text: Substring)] {
        let text = try House.text(file)
        let lines =
            file.hasSuffix(".py") || file.hasSuffix(".css") || file.hasSuffix(".sh")
            ? text.split(separator: "\n", omittingEmptySubsequences: false).map(String.init)
            : SourceCode(text, keepsStrings: true).lines
        return lines.enumerated().compactMap { number, line in
            let trimmed = line.trimmingCharacters(in: .whitespaces)
            guard trimmed.contains(where: { $0.isLetter || $0.isNumber }), !trimmed.hasPrefix("#"),
                !trimmed.hasPrefix("import "), !trimmed.hasPrefix("from ")
            else { return nil }
            return (number + 1, Substring(trimmed))
        }
    }
}
