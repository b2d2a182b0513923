#if HTTP
import CMicroHTTPD
import System

/// A connection that stays: a reader of events, or of the picture.
final class HTTPStream: Sendable {
    /// What goes over it.
    enum Kind: Sendable {
        case events, picture
    }

    private struct State {
        var backlog: LineBacklog
        /// What is being sent, from `sent` on.
        var pending: [UInt8] = []
        var sent = 0
        var pictureNumber = 0
        var needsBeat = false
        var isSuspended = false
        var isEnding = false
        /// What waits is given up.
        var isCut = false
    }

    let kind: Kind
    /// libmicrohttpd lets any thread resume a connection that is suspended.
    private let connection: Confined<OpaquePointer>
    private let state: Guarded<State>
    private let picture: (@Sendable (Int) -> (number: Int, jpeg: [UInt8])?)?

    /// What stands between two pictures.
    static let boundary = "raut-picture"

    init(
        _ kind: Kind, _ connection: OpaquePointer, limit: Int, greeting: [UInt8],
        picture: (@Sendable (Int) -> (number: Int, jpeg: [UInt8])?)?
    ) {
        self.kind = kind
        self.connection = Confined(connection)
        self.picture = picture
        var backlog = LineBacklog(limit: limit)
        backlog.appendAlways(greeting)
        state = Guarded(
            State(backlog: backlog, pending: kind == .events ? Array("retry: 2000\n\n".utf8) : []))
    }

    /// Leaves a line; what does not fit is counted.
    func send(_ line: [UInt8]) {
        guard kind == .events else { return }
        wake { $0.backlog.append(line) }
    }

    /// Has a comment sent, so that a reader that is gone is noticed.
    func beat() {
        guard kind == .events else { return }
        wake { $0.needsBeat = true }
    }

    /// There is a new picture.
    func pictureChanged() {
        guard kind == .picture else { return }
        wake { _ in }
    }

    /// Ends the connection once all that waits is sent.
    func end() { wake { $0.isEnding = true } }

    /// Ends the connection, whatever waits.
    func cut() { wake { $0.isCut = true } }

    private func wake(_ change: (inout State) -> Void) {
        state.withLock { state in
            change(&state)
            guard state.isSuspended else { return }
            state.isSuspended = false
            MHD_resume_connection(connection.value)
        }
    }

    /// Fills what libmicrohttpd has room for; it sleeps where there is nothing.
    ///
    /// - Returns: the bytes written, 0 for none now, or the mark of the end.
    func fill(_ room: UnsafeMutableRawBufferPointer) -> Int {
        state.withLock { state in
            // MHD_CONTENT_READER_END_OF_STREAM, a cast that Swift does not import.
            if state.isCut { return -1 }
            if state.sent >= state.pending.count { refill(&state) }
            let count = min(room.count, state.pending.count - state.sent)
            guard count > 0 else {
                if state.isEnding { return -1 }
                state.isSuspended = true
                MHD_suspend_connection(connection.value)
                return 0
            }
            room.copyBytes(from: state.pending[state.sent..<state.sent + count])
            state.sent += count
            return count
        }
    }

    private func refill(_ state: inout State) {
        state.pending.removeAll(keepingCapacity: true)
        state.sent = 0
        switch kind {
        case .events:
            if state.backlog.isEmpty { state.backlog.noticeLoss() }
            let line = state.backlog.takeLine()
            if !line.isEmpty {
                state.pending.append(contentsOf: "data: ".utf8)
                state.pending.append(contentsOf: line)
                state.pending.append(UInt8(ascii: "\n"))
            } else if state.needsBeat {
                state.pending.append(contentsOf: ":\n\n".utf8)
            }
            state.needsBeat = false
        case .picture:
            guard !state.isEnding, let (number, jpeg) = picture?(state.pictureNumber) else { return }
            state.pictureNumber = number
            state.pending.append(
                contentsOf:
                    "--\(Self.boundary)\r\nContent-Type: image/jpeg\r\nContent-Length: \(jpeg.count)\r\n\r\n"
                    .utf8)
            state.pending.append(contentsOf: jpeg)
            state.pending.append(contentsOf: "\r\n".utf8)
        }
    }
}
#endif
