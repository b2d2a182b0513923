import Glibc
import Synchronization

/// Standard error, for words to a person: what can't be written is lost, and nothing else is.
package enum StandardError {
    /// Whether a reader who takes nothing is waited for: by a command that has an end, not by one that is live.
    package static let waits = Atomic(true)

    /// Whether the last reader who was not waited for took nothing.
    private static let isStuck = Atomic(false)
    /// How long one is waited for who reads slowly, in milliseconds.
    private static let patience: Int32 = 200
    /// Bytes that a pipe with any room in it takes at once: PIPE_BUF of pipe(7).
    private static let piece = 4096

    /// Writes a text, in one call where it is short, so that lines of several threads don't mix.
    package static func write(_ text: String) {
        let bytes = Array(text.utf8)
        var sent = 0
        while sent < bytes.count {
            if !waits.load(ordering: .relaxed), !hasRoom() { return }
            let count = bytes[sent...].prefix(piece).withUnsafeBytes {
                Glibc.write(STDERR_FILENO, $0.baseAddress, $0.count)
            }
            if count > 0 {
                sent += count
            } else if count == 0 || errno != EINTR && !(errno == EAGAIN && hasRoom()) {
                return
            }
        }
    }

    /// Waits a little for room, and not at all for who took nothing the last time.
    private static func hasRoom() -> Bool {
        var look = pollfd(fd: STDERR_FILENO, events: Int16(POLLOUT), revents: 0)
        let hasRoom = poll(&look, 1, isStuck.load(ordering: .relaxed) ? 0 : patience) > 0
        isStuck.store(!hasRoom, ordering: .relaxed)
        return hasRoom
    }
}
