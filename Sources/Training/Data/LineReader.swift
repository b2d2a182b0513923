import Foundation

/// The lines of a data file, one after the other, in a buffer that is used again.
struct LineReader {
    /// Where the last line lies.
    private(set) var bytes = [UInt8](repeating: 0, count: longestLine)
    /// The number of the last line, counted from 1.
    private(set) var row = 0
    /// The file's size in bytes and how many of them were read; nil where it has no size, such as a pipe.
    var progress: (done: Int, total: Int)? { stream.size.map { (stream.taken, $0) } }
    private let path: String
    private let stream: DataStream
    private var start = 0
    private var end = 0
    private var isAtEnd = false

    /// 1 MiB; a line of FER2013 has at most 9.3 kB.
    private static let longestLine = 1 << 20

    /// Opens a file, plain or packed with xz.
    ///
    /// - Parameter patience: Seconds that a pipe may say nothing.
    init(path: String, patience: Double = 10) throws(DataError) {
        self.path = path
        stream = try DataStream(path: path, patience: patience)
        while end < 3, !isAtEnd { try fill() }
        if end >= 3, bytes[..<3] == [0xEF, 0xBB, 0xBF] { start = 3 }
    }

    /// The place of the next line in ``bytes``, without its end; nil after the last one.
    mutating func next() throws(DataError) -> Range<Int>? {
        var scanned = start
        while true {
            if let line = bytes[scanned..<end].firstIndexOfNewline {
                defer { start = line + 1 }
                row += 1
                return trimmed(start..<line)
            }
            scanned = end
            guard !isAtEnd else { break }
            if start > 0 {
                bytes.replaceSubrange(0..<end - start, with: Array(bytes[start..<end]))
                (scanned, end, start) = (scanned - start, end - start, 0)
            }
            guard end < bytes.count else {
                throw .invalidRow(path: path, row: row + 1, reason: "longer than 1 MiB")
            }
            try fill()
        }
        guard start < end else { return nil }
        defer { start = end }
        row += 1
        return trimmed(start..<end)
    }

    private mutating func fill() throws(DataError) {
        let count = try stream.read(into: &bytes, at: end..<bytes.count)
        end += count
        isAtEnd = count == 0
    }

    private func trimmed(_ line: Range<Int>) -> Range<Int> {
        line.isEmpty || bytes[line.upperBound - 1] != 0x0D ? line : line.lowerBound..<line.upperBound - 1
    }

    /// The names of the columns, which stand in the first line.
    mutating func header() throws(DataError) -> [String] {
        guard let line = try next() else { throw .invalidFile(path: path, reason: "the file is empty") }
        var places: [Range<Int>] = []
        fields(of: line, into: &places)
        return places.map(text)
    }

    /// Puts the places of a line's fields, parted by commas, into `fields`.
    func fields(of line: Range<Int>, into fields: inout [Range<Int>]) {
        fields.removeAll(keepingCapacity: true)
        bytes.withUnsafeBufferPointer { bytes in
            var start = line.lowerBound
            for place in line where bytes[place] == 0x2C {
                fields.append(start..<place)
                start = place + 1
            }
            fields.append(start..<line.upperBound)
        }
    }

    /// A field as text, at most 40 bytes of it, without the spaces and quotation marks around it.
    func text(_ field: Range<Int>) -> String {
        func isAround(_ byte: UInt8) -> Bool { byte == 0x20 || byte == 0x09 || byte == 0x22 }
        var text = bytes[field].drop(while: isAround)
        while let last = text.last, isAround(last) { text.removeLast() }
        return String(decoding: text.prefix(40), as: UTF8.self)
    }
}

extension ArraySlice<UInt8> {
    /// Where the first line feed is.
    fileprivate var firstIndexOfNewline: Int? {
        withUnsafeBytes { bytes in
            guard let base = bytes.baseAddress, let found = memchr(base, 0x0A, bytes.count) else {
                return nil
            }
            return startIndex + (UnsafeRawPointer(found) - base)
        }
    }
}
