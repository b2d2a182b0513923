import Glibc
import System

/// Sends event lines to a file descriptor, standard output as a rule, from a thread of its own.
///
/// It ends where the reader at the other end has gone. A full disk is reported, and lines are written again
/// when there is room. SIGPIPE must be ignored.
package final class StandardOutputSink: EventSink, Sendable {
    /// What became of where the lines go.
    package enum Notice: Sendable, Equatable {
        /// The reader at the other end has gone; lines are thrown away from now on. Said once.
        case readerGone
        /// Nothing can be written: the disk is full, the terminal failed. It is tried again.
        case failed(reason: String)
        /// Lines can be written again.
        case back
    }

    private struct State: Sendable {
        var backlog: LineBacklog
        var isEnded = false
        var isWriting = false
        /// Whether `send` waits for room instead of losing lines.
        var waits: Bool
    }

    private let state: Guarded<State>
    private let ending = Cancellation()
    private let descriptor: Int32
    private let limit: Int
    private let retryPause: Double
    private let notify: @Sendable (Notice) -> Void

    /// How often an idle pipe is looked at for a reader that is gone, in seconds.
    private static let idlePoll = 0.2

    /// Begins to write.
    ///
    /// - Parameters:
    ///   - descriptor: where lines go.
    ///   - isLossless: true to make `send` wait for a slow reader instead of losing lines, as long as nothing is wrong.
    ///   - limit: bytes that may wait.
    ///   - retryPause: after how many seconds what can't be written is tried again.
    ///   - notify: called from the sink's thread.
    /// - Throws: ``EventError/noThread(reason:)``.
    package init(
        descriptor: Int32 = STDOUT_FILENO, isLossless: Bool = false, limit: Int = 1 << 18,
        retryPause: Double = 1, notify: @escaping @Sendable (Notice) -> Void = { _ in }
    ) throws(EventError) {
        self.descriptor = descriptor
        self.limit = limit
        self.retryPause = retryPause
        self.notify = notify
        state = Guarded(State(backlog: LineBacklog(limit: limit), waits: isLossless))
        do throws(Errno) {
            _ = try JoinableThread(name: "raut-stdout") { [self] in writeLines() }
        } catch {
            throw .noThread(reason: error.description)
        }
    }

    /// Takes one line; waits only where the sink is lossless and its reader slow.
    package func send(_ line: [UInt8]) {
        _ = state.wait(until: .never) { state -> Void? in
            guard !state.isEnded else { return () }
            let isFull = state.backlog.count + line.count > state.backlog.limit
            if state.waits {
                if isFull, !state.backlog.isEmpty { return nil }
                state.backlog.appendAlways(line)
            } else {
                state.backlog.append(line)
            }
            return ()
        }
    }

    /// Makes `send` wait for nobody any more: what does not fit is lost, and counted.
    package func stopWaiting() { state.change { $0.waits = false } }

    /// Waits until a lossless one has written everything; it is ended by ``stopWaiting()`` and ``finish(within:)``.
    package func drain() {
        let isDone: Void? = state.wait(until: .never) { state in
            state.isEnded || !state.waits || (state.backlog.isEmpty && !state.isWriting) ? () : nil
        }
        _ = isDone
    }

    /// Waits until everything is written, the reader is gone, or the time in seconds is over.
    package func finish(within seconds: Double) {
        let isDone: Void? = state.wait(until: .after(seconds)) { state in
            state.isEnded || (state.backlog.isEmpty && !state.isWriting) ? () : nil
        }
        _ = isDone
        state.change { $0.isEnded = true }
        ending.raise()
    }

    /// True where nothing waits to be written.
    package var isIdle: Bool { state.withLock { $0.backlog.isEmpty && !$0.isWriting } }

    // MARK: - The sink's thread

    private func writeLines() {
        var chunk: [UInt8] = []
        chunk.reserveCapacity(limit)
        while takeChunk(&chunk) {
            guard write(chunk), !readerIsGone else {
                state.change { state in
                    state.isEnded = true
                    state.isWriting = false
                }
                if !ending.isRaised { notify(.readerGone) }
                return
            }
        }
    }

    /// Waits for lines; false when there will be no more. An empty chunk is a moment to look at the pipe.
    private func takeChunk(_ chunk: inout [UInt8]) -> Bool {
        chunk.removeAll(keepingCapacity: true)
        // At once: where a loss is not told yet, `finish(within:)` must not find everything written.
        state.change { state in
            if state.backlog.isEmpty { state.backlog.noticeLoss() }
            state.isWriting = false
        }
        let isOver = state.wait(until: .after(Self.idlePoll)) { state -> Bool? in
            if state.backlog.isEmpty { state.backlog.noticeLoss() }
            guard !state.backlog.isEmpty || state.isEnded else { return nil }
            _ = state.backlog.take { waiting in
                chunk.append(contentsOf: waiting)
                return waiting.count
            }
            state.isWriting = !chunk.isEmpty
            return chunk.isEmpty
        }
        return !(isOver ?? false)
    }

    /// Writes all, as long as that takes; false where the reader has gone or the end has come.
    private func write(_ chunk: [UInt8]) -> Bool {
        var written = 0
        var failure: Errno?
        while written < chunk.count {
            let error: Errno
            do throws(Errno) {
                written += try valueOrErrno(.write) {
                    chunk.withUnsafeBytes { bytes in
                        Glibc.write(
                            descriptor, bytes.baseAddress?.advanced(by: written), bytes.count - written)
                    }
                }
                if failure != nil { notify(.back) }
                failure = nil
                continue
            } catch let thrown {
                error = thrown
            }
            switch error {
            case .tryAgain:
                if ending.wait(for: descriptor, .writing, until: .after(retryPause)) == .cancelled {
                    return false
                }
            case Errno(EPIPE): return false
            default:
                if failure == nil { notify(.failed(reason: error.description)) }
                // A disk that stays full is not waited for: others get the lines too.
                stopWaiting()
                failure = error
                guard ending.sleep(seconds: retryPause) else { return false }
            }
        }
        return true
    }

    /// True for a pipe or socket whose other end is closed.
    private var readerIsGone: Bool {
        var poll = pollfd(fd: descriptor, events: 0, revents: 0)
        return Glibc.poll(&poll, 1, 0) > 0 && poll.revents & Int16(POLLERR) != 0
    }
}
