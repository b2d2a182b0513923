import Glibc

/// Standard error, for words to a person: what can't be written is lost, and nothing else is.
package enum StandardError {
    /// How long one who reads slowly is waited for where a write doesn't wait itself, in milliseconds.
    private static let patience: Int32 = 1000

    /// Writes a text, in one call where it is taken at once, so that lines of several threads don't mix.
    package static func write(_ text: String) {
        let bytes = Array(text.utf8)
        var sent = 0
        while sent < bytes.count {
            let count = bytes[sent...].withUnsafeBytes {
                Glibc.write(STDERR_FILENO, $0.baseAddress, $0.count)
            }
            if count > 0 {
                sent += count
            } else if count == 0 || errno != EINTR && !(errno == EAGAIN && hasRoom()) {
                return
            }
        }
    }

    private static func hasRoom() -> Bool {
        var look = pollfd(fd: STDERR_FILENO, events: Int16(POLLOUT), revents: 0)
        return poll(&look, 1, patience) > 0
    }
}
