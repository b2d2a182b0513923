import Foundation
import System

/// Standard output, for lines that programs read: written whole, and every failure noticed.
package enum StandardOutput {
    /// The reader has gone, as in `raut … | head -3`: a reason to stop, none to complain.
    package struct Closed: Error {}

    /// Writes all of `text` at once, after what `print` has still to write.
    package static func write(_ text: String) throws {
        try flush()
        let bytes = Array(text.utf8)
        var sent = 0
        while sent < bytes.count {
            let count = bytes[sent...].withUnsafeBytes {
                Glibc.write(STDOUT_FILENO, $0.baseAddress, $0.count)
            }
            if count > 0 {
                sent += count
            } else if errno != EINTR {
                try fail(errno)
            }
        }
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
