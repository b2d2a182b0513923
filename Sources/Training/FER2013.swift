import Foundation

/// Why training data can't be used: the file, the row, what is wrong.
public enum DataError: Error, Equatable, Sendable, CustomStringConvertible {
    /// The file can't be opened or read: its path and the system's reason.
    case unreadable(path: String, reason: String)
    /// The file as a whole is not what it should be.
    case invalidFile(path: String, reason: String)
    /// A row, counted from 1 with the header as row 1, is not what it should be.
    case invalidRow(path: String, row: Int, reason: String)

    /// One line: what, where, why.
    public var description: String {
        switch self {
        case .unreadable(let path, let reason): "\(path): cannot read it: \(reason)"
        case .invalidFile(let path, let reason): "\(path): \(reason)"
        case .invalidRow(let path, let row, let reason): "\(path), row \(row): \(reason)"
        }
    }
}

/// The data set FER2013 (Goodfellow et al., 2013) in its published layout: `emotion,pixels,Usage`.
public enum FER2013 {
    /// Reads a file.
    public static func read(path: String) throws(DataError) -> FaceDataSet {
        let data: Data
        do {
            data = try Data(contentsOf: URL(fileURLWithPath: path), options: .mappedIfSafe)
        } catch {
            throw .unreadable(path: path, reason: (error as NSError).localizedDescription)
        }
        return try parse([UInt8](data), path: path)
    }

    /// Reads the bytes of a file; `path` is named in errors.
    static func parse(_ bytes: [UInt8], path: String) throws(DataError) -> FaceDataSet {
        var lines = Lines(bytes)
        guard let header = lines.next() else { throw .invalidFile(path: path, reason: "the file is empty") }
        let names = fields(bytes, header).map { String(decoding: bytes[$0], as: UTF8.self) }
        func column(_ name: String) throws(DataError) -> Int {
            guard let place = names.firstIndex(where: { $0.trimmingCharacters(in: .whitespaces) == name })
            else {
                throw .invalidRow(
                    path: path, row: 1, reason: "no column '\(name)'; FER2013 has emotion,pixels,Usage")
            }
            return place
        }
        let (emotion, pixels, usage) = (try column("emotion"), try column("pixels"), try column("Usage"))
        var result = FaceDataSet()
        result.pixels.reserveCapacity(bytes.count / 4)
        var row = 1
        while let line = lines.next() {
            row += 1
            if line.isEmpty { continue }
            let values = fields(bytes, line)
            guard values.count == names.count else {
                throw .invalidRow(
                    path: path, row: row, reason: "\(values.count) columns, the header has \(names.count)")
            }
            guard let label = number(bytes, values[emotion]), label <= 6 else {
                let text = String(decoding: bytes[values[emotion]].prefix(20), as: UTF8.self)
                throw .invalidRow(path: path, row: row, reason: "the emotion is '\(text)', not 0 to 6")
            }
            let name = String(decoding: bytes[values[usage]], as: UTF8.self).trimmingCharacters(
                in: .whitespaces)
            guard let part = Usage(rawValue: name) else {
                throw .invalidRow(
                    path: path, row: row,
                    reason: "the Usage is '\(name.prefix(20))', not Training, PublicTest or "
                        + "PrivateTest")
            }
            try appendPixels(bytes, values[pixels], to: &result.pixels, path: path, row: row)
            result.labels.append(label)
            result.usages.append(part)
        }
        guard result.count > 0 else { throw .invalidFile(path: path, reason: "no image below the header") }
        return result
    }

    private static func appendPixels(
        _ bytes: [UInt8], _ field: Range<Int>, to pixels: inout [UInt8], path: String, row: Int
    ) throws(DataError) {
        let before = pixels.count
        var value = -1
        for place in field {
            let byte = bytes[place]
            if byte >= 0x30, byte <= 0x39 {
                value = max(0, value) * 10 + Int(byte - 0x30)
                guard value <= 255 else {
                    throw .invalidRow(path: path, row: row, reason: "a pixel is above 255")
                }
            } else if byte == 0x20 || byte == 0x22 {
                if value >= 0 { pixels.append(UInt8(value)) }
                value = -1
            } else {
                throw .invalidRow(path: path, row: row, reason: "a pixel is no whole number")
            }
        }
        if value >= 0 { pixels.append(UInt8(value)) }
        let count = pixels.count - before
        guard count == FaceDataSet.pixelsPerImage else {
            throw .invalidRow(path: path, row: row, reason: "\(count) pixels, not 48×48 = 2304")
        }
    }

    /// The lines of a file as ranges of bytes, without their ends.
    private struct Lines: IteratorProtocol {
        private let bytes: [UInt8]
        private var position = 0

        init(_ bytes: [UInt8]) { self.bytes = bytes }

        mutating func next() -> Range<Int>? {
            guard position < bytes.count else { return nil }
            let start = position
            let end = bytes[start...].firstIndex(of: 0x0A) ?? bytes.count
            position = end + 1
            return start..<(end > start && bytes[end - 1] == 0x0D ? end - 1 : end)
        }
    }

    /// The comma-separated fields of a line; FER2013 has no commas inside fields.
    private static func fields(_ bytes: [UInt8], _ line: Range<Int>) -> [Range<Int>] {
        var result: [Range<Int>] = []
        var start = line.lowerBound
        for place in line where bytes[place] == 0x2C {
            result.append(start..<place)
            start = place + 1
        }
        result.append(start..<line.upperBound)
        return result
    }

    private static func number(_ bytes: [UInt8], _ field: Range<Int>) -> Int? {
        guard !field.isEmpty, field.count < 4 else { return nil }
        var value = 0
        for byte in bytes[field] {
            guard byte >= 0x30, byte <= 0x39 else { return nil }
            value = value * 10 + Int(byte - 0x30)
        }
        return value
    }
}
