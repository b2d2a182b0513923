/// A file's text without its comments and what stands in quotes.
struct SourceCode {
    /// The lines, each with blanks in the place of comments and of the text of strings.
    let lines: [String]

    /// Reads Swift or C: line comments, block comments that may hold others, strings of one line or of several.
    ///
    /// - Parameter keepsStrings: true to leave what stands in quotes as it is.
    init(_ text: String, keepsStrings: Bool = false) {
        var kept: [UInt8] = []
        let bytes = Array(text.utf8)
        var place = 0
        var isString = false
        func follows(_ word: StaticString) -> Bool {
            let count = word.utf8CodeUnitCount
            guard place + count <= bytes.count else { return false }
            return word.withUTF8Buffer { bytes[place..<place + count].elementsEqual($0) }
        }
        func skip(_ count: Int) {
            let end = min(bytes.count, place + count)
            kept += bytes[place..<end].filter { $0 == newline || (keepsStrings && isString) }
            place = end
        }
        while place < bytes.count {
            if follows("//") {
                while place < bytes.count, bytes[place] != newline { place += 1 }
            } else if follows("/*") {
                var depth = 0
                repeat {
                    if follows("/*") { depth += 1 }
                    if follows("*/") { depth -= 1 }
                    skip(follows("/*") || follows("*/") ? 2 : 1)
                } while depth > 0 && place < bytes.count
            } else if follows("\"\"\"") {
                isString = true
                skip(3)
                while place < bytes.count, !follows("\"\"\"") { skip(follows("\\") ? 2 : 1) }
                skip(3)
                isString = false
            } else if follows("\"") {
                isString = true
                skip(1)
                while place < bytes.count, bytes[place] != newline, !follows("\"") {
                    skip(follows("\\") ? 2 : 1)
                }
                skip(follows("\"") ? 1 : 0)
                isString = false
            } else {
                kept.append(bytes[place])
                place += 1
            }
        }
        lines = kept.split(separator: newline, omittingEmptySubsequences: false)
            .map { String(decoding: $0, as: UTF8.self) }
    }

    /// Every name in it that begins with a capital letter, as types do.
    var typeNames: Set<Substring> {
        Set(lines.flatMap(Self.words).filter { $0.first?.isUppercase ?? false })
    }

    /// The types that it declares at the top level for others of its module.
    var declaredTypes: [Substring] {
        let kinds: Set<Substring> = ["struct", "class", "enum", "protocol", "actor", "typealias"]
        return lines.compactMap { line in
            guard let first = line.first, first != " ", first != "}" else { return nil }
            let words = Self.words(of: line)
            guard !words.contains("private"), !words.contains("fileprivate"), !words.contains("import"),
                let place = words.firstIndex(where: kinds.contains), place + 1 < words.count
            else { return nil }
            return words[place + 1]
        }
    }

    static func words(of line: String) -> [Substring] {
        line.split { !($0.isLetter || $0.isNumber || $0 == "_") }
    }
}

private let newline = UInt8(ascii: "\n")
