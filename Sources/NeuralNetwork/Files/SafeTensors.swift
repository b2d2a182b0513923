import Foundation
import System

/// Why a model file can't be read or written.
package enum ModelFileError: Error, Equatable, Sendable, CustomStringConvertible {
    /// The file can't be opened or read: its path and the system's reason.
    case unreadable(path: String, reason: String)
    /// The bytes are not what the format asks for: the file and what is wrong.
    case invalid(path: String, reason: String)
    /// The file can't be written: its path and the system's reason.
    case unwritable(path: String, reason: String)

    /// One line: what, where, why.
    package var description: String {
        switch self {
        case .unreadable(let path, let reason): "\(path): cannot read it: \(reason)"
        case .invalid(let path, let reason): "\(path): not a usable model file: \(reason)"
        case .unwritable(let path, let reason): "\(path): cannot write it: \(reason)"
        }
    }
}

/// Named float32 tensors and strings about them, in the safetensors format of Hugging Face
/// (https://huggingface.co/docs/safetensors): eight bytes with the header's length, a JSON header, the bytes.
package struct SafeTensors: Sendable, Equatable {
    /// One tensor in PyTorch's shape and order.
    package struct Entry: Sendable, Equatable {
        /// PyTorch's name.
        package var name: String
        /// PyTorch's shape.
        package var shape: [Int]
        /// The values, last dimension fastest.
        package var values: [Float]

        /// Takes all as it is.
        package init(name: String, shape: [Int], values: [Float]) {
            self.name = name
            self.shape = shape
            self.values = values
        }
    }

    /// The tensors in the order in which they lie in the file.
    package var entries: [Entry]
    /// The strings under `__metadata__`.
    package var metadata: [String: String]
    /// A header larger than this is refused: the format's own limit is 100 MB, and no model here comes near 1 MB.
    static let largestHeader = 16 << 20
    /// A file larger than this is refused.
    static let largestFile = 1 << 30

    /// Takes tensors and strings.
    package init(entries: [Entry] = [], metadata: [String: String] = [:]) {
        self.entries = entries
        self.metadata = metadata
    }

    /// The tensor of a name, or nil.
    package func entry(_ name: String) -> Entry? { entries.first { $0.name == name } }

    /// Reads a file.
    package init(path: String) throws(ModelFileError) {
        let bytes: [UInt8]
        do {
            bytes = try OpenFile(reading: path).readAll(limit: Self.largestFile)
        } catch FileReadError.tooLarge {
            throw .invalid(path: path, reason: "more than a GiB, which no model has")
        } catch {
            throw .unreadable(path: path, reason: "\(error)")
        }
        try self.init(bytes, path: path)
    }

    /// Reads the bytes of a file; `path` is named in errors.
    package init(_ data: Data, path: String) throws(ModelFileError) {
        try self.init([UInt8](data), path: path)
    }

    private init(_ bytes: [UInt8], path: String) throws(ModelFileError) {
        func invalid(_ reason: String) -> ModelFileError { .invalid(path: path, reason: reason) }
        // The format asks for an object's brace behind the header's length.
        guard bytes.count > 8, bytes[8] == UInt8(ascii: "{") else {
            throw invalid("it is no safetensors file")
        }
        var length: UInt64 = 0
        for index in (0..<8).reversed() { length = length << 8 | UInt64(bytes[index]) }
        guard length <= UInt64(Self.largestHeader) else { throw invalid("a header of \(length) bytes") }
        let headerEnd = 8 + Int(length)
        guard headerEnd <= bytes.count else {
            throw invalid("cut short: the header has \(length) bytes, the file \(bytes.count)")
        }
        guard let object = try? JSONSerialization.jsonObject(with: Data(bytes[8..<headerEnd])),
            let header = object as? [String: Any]
        else { throw invalid("the header is not a JSON object") }
        let ends = header.values.compactMap { (($0 as? [String: Any])?["data_offsets"] as? [Int])?.last }
        if let end = ends.max(), end > bytes.count - headerEnd {
            throw invalid(
                "cut short: its tensors take \(end) bytes after the header, the file has "
                    + "\(bytes.count - headerEnd)")
        }
        metadata = [:]
        var found: [(start: Int, entry: Entry)] = []
        for (name, value) in header {
            if name == "__metadata__" {
                guard let strings = value as? [String: String] else {
                    throw invalid("__metadata__ holds no strings")
                }
                metadata = strings
                continue
            }
            guard let fields = value as? [String: Any], let type = fields["dtype"] as? String,
                let shape = fields["shape"] as? [Int], let offsets = fields["data_offsets"] as? [Int],
                offsets.count == 2
            else { throw invalid("tensor \(name) lacks dtype, shape or data_offsets") }
            guard type == "F32" else { throw invalid("tensor \(name) is \(type), not F32") }
            let (start, end) = (offsets[0], offsets[1])
            guard start >= 0, end >= start else {
                throw invalid("tensor \(name) lies at \(start) to \(end)")
            }
            var count = 1
            for extent in shape {
                let (product, overflow) = count.multipliedReportingOverflow(by: extent)
                guard extent >= 0, !overflow else { throw invalid("tensor \(name) has the shape \(shape)") }
                count = product
            }
            guard count <= Self.largestFile, count * 4 == end - start else {
                throw invalid("tensor \(name) of shape \(shape) has \(end - start) bytes")
            }
            let first = headerEnd + start
            // An array of nothing shares its storage with all others of the process, and is not to be written to.
            let values =
                count == 0
                ? []
                : bytes[first..<first + count * 4].withUnsafeBytes { raw in
                    [Float](unsafeUninitializedCapacity: count) { target, filled in
                        for index in 0..<count {
                            let word = raw.loadUnaligned(fromByteOffset: index * 4, as: UInt32.self)
                            target[index] = Float(bitPattern: UInt32(littleEndian: word))
                        }
                        filled = count
                    }
                }
            found.append((start, Entry(name: name, shape: shape, values: values)))
        }
        entries = found.sorted { ($0.start, $0.entry.name) < ($1.start, $1.entry.name) }.map(\.entry)
    }

    /// The bytes of the file.
    package func serialized() -> Data {
        var header = "{"
        if !metadata.isEmpty {
            let strings = metadata.sorted { $0.key < $1.key }
                .map { "\(Self.quoted($0.key)):\(Self.quoted($0.value))" }
            header += "\"__metadata__\":{\(strings.joined(separator: ","))}"
        }
        var offset = 0
        for entry in entries {
            if header.utf8.count > 1 { header += "," }
            let end = offset + entry.values.count * 4
            let shape = entry.shape.map(String.init).joined(separator: ",")
            header +=
                "\(Self.quoted(entry.name)):{\"dtype\":\"F32\",\"shape\":[\(shape)],\"data_offsets\":[\(offset),\(end)]}"
            offset = end
        }
        header += "}"
        // Padded with spaces, so that the tensors lie at a multiple of eight bytes.
        header += String(repeating: " ", count: (8 - header.utf8.count % 8) % 8)
        var data = Data(capacity: 8 + header.utf8.count + offset)
        withUnsafeBytes(of: UInt64(header.utf8.count).littleEndian) { data.append(contentsOf: $0) }
        data.append(contentsOf: header.utf8)
        for entry in entries {
            let words = entry.values.map { $0.bitPattern.littleEndian }
            words.withUnsafeBytes { data.append(contentsOf: $0) }
        }
        return data
    }

    /// Writes the file beside its place and renames it, so that a full disk leaves an older one whole.
    package func write(to path: String) throws(ModelFileError) {
        do {
            try serialized().withUnsafeBytes { try AtomicFile.write($0, to: path) }
        } catch {
            throw .unwritable(path: path, reason: FileReason.of(error))
        }
    }

    private static func quoted(_ text: String) -> String {
        var result = "\""
        for scalar in text.unicodeScalars {
            switch scalar {
            case "\"": result += "\\\""
            case "\\": result += "\\\\"
            case "\n": result += "\\n"
            case "\t": result += "\\t"
            case "\r": result += "\\r"
            case _ where scalar.value < 0x20:
                let digits = String(scalar.value, radix: 16)
                result += "\\u" + String(repeating: "0", count: 4 - digits.count) + digits
            default: result.unicodeScalars.append(scalar)
            }
        }
        return result + "\""
    }
}
