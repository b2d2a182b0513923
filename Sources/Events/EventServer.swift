import CLinux
import Glibc
import System

/// Sends event lines to any number of readers of a Unix socket.
///
/// `send` only leaves the line with the server's own thread: no reader, however slow or many, holds up who sends.
package final class EventServer: EventSink, Sendable {
    /// What readers may cost.
    package typealias Limits = ReaderLimits
    /// What a person may want to know.
    package typealias Notice = SocketNotice

    private let mailbox: ReaderMailbox
    private let wake: WakeSignal
    private let thread = Guarded<JoinableThread?>(nil)

    /// Opens the socket; readers are taken from ``begin(hello:)`` on, and who connects before waits for that.
    ///
    /// - Parameters:
    ///   - path: the socket file.
    ///   - access: who may connect.
    ///   - limits: what readers may cost.
    ///   - cancellation: ends the wait for a lock on the file's folder.
    ///   - notify: called from the server's thread.
    package convenience init(
        path: String, access: SocketAccess = SocketAccess(), limits: Limits = Limits(),
        _ cancellation: Cancellation = Cancellation(), notify: @escaping @Sendable (Notice) -> Void = { _ in }
    ) throws(EventError) {
        try self.init(
            EventSocket(path: path, access: access, cancellation), access, limits: limits, notify: notify)
    }

    /// Opens the socket and begins to take readers.
    ///
    /// - Parameters:
    ///   - path: the socket file.
    ///   - access: who may connect.
    ///   - hello: the first line for each reader.
    ///   - limits: what readers may cost.
    ///   - notify: called from the server's thread.
    package convenience init(
        path: String, access: SocketAccess = SocketAccess(), hello: [UInt8], limits: Limits = Limits(),
        notify: @escaping @Sendable (Notice) -> Void = { _ in }
    ) throws(EventError) {
        try self.init(path: path, access: access, limits: limits, Cancellation(), notify: notify)
        begin(hello: hello)
    }

    /// Takes readers from a socket that already listens, as systemd hands it over, from ``begin(hello:)`` on.
    ///
    /// - Parameters:
    ///   - descriptor: the socket, which is the server's from now on.
    ///   - limits: what readers may cost.
    ///   - notify: called from the server's thread.
    package convenience init(
        listening descriptor: Int32, limits: Limits = Limits(),
        notify: @escaping @Sendable (Notice) -> Void = { _ in }
    ) throws(EventError) {
        try self.init(EventSocket(inherited: descriptor), SocketAccess(), limits: limits, notify: notify)
    }

    private init(
        _ socket: EventSocket, _ access: SocketAccess, limits: Limits,
        notify: @escaping @Sendable (Notice) -> Void
    ) throws(EventError) {
        mailbox = ReaderMailbox(path: socket.path, access, notify: notify)
        var poll: Int32 = -1
        do throws(Errno) {
            wake = try WakeSignal()
            poll = try valueOrErrno(.event) { epoll_create1(Int32(EPOLL_CLOEXEC)) }
            let started = try JoinableThread(name: "raut-events") { [mailbox, wake, poll] in
                var loop = ReaderLoop(socket: socket, wake: wake.descriptor, poll: poll, limits: limits)
                loop.run(from: mailbox)
            }
            thread.withLock { $0 = started }
        } catch {
            if poll >= 0 { close(poll) }
            socket.remove()
            throw .cannotListen(path: socket.path, reason: error.description)
        }
    }

    /// Begins to take readers; called again, it does nothing.
    ///
    /// - Parameter hello: the first line for each reader.
    package func begin(hello: [UInt8]) {
        mailbox.begin(hello: hello)
        wake.raise()
    }

    /// How many readers there are.
    package var readers: Int { mailbox.readers }

    /// Leaves a line for every reader that is there.
    package func send(_ line: [UInt8]) {
        if mailbox.leave(line) { wake.raise() }
    }

    /// The same, and readers that come from now on are told of the faces in view after `hello`.
    package func send(_ line: [UInt8], inView: [UInt8]) {
        if mailbox.leave(line, inView: inView) { wake.raise() }
    }

    /// Sends a new first line to the readers that are there, and keeps it for those who come from now on.
    package func greet(_ hello: [UInt8], inView: [UInt8]) {
        if mailbox.leave(hello: hello, inView: inView) { wake.raise() }
    }

    /// Lets others connect than before.
    ///
    /// - Throws: ``EventError/cannotListen(path:reason:)``; then some of it may have changed.
    package func change(_ access: SocketAccess) throws(EventError) {
        try mailbox.change(access)
    }

    /// Sends what waits as far as readers take it at once, closes them, and removes the socket file.
    package func stop() { stop(until: .after(1)) }

    /// The same, waiting no longer than until a deadline.
    package func stop(until deadline: Deadline) {
        mailbox.stop()
        wake.raise()
        thread.withLock { $0 }?.join(until: deadline)
    }
}
