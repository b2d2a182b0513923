/// Why a source can't be opened or gives no more frames; each says what to do.
package enum CaptureError: Error, Equatable, Sendable, CustomStringConvertible {
    /// The source can't be opened: its name, the reason, and what to do.
    case cannotOpen(source: String, reason: String)
    /// The source was there and has gone: unplugged, failed, stalled.
    case lost(source: String, reason: String)
    /// The source gives bytes that are not frames.
    case invalidData(source: String, reason: String)
    /// The system gives no thread to take frames with.
    case noThread(reason: String)
    /// Somebody asked for the end while the source was being opened.
    case cancelled

    /// One line: what, where, why.
    package var description: String {
        switch self {
        case .cannotOpen(let source, let reason): "\(source): cannot open it: \(reason)"
        case .lost(let source, let reason): "\(source): lost: \(reason)"
        case .invalidData(let source, let reason): "\(source): \(reason)"
        case .noThread(let reason):
            "no thread can be started: \(reason): end other programs, or raise the limit of processes (ulimit -u)"
        case .cancelled: "stopped while the source was being opened"
        }
    }

    /// Why, without the source's name.
    package var reason: String {
        switch self {
        case .cannotOpen(_, let reason), .lost(_, let reason), .invalidData(_, let reason),
            .noThread(let reason):
            reason
        case .cancelled: "stopped"
        }
    }
}
