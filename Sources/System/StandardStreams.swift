import Glibc

/// Standard output, kept clean of what libraries print there.
package enum StandardStreams {
    /// Gives the caller standard output for itself: whatever else in this process writes there, as plugins of libv4l do,
    /// comes out on standard error from now on.
    ///
    /// - Returns: a descriptor of where standard output led.
    /// - Throws: the ``Errno`` of fcntl(2) or dup2(2).
    package static func takeOutput(
        _ output: Int32 = STDOUT_FILENO, insteadOf messages: Int32 = STDERR_FILENO
    ) throws(Errno) -> Int32 {
        fflush(nil)
        let own = try valueOrErrno(.open) { fcntl(output, F_DUPFD_CLOEXEC, 3) }
        do {
            _ = try valueOrErrno(.open) { dup2(messages, output) }
        } catch {
            close(own)
            throw error
        }
        return own
    }

    /// Runs `body` with standard output leading to standard error, and puts it back.
    package static func withoutOutput<Result, Failure: Error>(
        _ body: () throws(Failure) -> Result
    ) throws(Failure) -> Result {
        let own = try? takeOutput()
        defer {
            fflush(nil)
            if let own {
                dup2(own, STDOUT_FILENO)
                close(own)
            }
        }
        return try body()
    }
}
