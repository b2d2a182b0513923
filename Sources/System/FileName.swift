import Glibc

/// Names of files as text: a name is any bytes, and most are UTF-8.
///
/// A byte that is no part of UTF-8 stands as a character of its own in Unicode's private area, U+EF80 for 0x80 to U+EFFF
/// for 0xFF, so that the text is valid and every name comes back to its bytes. These characters themselves, where a name
/// holds them, stand byte by byte. In JSON, in events and in messages names look like that too.
package enum FileName {
    /// Where the private characters begin: for byte 0, which no name holds.
    private static let base: UInt32 = 0xEF00

    /// The text of a name's bytes.
    package static func decode(_ bytes: some Collection<UInt8>) -> String {
        if let text = String(validating: bytes, as: UTF8.self),
            !text.unicodeScalars.contains(where: isPrivate)
        {
            return text
        }
        var text = String.UnicodeScalarView()
        var parser = Unicode.UTF8.ForwardParser()
        var iterator = bytes.makeIterator()
        var place = bytes.startIndex
        func keep(_ count: Int) {
            for byte in bytes[place...].prefix(count) {
                let value = byte < 0x80 ? UInt32(byte) : base + UInt32(byte)
                if let scalar = Unicode.Scalar(value) { text.append(scalar) }
            }
        }
        while true {
            switch parser.parseScalar(from: &iterator) {
            case .emptyInput: return String(text)
            case .error(let length):
                keep(length)
                place = bytes.index(place, offsetBy: length)
            case .valid(let encoded):
                let scalar = Unicode.UTF8.decode(encoded)
                if isPrivate(scalar) { keep(encoded.count) } else { text.append(scalar) }
                place = bytes.index(place, offsetBy: encoded.count)
            }
        }
    }

    /// The bytes of a name, without a null at the end.
    package static func encode(_ name: String) -> [UInt8] {
        guard name.unicodeScalars.contains(where: isPrivate) else { return Array(name.utf8) }
        var bytes: [UInt8] = []
        for scalar in name.unicodeScalars {
            if isPrivate(scalar) {
                bytes.append(UInt8(truncatingIfNeeded: scalar.value))
            } else {
                bytes.append(contentsOf: UTF8.encode(scalar) ?? UTF8.encodedReplacementCharacter)
            }
        }
        return bytes
    }

    /// Calls `body` with a name's bytes as the C library takes them.
    package static func withCString<Result, Failure: Error>(
        _ name: String, _ body: (UnsafePointer<CChar>) throws(Failure) -> Result
    ) throws(Failure) -> Result {
        let bytes = encode(name) + [0]
        return try bytes.span.bytes.withUnsafeBytes { raw throws(Failure) in
            try body(raw.assumingMemoryBound(to: CChar.self).baseAddress ?? UnsafePointer(Self.empty))
        }
    }

    /// What a span of no bytes points to: it has one at least, the null.
    private nonisolated(unsafe) static let empty: UnsafeMutablePointer<CChar> = {
        let null = UnsafeMutablePointer<CChar>.allocate(capacity: 1)
        null.initialize(to: 0)
        return null
    }()

    /// The words of the command line, the program's name first.
    package static var arguments: [String] {
        (0..<Int(CommandLine.argc)).compactMap { index in
            CommandLine.unsafeArgv[index].map { word in
                decode(
                    UnsafeBufferPointer(start: word, count: strlen(word)).map {
                        UInt8(truncatingIfNeeded: $0)
                    })
            }
        }
    }

    private static func isPrivate(_ scalar: Unicode.Scalar) -> Bool {
        (base + 0x80...base + 0xFF).contains(scalar.value)
    }
}
