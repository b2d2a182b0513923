/// Something that takes event lines: standard output, the socket's readers.
///
/// A sink never holds up who sends, unless it says so.
public protocol EventSink: AnyObject, Sendable {
    /// Takes one line with its newline; copies what it keeps.
    func send(_ line: [UInt8])
}
