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

        /// 512 readers, 64 KiB each, ten seconds.
        public init() {}
    }

    private struct Mailbox {
        var lines: [UInt8] = []
        var lost = 0
        /// The newest first line that did not fit.
        var lostHello: [UInt8] = []
        var hello: [UInt8]
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

    private let mailbox: Guarded<Mailbox>
    private let readerCount = Atomic<Int>(0)
    private let wake: WakeSignal
    private let thread = Guarded<JoinableThread?>(nil)

    /// Bytes that may wait for the server's thread.
    private static let mailboxLimit = 1 << 20

    /// Opens the socket and begins to take readers.
    ///
    /// - Parameters:
    ///   - path: the socket file.
    ///   - access: who may connect.
    ///   - hello: the first line for each reader.
    ///   - limits: what readers may cost.
    public convenience init(
        path: String, access: SocketAccess = SocketAccess(), hello: [UInt8], limits: Limits = Limits()
    ) throws(EventError) {
        try self.init(EventSocket(path: path, access: access), hello: hello, limits: limits)
    }

    /// Takes readers from a socket that already listens, as systemd hands it over.
    public convenience init(listening descriptor: Int32, hello: [UInt8], limits: Limits = Limits())
        throws(EventError)
    {
        try self.init(EventSocket(inherited: descriptor), hello: hello, limits: limits)
    }

    private init(_ socket: EventSocket, hello: [UInt8], limits: Limits) throws(EventError) {
        var opened: Int32 = -1
        do throws(Errno) {
            wake = try WakeSignal()
            mailbox = Guarded(Mailbox(hello: hello))
            let poll = try valueOrErrno(.event) { epoll_create1(Int32(EPOLL_CLOEXEC)) }
            opened = poll
            let started = try JoinableThread(name: "raut-events") { [self] in
                var loop = ReaderLoop(socket: socket, wake: wake.descriptor, poll: poll, limits: limits)
                loop.run(server: self)
            }
            thread.withLock { $0 = started }
        } catch {
            if opened >= 0 { close(opened) }
            socket.remove()
            throw .cannotListen(path: socket.path, reason: error.description)
        }
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
    public func greet(_ hello: [UInt8]) {
        let isFirst = mailbox.withLock { mailbox in
            mailbox.hello = hello
            return readers > 0 && mailbox.take(hello)
        }
        if isFirst { wake.raise() }
    }

    /// Sends what waits as far as readers take it at once, closes them, and removes the socket file.
    public func stop() {
        let wasStopping = mailbox.withLock { mailbox in
            defer { mailbox.isStopping = true }
            return mailbox.isStopping
        }
        guard !wasStopping else { return }
        wake.raise()
        thread.withLock { $0 }?.join()
    }

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
        /// The first line for a reader that comes now.
        var hello: [UInt8]
        /// The faces that it finds in view, as of the lines collected.
        var inView: [UInt8]
    }

    func setReaders(_ count: Int) { readerCount.store(count, ordering: .relaxed) }
}
