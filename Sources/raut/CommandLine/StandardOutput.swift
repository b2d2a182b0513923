import Foundation
import System

/// Standard output, for lines that programs read: written whole, and every failure noticed.
package enum StandardOutput {
    /// The reader has gone, as in `raut … | head -3`: a reason to stop, none to complain.
    package struct Closed: Error {}

    /// Raised when the end is asked for: a reader that takes nothing is not waited for then.
    package static let ending = Cancellation()

    /// Bytes that a pipe with any room in it takes at once: PIPE_BUF of pipe(7).
    private static let piece = 4096

    /// Writes all of `text` at once, after what `print` has still to write.
    package static func write(_ text: String) throws {
        try flush()
        let bytes = Array(text.utf8)
        var sent = 0
        while sent < bytes.count {
            guard hasRoom else { throw Failure(description: "standard output: nobody reads it") }
            let count = bytes[sent...].prefix(piece).withUnsafeBytes {
                Glibc.write(STDOUT_FILENO, $0.baseAddress, $0.count)
            }
            if count > 0 {
                sent += count
            } else if errno != EINTR {
                try fail(errno)
            }
        }
    }

    /// Waits for room as long as nobody asks for the end.
    private static var hasRoom: Bool {
        var look = pollfd(fd: STDOUT_FILENO, events: Int16(POLLOUT), revents: 0)
        return poll(&look, 1, 0) != 0
            || ending.wait(for: STDOUT_FILENO, .writing, until: .never) != .cancelled
    }

    /// Writes what `print` has buffered.
    package static func flush() throws {
        if fflush(nil) != 0 { try fail(errno) }
    }

    private static func fail(_ number: Int32) throws {
        if number == EPIPE { throw Closed() }
        throw Failure(description: "standard output: cannot write: \(Errno(number).description)")
    }
}
