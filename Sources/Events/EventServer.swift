import CLinux
import Glibc
import Synchronization
import System

/// Sends event lines to any number of readers of a Unix socket.
///
/// `send` only leaves the line with the server's own thread: no reader, however slow or many, holds up who sends.
public final class EventServer: EventSink, Sendable {
    /// What readers may cost; the defaults suit a kiosk.
    public struct Limits: Sendable {
        /// Readers at once; one more is closed when it comes.
        public var readers = 512
        /// Bytes that may wait for one reader, besides what the kernel holds.
        public var backlog = 1 << 16
        /// Seconds after which a reader that takes nothing is closed.
        public var patience = 10.0
        /// Seconds from one look at the socket's file to the next.
        public var fileInterval = 1.0

        /// 512 readers, 64 KiB each, ten seconds.
        public init() {}
    }

    /// What a person may want to know; each is said once.
    public enum Notice: Sendable, Equatable {
        /// Somebody removed the socket's file; it is there again.
        case remade(path: String)
        /// Somebody removed it, and it can't be made again yet; it is tried until it can.
        case cannotRemake(path: String, reason: String)
    }

    private struct Mailbox: Sendable {
        var lines: [UInt8] = []
        var lost = 0
        /// The newest first line that did not fit.
        var lostHello: [UInt8] = []
        var hello: [UInt8] = []
        var inView: [UInt8] = []
        var isStopping = false

        /// Adds a line, or counts it as lost; true where it is the first that waits.
        mutating func take(_ line: [UInt8]) -> Bool {
            guard lines.count + line.count <= EventServer.mailboxLimit else {
                if EventEncoder.isHello(line) { lostHello = line } else { lost += 1 }
                return false
            }
            defer { lines.append(contentsOf: line) }
            return lines.isEmpty
        }
    }

    private let mailbox = Guarded(Mailbox())
    private let readerCount = Atomic<Int>(0)
    private let wake: WakeSignal
    private let thread = Guarded<JoinableThread?>(nil)
    private let access: Guarded<SocketAccess>
    private let path: String
    private let notify: @Sendable (Notice) -> Void
    let limits: Limits

    /// Bytes that may wait for the server's thread.
    private static let mailboxLimit = 1 << 20

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
    public convenience init(
        path: String, access: SocketAccess = SocketAccess(), hello: [UInt8], limits: Limits = Limits(),
        notify: @escaping @Sendable (Notice) -> Void = { _ in }
    ) throws(EventError) {
        try self.init(path: path, access: access, limits: limits, Cancellation(), notify: notify)
        begin(hello: hello)
    }

    /// Takes readers from a socket that already listens, as systemd hands it over, from ``begin(hello:)`` on.
    public convenience init(listening descriptor: Int32, limits: Limits = Limits()) throws(EventError) {
        try self.init(
            EventSocket(inherited: descriptor), SocketAccess(), limits: limits, notify: { _ in })
    }

    private init(
        _ socket: EventSocket, _ access: SocketAccess, limits: Limits,
        notify: @escaping @Sendable (Notice) -> Void
    ) throws(EventError) {
        self.limits = limits
        self.notify = notify
        self.access = Guarded(access)
        path = socket.path
        var poll: Int32 = -1
        do throws(Errno) {
            wake = try WakeSignal()
            poll = try valueOrErrno(.event) { epoll_create1(Int32(EPOLL_CLOEXEC)) }
            let started = try JoinableThread(name: "raut-events") { [self, poll] in
                var loop = ReaderLoop(socket: socket, wake: wake.descriptor, poll: poll, limits: limits)
                loop.run(server: self)
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
    public func begin(hello: [UInt8]) {
        mailbox.withLock { if $0.hello.isEmpty { $0.hello = hello } }
        wake.raise()
    }

    /// How many readers there are.
    public var readers: Int { readerCount.load(ordering: .relaxed) }

    /// Leaves a line for every reader that is there.
    public func send(_ line: [UInt8]) {
        guard readers > 0 else { return }
        if mailbox.withLock({ $0.take(line) }) { wake.raise() }
    }

    /// The same, and readers that come from now on are told of the faces in view after `hello`.
    public func send(_ line: [UInt8], inView: [UInt8]) {
        let isFirst = mailbox.withLock { mailbox in
            mailbox.inView = inView
            // Asked within the lock: a reader that is not there yet gets its first lines after this one.
            return readers > 0 && mailbox.take(line)
        }
        if isFirst { wake.raise() }
    }

    /// Sends a new first line to the readers that are there, and keeps it for those who come from now on.
    public func greet(_ hello: [UInt8], inView: [UInt8]) {
        let isFirst = mailbox.withLock { mailbox in
            mailbox.hello = hello
            mailbox.inView = inView
            return readers > 0 && mailbox.take(hello)
        }
        if isFirst { wake.raise() }
    }

    /// Lets others connect than before.
    ///
    /// - Throws: ``EventError/cannotListen(path:reason:)``; then some of it may have changed.
    public func change(_ access: SocketAccess) throws(EventError) {
        guard !path.isEmpty else { return }
        try EventSocket.change(path, access)
        self.access.withLock { $0 = access }
    }

    /// Sends what waits as far as readers take it at once, closes them, and removes the socket file.
    public func stop() { stop(until: .after(1)) }

    /// The same, waiting no longer than until a deadline.
    package func stop(until deadline: Deadline) {
        mailbox.withLock { $0.isStopping = true }
        wake.raise()
        thread.withLock { $0 }?.join(until: deadline)
    }

    // MARK: - For the loop

    /// What the loop works from: new lines moved to `lines`, and how many did not fit.
    func collect(into lines: inout [UInt8]) -> Collected {
        lines.removeAll(keepingCapacity: true)
        return mailbox.withLock { mailbox in
            swap(&mailbox.lines, &lines)
            defer {
                mailbox.lost = 0
                mailbox.lostHello = []
            }
            return Collected(
                lost: mailbox.lost, lostHello: mailbox.lostHello, isStopping: mailbox.isStopping,
                hello: mailbox.hello, inView: mailbox.inView)
        }
    }

    /// What goes with the lines that were collected.
    struct Collected {
        /// How many lines did not fit.
        var lost: Int
        /// The newest first line that did not fit, or nothing.
        var lostHello: [UInt8]
        var isStopping: Bool
        /// The first line for a reader that comes now; empty before the beginning.
        var hello: [UInt8]
        /// The faces that it finds in view, as of the lines collected.
        var inView: [UInt8]
    }

    /// Makes the socket's file again, and its folder where that has gone.
    func remake() throws(EventError) -> EventSocket {
        // Without waiting: readers wait for the loop.
        let cancellation = Cancellation()
        cancellation.raise()
        return try EventSocket(
            path: path, access: access.withLock { $0 }, makesFolder: true, cancellation)
    }

    func tell(_ notice: Notice) { notify(notice) }

    func setReaders(_ count: Int) { readerCount.store(count, ordering: .relaxed) }
}
