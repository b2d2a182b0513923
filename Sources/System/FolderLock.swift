import Glibc

/// A lock on a folder or on a file, against other programs that ask for it too; it goes with this object or the process.
package final class FolderLock: Sendable {
    private let descriptor: Int32

    /// How often a lock that somebody else holds is asked for again, in seconds.
    private static let pause = 0.02

    /// Takes the lock. The corresponding C function is `flock`.
    ///
    /// - Parameters:
    ///   - folder: what to lock; nothing is left behind in it.
    ///   - deadline: until when somebody else's lock is waited for.
    ///   - cancellation: ends that wait.
    /// - Throws: the ``Errno`` of open(2) or flock(2): ``Errno/tryAgain`` where somebody else holds it.
    package convenience init(
        _ folder: String, until deadline: Deadline = Deadline(at: 0),
        _ cancellation: Cancellation = Cancellation()
    ) throws(Errno) {
        try self.init(
            descriptor: valueOrErrno(.open) {
                FileName.withCString(folder) { open($0, O_RDONLY | O_DIRECTORY | O_CLOEXEC) }
            },
            until: deadline, cancellation)
    }

    /// Takes the lock on a file of its own, which is made and left behind: for a folder that others lock for a moment.
    ///
    /// - Parameters:
    ///   - path: the file.
    ///   - deadline: until when somebody else's lock is waited for.
    /// - Throws: as above.
    package convenience init(file path: String, until deadline: Deadline = Deadline(at: 0)) throws(Errno) {
        try self.init(
            descriptor: valueOrErrno(.open) {
                FileName.withCString(path) { open($0, O_RDWR | O_CREAT | O_CLOEXEC, 0o666) }
            },
            until: deadline, Cancellation())
    }

    private init(
        descriptor: Int32, until deadline: Deadline, _ cancellation: Cancellation
    ) throws(Errno) {
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
