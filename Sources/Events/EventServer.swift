import CLinux
import Foundation
import Glibc
import Synchronization

/// Sends event lines to any number of readers of a Unix socket.
///
/// `send` only leaves the line with the server's own thread: no reader, however slow or many, holds up who sends.
public final class EventServer: EventSink, @unchecked Sendable {
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
        var hello: [UInt8]
        var isStopping = false
    }

    // Sendable unchecked because `lock` guards `mailbox`; the thread sanitizer sees this lock, and not a `Mutex`.
    private let lock = NSLock()
    private var mailbox: Mailbox
    private let readerCount = Atomic<Int>(0)
    private let wake: Int32
    private let ended = DispatchSemaphore(value: 0)

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
        let wake = eventfd(0, Int32(EFD_CLOEXEC | EFD_NONBLOCK))
        let poll = epoll_create1(Int32(EPOLL_CLOEXEC))
        guard wake >= 0, poll >= 0 else {
            let reason = systemMessage(errno)
            if wake >= 0 { close(wake) }
            socket.remove()
            throw .cannotListen(path: socket.path, reason: reason)
        }
        self.wake = wake
        mailbox = Mailbox(hello: hello)
        let thread = Thread { [self] in
            var loop = ReaderLoop(socket: socket, wake: wake, poll: poll, limits: limits)
            loop.run(server: self)
            ended.signal()
        }
        thread.name = "raut-events"
        thread.start()
    }

    deinit { close(wake) }

    /// How many readers there are.
    public var readers: Int { readerCount.load(ordering: .relaxed) }

    /// Leaves a line for every reader that is there.
    public func send(_ line: [UInt8]) {
        guard readers > 0 else { return }
        let wasEmpty = lock.withLock {
            guard mailbox.lines.count + line.count <= Self.mailboxLimit else {
                mailbox.lost += 1
                return false
            }
            defer { mailbox.lines.append(contentsOf: line) }
            return mailbox.lines.isEmpty
        }
        if wasEmpty { wakeUp() }
    }

    /// Replaces the first line for readers that come from now on.
    public func setHello(_ line: [UInt8]) {
        lock.withLock { mailbox.hello = line }
    }

    /// Sends what waits as far as readers take it at once, closes them, and removes the socket file.
    public func stop() {
        let wasStopping = lock.withLock {
            defer { mailbox.isStopping = true }
            return mailbox.isStopping
        }
        guard !wasStopping else { return }
        wakeUp()
        ended.wait()
    }

    private func wakeUp() {
        var one: UInt64 = 1
        _ = Glibc.write(wake, &one, 8)
    }

    /// What the loop works from: new lines moved to `lines`, and how many did not fit.
    func collect(into lines: inout [UInt8]) -> (lost: Int, isStopping: Bool) {
        lines.removeAll(keepingCapacity: true)
        return lock.withLock {
            swap(&mailbox.lines, &lines)
            defer { mailbox.lost = 0 }
            return (mailbox.lost, mailbox.isStopping)
        }
    }

    func hello() -> [UInt8] { lock.withLock { mailbox.hello } }

    func setReaders(_ count: Int) { readerCount.store(count, ordering: .relaxed) }
}
