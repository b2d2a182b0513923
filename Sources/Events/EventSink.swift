/// Something that takes event lines: standard output, the socket's readers.
///
/// A sink never holds up who sends, unless it says so.
package protocol EventSink: AnyObject, Sendable {
    /// Takes one line with its newline; copies what it keeps.
    func send(_ line: [UInt8])

    /// Takes one line; `inView` holds the lines that tell a reader who comes later which faces are in view.
    func send(_ line: [UInt8], inView: [UInt8])

    /// True for a sink that gets a line when a face appears, changes or leaves, whatever kind of lines the
    /// others get.
    var wantsChanges: Bool { get }

    /// Takes a new first line, for present and later readers; `inView` as above, for later readers.
    func greet(_ hello: [UInt8], inView: [UInt8])
}

extension EventSink {
    /// Standard: takes the line alone, as no reader comes later.
    package func send(_ line: [UInt8], inView: [UInt8]) { send(line) }

    /// Standard: gets the kind of lines that the options ask for.
    package var wantsChanges: Bool { false }

    /// Standard: takes it as any other line.
    package func greet(_ hello: [UInt8], inView: [UInt8]) { send(hello) }
}
