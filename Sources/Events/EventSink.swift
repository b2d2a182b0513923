/// Something that takes event lines: standard output, the socket's readers.
///
/// A sink never holds up who sends, unless it says so.
package protocol EventSink: AnyObject, Sendable {
    /// Takes one line with its newline; copies what it keeps.
    func send(_ line: [UInt8])

    /// Takes one line, and the lines that tell who comes after it of the faces in view.
    func send(_ line: [UInt8], inView: [UInt8])

    /// True for one that keeps what happens to faces, whatever lines other readers have asked for.
    var wantsChanges: Bool { get }

    /// Takes a new first line, for who is there now and for who comes later, and the lines that tell the latter of the
    /// faces in view.
    func greet(_ hello: [UInt8], inView: [UInt8])
}

extension EventSink {
    /// Takes the line alone: nobody comes later.
    package func send(_ line: [UInt8], inView: [UInt8]) { send(line) }

    /// Most get the lines that were asked for.
    package var wantsChanges: Bool { false }

    /// Takes it as any other line.
    package func greet(_ hello: [UInt8], inView: [UInt8]) { send(hello) }
}
