/// The address of something in the network, whose user, password and query are never shown: not printed, not in an
/// error, not by a debugger.
///
/// Of `rtsp://user:word@camera/live?key=1` the name is `rtsp://***@camera/live?key=***`.
package struct NetworkAddress: Equatable, Sendable {
    /// The address as it may be shown.
    package let name: String
    /// What stands before `://`, in small letters.
    package let scheme: String
    private let whole: String
    /// What must not be seen anywhere, longest first.
    private let secrets: [String]

    /// True where something in it is not shown.
    package var hasSecret: Bool { !secrets.isEmpty }

    /// Takes an address apart; nil for what has no `://`.
    package init?(_ text: String) {
        guard let mark = text.firstRange(of: "://") else { return nil }
        scheme = text[..<mark.lowerBound].lowercased()
        var hidden: [Substring] = []
        let rest = text[mark.upperBound...]
        let query = rest.firstIndex { $0 == "?" || $0 == "#" } ?? rest.endIndex
        var shown = ""
        var place = rest.startIndex
        if let at = Self.endOfUser(in: rest) {
            let user = rest[..<at]
            if !user.isEmpty {
                hidden.append(user)
                if let colon = user.firstIndex(of: ":") {
                    hidden += [user[..<colon], user[user.index(after: colon)...]]
                }
                shown = "***"
            }
            place = at
        }
        if place <= query {
            shown += rest[place..<query]
            if query < rest.endIndex { shown += Self.hide(rest[query...], into: &hidden) }
        } else {
            // A password with "?" in it: what follows is shown as it is.
            shown += rest[place...]
        }
        name = "\(text[..<mark.upperBound])\(shown)"
        whole = text
        secrets = Set(hidden.filter { !$0.isEmpty }.flatMap { [String($0), Self.decoded($0)] })
            .sorted { ($0.utf8.count, $0) > ($1.utf8.count, $1) }
    }

    /// A text in which every address stands as it may be shown: for what a person typed, quoted in a message.
    package static func hidingSecrets(in text: String) -> String {
        var shown = ""
        var rest = text[...]
        while let mark = rest.firstRange(of: "://") {
            let scheme = rest[..<mark.lowerBound].reversed().prefix {
                $0.isASCII && ($0.isLetter || $0.isNumber || "+-.".contains($0))
            }
            let start = rest.index(mark.lowerBound, offsetBy: -scheme.count)
            let end =
                rest[mark.upperBound...].firstIndex { $0.isWhitespace || "'\"".contains($0) } ?? rest.endIndex
            shown += rest[..<start]
            shown += NetworkAddress(String(rest[start..<end]))?.name ?? String(rest[start..<end])
            rest = rest[end...]
        }
        return shown + rest
    }

    /// The whole address, for the program that connects.
    package func reveal() -> String { whole }

    /// A text of another program, such as its error, with everything hidden that is not to be shown.
    package func redacted(_ text: String) -> String {
        var text = text.replacing(whole, with: name)
        for secret in secrets {
            // A short word stands within others by chance: there it counts only between signs.
            text =
                secret.utf8.count >= 4
                ? text.replacing(secret, with: "***") : Self.replaceWord(secret, in: text)
        }
        return text
    }

    /// Where the part with user and password ends: at the last "@" before the path; where there is none, at one behind
    /// it, if what stands before has no other meaning, as passwords hold any sign.
    private static func endOfUser(in rest: Substring) -> Substring.Index? {
        let end = rest.firstIndex { "/?#".contains($0) } ?? rest.endIndex
        if let at = rest[..<end].lastIndex(of: "@") { return at }
        guard let at = rest.lastIndex(of: "@"), let colon = rest[..<end].firstIndex(of: ":") else {
            return nil
        }
        // "host:554/a@b" is a port and a path.
        let port = rest[rest.index(after: colon)..<end]
        return !port.isEmpty && port.allSatisfy(\.isNumber) ? nil : at
    }

    /// A query whose values are hidden, each behind its name.
    private static func hide(_ query: Substring, into hidden: inout [Substring]) -> String {
        var parts: [String] = []
        for part in query.dropFirst().split(separator: "&", omittingEmptySubsequences: false) {
            // A token alone has no name: "?0c1d2e".
            let sign = part.firstIndex(of: "=").map { part.index(after: $0) } ?? part.startIndex
            let value = part[sign...]
            if !value.isEmpty { hidden.append(value) }
            parts.append(part[..<sign] + (value.isEmpty ? "" : "***"))
        }
        return query.prefix(1) + parts.joined(separator: "&")
    }

    /// The text that `%40` and the like stand for.
    private static func decoded(_ text: Substring) -> String {
        var bytes: [UInt8] = []
        var rest = Array(text.utf8)[...]
        while let byte = rest.popFirst() {
            if byte == UInt8(ascii: "%"), rest.count >= 2,
                let value = UInt8(String(decoding: rest.prefix(2), as: UTF8.self), radix: 16)
            {
                bytes.append(value)
                rest = rest.dropFirst(2)
            } else {
                bytes.append(byte)
            }
        }
        return String(decoding: bytes, as: UTF8.self)
    }

    private static func replaceWord(_ word: String, in text: String) -> String {
        var result = ""
        var rest = text[...]
        while let range = rest.firstRange(of: word) {
            let before =
                range.lowerBound == text.startIndex ? nil : text[text.index(before: range.lowerBound)]
            let after = range.upperBound == text.endIndex ? nil : text[range.upperBound]
            let isWord = [before, after].allSatisfy { $0.map { !$0.isLetter && !$0.isNumber } ?? true }
            result += rest[..<range.lowerBound] + (isWord ? "***" : word)
            rest = rest[range.upperBound...]
        }
        return result + rest
    }
}

extension NetworkAddress: CustomStringConvertible, CustomReflectable {
    /// What may be shown.
    package var description: String { name }
    /// The same, for `dump` and debuggers.
    package var customMirror: Mirror { Mirror(self, children: ["name": name]) }
}
