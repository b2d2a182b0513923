/// A text that must be seen by nobody: it prints as `***`, whoever prints it and however.
package struct Secret: Sendable, Equatable, CustomStringConvertible, CustomDebugStringConvertible,
    CustomReflectable
{
    /// The text itself, for the one call that takes it.
    package let revealed: String

    /// Takes a text.
    package init(_ text: String) { revealed = text }

    /// `***`.
    package var description: String { "***" }

    /// `***`.
    package var debugDescription: String { "***" }

    /// Nothing to look into: `dump` prints `***` too.
    package var customMirror: Mirror { Mirror(self, children: []) }
}

extension Secret {
    /// Reads a secret from a file: its first line.
    ///
    /// - Parameters:
    ///   - path: a file of at most 4096 bytes, as systemd's `LoadCredential` hands one over.
    ///   - cancellation: ends the wait for a pipe.
    /// - Throws: the ``Errno`` of open(2), ``FileReadError``.
    package init(contentsOf path: String, _ cancellation: Cancellation? = nil) throws {
        let file = try OpenFile(reading: path)
        let bytes = try file.readAll(limit: 4096, cancellation)
        self.init(String(decoding: bytes.prefix { $0 != 10 && $0 != 13 }, as: UTF8.self))
    }
}
