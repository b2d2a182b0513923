import Synchronization
import System

/// What readers may cost; the defaults suit a kiosk.
package struct ReaderLimits: Sendable {
    /// Readers at once; one more is closed when it comes.
    package var readers = 512
    /// Bytes that may wait for one reader, besides what the kernel holds.
    package var backlog = 1 << 16
    /// Seconds after which a reader that takes nothing is closed.
    package var patience = 10.0
    /// Seconds from one look at the socket's file to the next.
    package var fileInterval = 1.0
    /// Seconds that readers have at the end for what waits for them.
    package var lastWords = 0.05

    /// 512 readers, 64 KiB each, ten seconds.
    package init() {}
}

/// What a person may want to know; each is said once.
package enum SocketNotice: Sendable, Equatable {
    /// Somebody removed the socket's file; it is there again.
    case remade(path: String)
    /// Somebody removed it, and it can't be made again yet; it is tried until it can.
    case cannotRemake(path: String, reason: String)
    /// Somebody removed the file of a socket that systemd opened; only systemd can make it again.
    case gone(path: String)
}

/// What an event server and its thread share: the lines that wait, and what a reader that comes now is told first.
final class ReaderMailbox: Sendable {
    private struct Content: Sendable {
        var lines: [UInt8] = []
        var lost = 0
        /// The newest first line that did not fit.
        var lostHello: [UInt8] = []
        var hello: [UInt8] = []
        var inView: [UInt8] = []
        var isStopping = false

        /// Adds a line, or counts it as lost; true where it is the first that waits.
        mutating func take(_ line: [UInt8]) -> Bool {
            guard lines.count + line.count <= ReaderMailbox.limit else {
                if EventEncoder.isHello(line) { lostHello = line } else { lost += 1 }
                return false
            }
            defer { lines.append(contentsOf: line) }
            return lines.isEmpty
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

    private let content = Guarded(Content())
    private let readerCount = Atomic<Int>(0)
    private let access: Guarded<SocketAccess>
    private let path: String
    private let notify: @Sendable (SocketNotice) -> Void

    /// Bytes that may wait for the server's thread.
    private static let limit = 1 << 20

    /// - Parameters:
    ///   - path: the socket file, or nothing where the socket was handed over.
    ///   - access: who may connect.
    ///   - notify: called from the server's thread.
    init(path: String, _ access: SocketAccess, notify: @escaping @Sendable (SocketNotice) -> Void) {
        self.path = path
        self.access = Guarded(access)
        self.notify = notify
    }

    // MARK: - For the server

    /// Readers may come from now on.
    func begin(hello: [UInt8]) {
        content.withLock { if $0.hello.isEmpty { $0.hello = hello } }
    }

    /// How many readers there are.
    var readers: Int {
        get { readerCount.load(ordering: .relaxed) }
        set { readerCount.store(newValue, ordering: .relaxed) }
    }

    /// Leaves a line; true where the thread has to be woken for it.
    func leave(_ line: [UInt8]) -> Bool {
        guard readers > 0 else { return false }
        return content.withLock { $0.take(line) }
    }

    /// The same, and keeps what readers that come from now on are told of the faces in view.
    func leave(_ line: [UInt8], inView: [UInt8]) -> Bool {
        content.withLock { content in
            content.inView = inView
            // Asked within the lock: a reader that is not there yet gets its first lines after this one.
            return readers > 0 && content.take(line)
        }
    }

    /// The same with a new first line.
    func leave(hello: [UInt8], inView: [UInt8]) -> Bool {
        content.withLock { content in
            content.hello = hello
            content.inView = inView
            return readers > 0 && content.take(hello)
        }
    }

    /// Lets others connect than before.
    func change(_ access: SocketAccess) throws(EventError) {
        guard !path.isEmpty else { return }
        try EventSocket.change(path, access)
        self.access.withLock { $0 = access }
    }

    /// The thread is to end once it has sent what waits.
    func stop() { content.withLock { $0.isStopping = true } }

    // MARK: - For its thread

    /// Moves the lines that wait to `lines`, and says what goes with them.
    func collect(into lines: inout [UInt8]) -> Collected {
        lines.removeAll(keepingCapacity: true)
        return content.withLock { content in
            swap(&content.lines, &lines)
            defer {
                content.lost = 0
                content.lostHello = []
            }
            return Collected(
                lost: content.lost, lostHello: content.lostHello, isStopping: content.isStopping,
                hello: content.hello, inView: content.inView)
        }
    }

    /// Makes the socket's file again, and its folder where that has gone.
    func remake() throws(EventError) -> EventSocket {
        // Without waiting: readers wait for the loop.
        let cancellation = Cancellation()
        cancellation.raise()
        return try EventSocket(
            path: path, access: access.withLock { $0 }, makesFolder: true, cancellation)
    }

    /// Says it to whoever wants to know.
    func tell(_ notice: SocketNotice) { notify(notice) }
}
