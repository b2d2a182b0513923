/// The text of one of a cascade's elements.
struct CascadeText {
    /// The element's name, for errors.
    let name: String
    /// What stands in it.
    let bytes: [UInt8]

    /// Its words between white space.
    var words: [Substring] { String(decoding: bytes, as: UTF8.self).split(whereSeparator: \.isWhitespace) }

    /// Its numbers between white space.
    ///
    /// - Throws: ``CascadeFault`` where it is something else, or they are not as many as expected.
    func numbers(count: Int? = nil) throws(CascadeFault) -> [Double] {
        guard let values = CascadeNumbers.read(bytes), values.count == count ?? values.count else {
            throw .invalid("\(name) does not hold the numbers expected")
        }
        return values
    }

    /// Its one number.
    func number() throws(CascadeFault) -> Double { try numbers(count: 1)[0] }

    /// Its one number, whole and in a range.
    func integer(in range: ClosedRange<Int>) throws(CascadeFault) -> Int {
        guard let number = Int(exactly: try number()), range.contains(number) else {
            throw .invalid("\(name) is not a whole number from \(range.lowerBound) to \(range.upperBound)")
        }
        return number
    }
}
