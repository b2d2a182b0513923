import Glibc

/// Why events can't be sent; each says what to do.
public enum EventError: Error, Equatable, Sendable, CustomStringConvertible {
    /// The socket can't be opened: its path, the reason, and what to do.
    case cannotListen(path: String, reason: String)
    /// An MQTT address is not usable: what it is and why.
    case badAddress(String, reason: String)
    /// MQTT can't be used at all: the broker's address and the reason.
    case cannotPublish(address: String, reason: String)

    /// One line: what, where, why.
    public var description: String {
        switch self {
        case .cannotListen(let path, let reason): "\(path): cannot open the event socket: \(reason)"
        case .badAddress(let address, let reason):
            "\(address): \(reason); expected mqtt://[user:password@]host[:port]/topic"
        case .cannotPublish(let address, let reason): "\(address): cannot publish events: \(reason)"
        }
    }
}
