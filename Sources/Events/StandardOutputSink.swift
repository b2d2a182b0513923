import Foundation
import Glibc

/// Sends event lines to a file descriptor, standard output as a rule, from a thread of its own.
///
/// When the reader at the other end is gone, `onEnd` is called once and lines are thrown away; SIGPIPE must be
/// ignored.
public final class StandardOutputSink: EventSink, @unchecked Sendable {
    // Sendable unchecked because `condition` guards every variable below it.
    private let condition = NSCondition()
    private var backlog: LineBacklog
    private var isEnded = false
    private var isWriting = false

    private let descriptor: Int32
    private let isLossless: Bool
    private let onEnd: @Sendable () -> Void

    /// How often an idle pipe is looked at for a reader that is gone, in seconds.
    private static let idlePoll = 0.2

    /// Begins to write.
    ///
    /// - Parameters:
    ///   - descriptor: where lines go.
    ///   - isLossless: true to make `send` wait for a slow reader instead of losing lines.
    ///   - limit: bytes that may wait.
    ///   - onEnd: called from the sink's thread when the reader is gone.
    public init(
        descriptor: Int32 = STDOUT_FILENO, isLossless: Bool = false, limit: Int = 1 << 18,
        onEnd: @escaping @Sendable () -> Void = {}
    ) {
        self.descriptor = descriptor
        self.isLossless = isLossless
        self.onEnd = onEnd
        backlog = LineBacklog(limit: limit)
        let thread = Thread { [self] in writeLines(limit: limit) }
        thread.name = "raut-stdout"
        thread.start()
    }

    /// Takes one line; waits only where the sink is lossless and its reader slow.
    public func send(_ line: [UInt8]) {
        condition.lock()
        defer { condition.unlock() }
        while isLossless, !isEnded, backlog.count + line.count > backlog.limit, !backlog.isEmpty {
            condition.wait()
        }
        guard !isEnded else { return }
        if isLossless { backlog.appendAlways(line) } else { backlog.append(line) }
        condition.broadcast()
    }

    /// Waits until everything is written, the reader is gone, or the time in seconds is over.
    public func finish(within seconds: Double) {
        let deadline = Date(timeIntervalSinceNow: seconds)
        condition.lock()
        defer { condition.unlock() }
        while !isEnded, !backlog.isEmpty || isWriting {
            guard condition.wait(until: deadline) else { break }
        }
        isEnded = true
        condition.broadcast()
    }

    private func writeLines(limit: Int) {
        var chunk: [UInt8] = []
        chunk.reserveCapacity(limit)
        while takeChunk(&chunk) {
            if !write(chunk) || readerIsGone { return end() }
        }
    }

    /// Waits for lines; false when there will be no more. An empty chunk is a moment to look at the pipe.
    private func takeChunk(_ chunk: inout [UInt8]) -> Bool {
        condition.lock()
        defer { condition.unlock() }
        isWriting = false
        condition.broadcast()
        if backlog.isEmpty { backlog.noticeLoss() }
        if backlog.isEmpty, !isEnded { _ = condition.wait(until: Date(timeIntervalSinceNow: Self.idlePoll)) }
        chunk.removeAll(keepingCapacity: true)
        _ = backlog.take { bytes in
            chunk.append(contentsOf: bytes)
            return bytes.count
        }
        isWriting = !chunk.isEmpty
        return !isEnded || isWriting
    }

    private func write(_ chunk: [UInt8]) -> Bool {
        var written = 0
        while written < chunk.count {
            let count = chunk.withUnsafeBytes { bytes in
                Glibc.write(descriptor, bytes.baseAddress?.advanced(by: written), bytes.count - written)
            }
            if count > 0 {
                written += count
            } else if count < 0, errno == EAGAIN {
                var poll = pollfd(fd: descriptor, events: Int16(POLLOUT), revents: 0)
                _ = Glibc.poll(&poll, 1, 1000)
            } else if count < 0, errno != EINTR {
                return false
            }
        }
        return true
    }

    /// True for a pipe or socket whose other end is closed.
    private var readerIsGone: Bool {
        var poll = pollfd(fd: descriptor, events: 0, revents: 0)
        return Glibc.poll(&poll, 1, 0) > 0 && poll.revents & Int16(POLLERR) != 0
    }

    private func end() {
        condition.lock()
        isEnded = true
        isWriting = false
        condition.broadcast()
        condition.unlock()
        onEnd()
    }
}
