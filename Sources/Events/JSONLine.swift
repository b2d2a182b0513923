/// One line of JSON, written member by member in the order given.
///
/// Of our own because a line goes out for every frame: it allocates only while its storage grows.
package struct JSONLine: Sendable {
    package private(set) var bytes: [UInt8] = []
    private var needsComma = false

    package init() {}

    package mutating func begin() {
        clear()
        openObject()
    }

    /// Forgets what was written, and keeps the storage.
    package mutating func clear() {
        bytes.removeAll(keepingCapacity: true)
        needsComma = false
    }

    package mutating func end() {
        closeObject()
        bytes.append(UInt8(ascii: "\n"))
    }

    package mutating func openObject() { open(UInt8(ascii: "{")) }
    package mutating func closeObject() { close(UInt8(ascii: "}")) }
    package mutating func openArray() { open(UInt8(ascii: "[")) }
    package mutating func closeArray() { close(UInt8(ascii: "]")) }

    package mutating func key(_ name: String) {
        string(name)
        bytes.append(UInt8(ascii: ":"))
        needsComma = false
    }

    package mutating func member(_ name: String, _ value: Int) {
        key(name)
        element(value)
    }

    package mutating func member(_ name: String, _ value: Double, decimals: Int) {
        key(name)
        element(value, decimals: decimals)
    }

    package mutating func member(_ name: String, _ value: String) {
        key(name)
        string(value)
    }

    package mutating func member(_ name: String, _ time: EventTime) {
        key(name)
        element(time)
    }

    /// A moment in UTC, in quotes.
    package mutating func element(_ time: EventTime) {
        separate()
        let (year, month, day) = time.date
        let rest = time.millisecondOfDay
        bytes.append(UInt8(ascii: "\""))
        digits(year, 4, then: "-")
        digits(month, 2, then: "-")
        digits(day, 2, then: "T")
        digits(rest / 3_600_000, 2, then: ":")
        digits(rest / 60_000 % 60, 2, then: ":")
        digits(rest / 1000 % 60, 2, then: ".")
        digits(rest % 1000, 3, then: "Z")
        bytes.append(UInt8(ascii: "\""))
    }

    /// An array with an element for each value.
    package mutating func array<Values: Sequence>(
        _ values: Values, _ write: (inout JSONLine, Values.Element) -> Void
    ) {
        openArray()
        for value in values { write(&self, value) }
        closeArray()
    }

    package mutating func element(_ value: Int) {
        separate()
        if value < 0 { bytes.append(UInt8(ascii: "-")) }
        decimal(value.magnitude)
    }

    /// A number rounded to so many decimals, without trailing zeros; what JSON has no number for is 0.
    package mutating func element(_ value: Double, decimals: Int) {
        separate()
        var scale = 1.0
        for _ in 0..<decimals { scale *= 10 }
        let limited = value.isFinite ? max(-1e12, min(1e12, value)) : 0
        var scaled = UInt((abs(limited) * scale).rounded())
        if limited < 0, scaled > 0 { bytes.append(UInt8(ascii: "-")) }
        var places = decimals
        while places > 0, scaled % 10 == 0 {
            scaled /= 10
            places -= 1
        }
        var unit: UInt = 1
        for _ in 0..<places { unit *= 10 }
        decimal(scaled / unit)
        guard places > 0 else { return }
        bytes.append(UInt8(ascii: "."))
        digits(Int(scaled % unit), places)
    }

    /// A string in quotes, escaped as RFC 8259 asks.
    package mutating func string(_ text: String) {
        separate()
        bytes.append(UInt8(ascii: "\""))
        for byte in text.utf8 {
            switch byte {
            case UInt8(ascii: "\""), UInt8(ascii: "\\"):
                bytes.append(UInt8(ascii: "\\"))
                bytes.append(byte)
            case 0..<0x20:
                bytes.append(contentsOf: "\\u00".utf8)
                bytes.append(Self.hexadecimal(byte >> 4))
                bytes.append(Self.hexadecimal(byte & 15))
            default:
                bytes.append(byte)
            }
        }
        bytes.append(UInt8(ascii: "\""))
    }

    private mutating func separate() {
        if needsComma { bytes.append(UInt8(ascii: ",")) }
        needsComma = true
    }

    private mutating func open(_ bracket: UInt8) {
        separate()
        bytes.append(bracket)
        needsComma = false
    }

    private mutating func close(_ bracket: UInt8) {
        bytes.append(bracket)
        needsComma = true
    }

    private mutating func decimal(_ value: UInt) {
        var unit: UInt = 1
        while value / unit >= 10 { unit *= 10 }
        while unit > 0 {
            bytes.append(UInt8(ascii: "0") + UInt8(value / unit % 10))
            unit /= 10
        }
    }

    /// Exactly `count` digits, with zeros in front, then a character.
    private mutating func digits(_ value: Int, _ count: Int, then character: Unicode.Scalar? = nil) {
        var unit = 1
        for _ in 1..<max(1, count) { unit *= 10 }
        while unit > 0 {
            bytes.append(UInt8(ascii: "0") + UInt8(max(0, value) / unit % 10))
            unit /= 10
        }
        if let character { bytes.append(UInt8(ascii: character)) }
    }

    private static func hexadecimal(_ digit: UInt8) -> UInt8 {
        digit < 10 ? UInt8(ascii: "0") + digit : UInt8(ascii: "a") + digit - 10
    }
}
