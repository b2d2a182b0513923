extension CascadeReader {
    /// Numbers between white space; nil where it is something else. A cascade has ten thousand.
    static func numbers(in text: [UInt8]) -> [Double]? {
        var values: [Double] = []
        var start = 0
        while start < text.count {
            if isSpace(text[start]) {
                start += 1
                continue
            }
            let end = text[start...].firstIndex(where: isSpace) ?? text.count
            guard let value = Double(Substring(decoding: text[start..<end], as: UTF8.self)), value.isFinite
            else { return nil }
            values.append(value)
            start = end
        }
        return values
    }

    private static func isSpace(_ byte: UInt8) -> Bool { byte == 0x20 || (0x09...0x0D).contains(byte) }
}
