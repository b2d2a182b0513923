import Glibc

/// A lock on a folder, against other programs that ask for it too; it leaves no file behind, and goes with this object
/// or the process.
package final class FolderLock: Sendable {
    private let descriptor: Int32

    /// How often a lock that somebody else holds is asked for again, in seconds.
    private static let pause = 0.02

    /// Takes the lock. The corresponding C function is `flock`.
    ///
    /// - Parameters:
    ///   - deadline: until when somebody else's lock is waited for.
    ///   - cancellation: ends that wait.
    /// - Throws: the ``Errno`` of open(2) or flock(2): ``Errno/tryAgain`` where somebody else holds it.
    package init(
        _ folder: String, until deadline: Deadline = Deadline(at: 0),
        _ cancellation: Cancellation = Cancellation()
    ) throws(Errno) {
        let descriptor = try valueOrErrno(.open) { open(folder, O_RDONLY | O_DIRECTORY | O_CLOEXEC) }
        while flock(descriptor, LOCK_EX | LOCK_NB) != 0 {
            let error = Errno.last
            if error == .interrupted { continue }
            guard error == .tryAgain, !deadline.isOver, cancellation.sleep(seconds: Self.pause) else {
                close(descriptor)
                throw error
            }
        }
        self.descriptor = descriptor
    }

    deinit { close(descriptor) }
}
