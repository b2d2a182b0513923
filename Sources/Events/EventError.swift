import Glibc

/// Why events can't be sent; each says what to do.
public enum EventError: Error, Equatable, Sendable, CustomStringConvertible {
    /// The socket can't be opened: its path, the reason, and what to do.
    case cannotListen(path: String, reason: String)

    /// One line: what, where, why.
    public var description: String {
        switch self {
        case .cannotListen(let path, let reason): "\(path): cannot open the event socket: \(reason)"
        }
    }
}

/// The system's words for an error number.
func systemMessage(_ number: Int32) -> String {
    String(cString: strerror(number))
}
