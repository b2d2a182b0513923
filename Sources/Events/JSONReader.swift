/// Reads one value of JSON (RFC 8259) member by member, and makes nothing of what is passed over.
///
/// Of our own because a day may have a million lines: Foundation makes a tree of each. Whatever is no JSON breaks the
/// reader: from then on it gives nothing, and ``isWhole`` is false.
package struct JSONReader {
    private let bytes: [UInt8]
    private var place = 0
    private var isBroken = false
    /// True behind an opening bracket: what follows has no comma before it.
    private var isFirst = false
    private var depth = 0

    /// How deep values may lie in one another.
    private static let mostDepth = 512

    /// Begins at a value's first byte, or at white space before it.
    package init(_ bytes: [UInt8]) { self.bytes = bytes }

    /// True where one value was read to its end, and nothing but white space follows it.
    package var isWhole: Bool {
        mutating get {
            skipSpace()
            return !isBroken && depth == 0 && place == bytes.count && place > 0
        }
    }

    // MARK: - Values

    /// Goes into an object; one that is none is passed over, and false.
    package mutating func beginObject() -> Bool { begin(UInt8(ascii: "{")) }

    /// Goes into an array; one that is none is passed over, and false.
    package mutating func beginArray() -> Bool { begin(UInt8(ascii: "[")) }

    /// The next member's name, whose value must be read or skipped then; nil at the object's end, which is passed.
    package mutating func nextKey() -> String? {
        guard next(closing: UInt8(ascii: "}")) else { return nil }
        skipSpace()
        guard let key = quoted() else { return nil }
        skipSpace()
        guard take(UInt8(ascii: ":")) else {
            isBroken = true
            return nil
        }
        return key
    }

    /// True before an array's next element, which must be read or skipped then; false at its end, which is passed.
    package mutating func nextElement() -> Bool { next(closing: UInt8(ascii: "]")) }

    /// A string; another value is passed over, and nil.
    package mutating func string() -> String? {
        skipSpace()
        guard peek == UInt8(ascii: "\"") else {
            skip()
            return nil
        }
        return quoted()
    }

    /// A number as far as a `Double` can hold it; another value is passed over, and nil.
    package mutating func number() -> Double? {
        skipSpace()
        guard let byte = peek, byte == UInt8(ascii: "-") || Self.isDigit(byte) else {
            skip()
            return nil
        }
        guard let value = numeral(), value.isFinite else { return nil }
        return value
    }

    /// A whole number; another value is passed over, and nil.
    package mutating func integer() -> Int? { number().flatMap { Int(exactly: $0) } }

    /// Passes over any value.
    package mutating func skip() {
        skipSpace()
        switch peek {
        case UInt8(ascii: "{"):
            guard beginObject() else { return }
            while next(closing: UInt8(ascii: "}")) {
                skipSpace()
                skipString()
                skipSpace()
                if !take(UInt8(ascii: ":")) { isBroken = true }
                skip()
            }
        case UInt8(ascii: "["):
            guard beginArray() else { return }
            while nextElement() { skip() }
        case UInt8(ascii: "\""): skipString()
        case UInt8(ascii: "t"): word("true")
        case UInt8(ascii: "f"): word("false")
        case UInt8(ascii: "n"): word("null")
        default: _ = numeral()
        }
    }

    // MARK: - Structure

    private var peek: UInt8? { !isBroken && place < bytes.count ? bytes[place] : nil }

    private mutating func take(_ byte: UInt8) -> Bool {
        guard peek == byte else { return false }
        place += 1
        return true
    }

    private mutating func skipSpace() {
        while place < bytes.count {
            switch bytes[place] {
            case 0x20, 0x09, 0x0A, 0x0D: place += 1
            default: return
            }
        }
    }

    private mutating func begin(_ bracket: UInt8) -> Bool {
        skipSpace()
        guard take(bracket) else {
            skip()
            return false
        }
        depth += 1
        isFirst = true
        if depth > Self.mostDepth { isBroken = true }
        return !isBroken
    }

    /// Passes the comma before the next part, or the bracket after the last.
    private mutating func next(closing bracket: UInt8) -> Bool {
        skipSpace()
        if take(bracket) {
            depth -= 1
            isFirst = false
            return false
        }
        if !isFirst, !take(UInt8(ascii: ",")) { isBroken = true }
        isFirst = false
        return !isBroken
    }

    private mutating func word(_ text: StaticString) {
        for index in 0..<text.utf8CodeUnitCount where !take(text.utf8Start[index]) {
            isBroken = true
            return
        }
    }

    // MARK: - Strings

    private mutating func quoted() -> String? {
        let start = place + 1
        let isPlain = skipString()
        guard !isBroken else { return nil }
        let inside = bytes[start..<place - 1]
        return isPlain ? String(decoding: inside, as: UTF8.self) : Self.unescaped(inside)
    }

    /// Passes over a string; true where nothing in it is escaped.
    @discardableResult
    private mutating func skipString() -> Bool {
        guard take(UInt8(ascii: "\"")) else {
            isBroken = true
            return false
        }
        var isPlain = true
        while let byte = peek {
            place += 1
            switch byte {
            case UInt8(ascii: "\""): return isPlain
            case UInt8(ascii: "\\"):
                isPlain = false
                skipEscape()
            case 0..<0x20: isBroken = true
            default: break
            }
        }
        isBroken = true
        return false
    }

    private mutating func skipEscape() {
        guard let byte = peek else { return }
        place += 1
        switch byte {
        case UInt8(ascii: "u"):
            for _ in 0..<4 {
                guard let digit = peek, Self.hexadecimal(digit) != nil else {
                    isBroken = true
                    return
                }
                place += 1
            }
        default: if Self.escaped(byte) == nil { isBroken = true }
        }
    }

    /// What stands for a character behind a backslash.
    private static func escaped(_ byte: UInt8) -> UInt8? {
        switch byte {
        case UInt8(ascii: "\""), UInt8(ascii: "\\"), UInt8(ascii: "/"): byte
        case UInt8(ascii: "b"): 0x08
        case UInt8(ascii: "f"): 0x0C
        case UInt8(ascii: "n"): 0x0A
        case UInt8(ascii: "r"): 0x0D
        case UInt8(ascii: "t"): 0x09
        default: nil
        }
    }

    /// The text of a string that was found well formed; half a surrogate pair becomes U+FFFD.
    private static func unescaped(_ inside: ArraySlice<UInt8>) -> String {
        var units: [UInt16] = []
        var plain: [UInt8] = []
        func flush() {
            units.append(contentsOf: String(decoding: plain, as: UTF8.self).utf16)
            plain.removeAll(keepingCapacity: true)
        }
        var rest = inside
        while let byte = rest.popFirst() {
            guard byte == UInt8(ascii: "\\"), let kind = rest.popFirst() else {
                plain.append(byte)
                continue
            }
            if let meant = escaped(kind) {
                plain.append(meant)
            } else {
                flush()
                units.append(rest.prefix(4).reduce(0) { $0 << 4 | UInt16(hexadecimal($1) ?? 0) })
                rest = rest.dropFirst(4)
            }
        }
        flush()
        return String(decoding: units, as: UTF16.self)
    }

    private static func hexadecimal(_ byte: UInt8) -> UInt8? {
        switch byte {
        case UInt8(ascii: "0")...UInt8(ascii: "9"): byte - UInt8(ascii: "0")
        case UInt8(ascii: "a")...UInt8(ascii: "f"): byte - UInt8(ascii: "a") + 10
        case UInt8(ascii: "A")...UInt8(ascii: "F"): byte - UInt8(ascii: "A") + 10
        default: nil
        }
    }

    // MARK: - Numbers

    private static func isDigit(_ byte: UInt8) -> Bool { byte &- UInt8(ascii: "0") < 10 }

    /// The powers of ten that a `Double` holds exactly.
    private static let powers: [Double] = (0...22).map { power in
        (0..<power).reduce(1.0) { value, _ in value * 10 }
    }

    private mutating func numeral() -> Double? {
        let start = place
        let isNegative = take(UInt8(ascii: "-"))
        var (digits, decimals, mantissa) = (0, 0, UInt64(0))
        let firstDigit = place
        while let byte = peek, Self.isDigit(byte) {
            mantissa = mantissa &* 10 &+ UInt64(byte - UInt8(ascii: "0"))
            digits += 1
            place += 1
        }
        guard digits > 0, digits == 1 || bytes[firstDigit] != UInt8(ascii: "0") else {
            isBroken = true
            return nil
        }
        if take(UInt8(ascii: ".")) {
            while let byte = peek, Self.isDigit(byte) {
                mantissa = mantissa &* 10 &+ UInt64(byte - UInt8(ascii: "0"))
                decimals += 1
                place += 1
            }
            if decimals == 0 { isBroken = true }
        }
        var hasExponent = false
        if let byte = peek, byte | 0x20 == UInt8(ascii: "e") {
            hasExponent = true
            place += 1
            if !take(UInt8(ascii: "+")) { _ = take(UInt8(ascii: "-")) }
            let first = place
            while let byte = peek, Self.isDigit(byte) { place += 1 }
            if place == first { isBroken = true }
        }
        guard !isBroken else { return nil }
        // Both are exact, and so the quotient is the nearest (Clinger 1990, "How to read floating point numbers
        // accurately").
        if !hasExponent, digits + decimals <= 15 {
            let value = Double(mantissa) / Self.powers[decimals]
            return isNegative ? -value : value
        }
        return Double(String(decoding: bytes[start..<place], as: UTF8.self))
    }
}
