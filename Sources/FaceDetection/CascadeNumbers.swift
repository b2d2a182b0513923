/// The numbers of a cascade's file, of which it has tens of thousands.
package enum CascadeNumbers {
    /// The numbers between white space; nil where it is something else.
    package static func read(_ text: [UInt8]) -> [Double]? {
        var values: [Double] = []
        var start = 0
        while start < text.count {
            if isSpace(text[start]) {
                start += 1
                continue
            }
            var end = start + 1
            while end < text.count, !isSpace(text[end]) { end += 1 }
            guard let value = shortNumber(in: text, start..<end) ?? number(in: text, start..<end) else {
                return nil
            }
            values.append(value)
            start = end
        }
        return values
    }

    private static func number(in text: [UInt8], _ place: Range<Int>) -> Double? {
        guard let value = Double(Substring(decoding: text[place], as: UTF8.self)), value.isFinite else {
            return nil
        }
        return value
    }

    /// A number of up to 15 digits and no exponent, which most are: digits and power of ten are exact then, so that
    /// one division rounds as it should (Clinger, 1990). Nil for any other text.
    private static func shortNumber(in text: [UInt8], _ place: Range<Int>) -> Double? {
        var at = place.lowerBound
        let isNegative = text[at] == UInt8(ascii: "-")
        if isNegative { at += 1 }
        var (digits, count, places): (Int64, Int, Int) = (0, 0, 0)
        var hasPoint = false
        while at < place.upperBound {
            let byte = text[at]
            at += 1
            if byte == UInt8(ascii: "."), !hasPoint {
                hasPoint = true
                continue
            }
            guard (0x30...0x39).contains(byte), count < 15 else { return nil }
            digits = digits * 10 + Int64(byte - 0x30)
            count += 1
            if hasPoint { places += 1 }
        }
        guard count > 0 else { return nil }
        let value = Double(digits) / powersOfTen[places]
        return isNegative ? -value : value
    }

    private static let powersOfTen: [Double] = [
        1, 1e1, 1e2, 1e3, 1e4, 1e5, 1e6, 1e7, 1e8, 1e9, 1e10, 1e11, 1e12, 1e13, 1e14, 1e15,
    ]

    private static func isSpace(_ byte: UInt8) -> Bool { byte == 0x20 || (0x09...0x0D).contains(byte) }
}
