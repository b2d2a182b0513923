import Glibc

/// Why events can't be sent; each says what to do.
package enum EventError: Error, Equatable, Sendable, CustomStringConvertible {
    /// The socket can't be opened: its path, the reason, and what to do.
    case cannotListen(path: String, reason: String)
    /// An MQTT address is not usable: what it is and why.
    case badAddress(String, reason: String)
    /// MQTT can't be used at all: the broker's address and the reason.
    case cannotPublish(address: String, reason: String)
    /// The system gives no more threads.
    case noThread(reason: String)
    /// What should say where pages are served does not: what it is and why.
    case badHTTPAddress(String, reason: String)
    /// Pages can't be served: where, and the reason.
    case cannotServe(address: String, reason: String)
    /// The file of the token can't be used: its path and why.
    case badToken(path: String, reason: String)
    /// The log of events can't be written or read: its path and why.
    case cannotLog(path: String, reason: String)

    /// One line: what, where, why.
    package var description: String {
        switch self {
        case .cannotListen(let path, let reason): "\(path): cannot open the event socket: \(reason)"
        case .badAddress(let address, let reason):
            "\(address): \(reason); expected mqtt://host[:port]/topic, as 'raut run --help' shows with a user and a password"
        case .cannotPublish(let address, let reason): "\(address): cannot publish events: \(reason)"
        case .noThread(let reason):
            "no thread can be started: \(reason): allow more processes (ulimit -u, TasksMax)"
        case .badHTTPAddress(let text, let reason): "'\(text)': \(reason); expected [ADDRESS:]PORT"
        case .cannotServe(let address, let reason): "\(address): cannot serve pages: \(reason)"
        case .badToken(let path, let reason): "\(path): no token for HTTP: \(reason)"
        case .cannotLog(let path, let reason): "\(path): cannot use it as a log of events: \(reason)"
        }
    }
}
