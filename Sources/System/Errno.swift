import Glibc

/// An error number of the system, as errno(3) lists them.
package struct Errno: Error, Equatable, Hashable, Sendable, CustomStringConvertible {
    /// The number: `ENOENT`, `ENOSPC`, ….
    package let number: Int32

    /// Takes a number as the C library gives it.
    package init(_ number: Int32) { self.number = number }

    /// What the last call of this thread left in `errno`.
    package static var last: Errno { Errno(errno) }

    /// The system's words: "No such file or directory".
    package var description: String {
        withUnsafeTemporaryAllocation(of: CChar.self, capacity: 256) { text in
            guard let start = text.baseAddress, strerror_r(number, start, text.count) == 0 else {
                return "error \(number)"
            }
            return String(cString: start)
        }
    }
}

extension Errno {
    /// `EINTR`: a signal came during the call.
    package static let interrupted = Errno(EINTR)
    /// `EAGAIN`: nothing to do now; for threads, that there can't be one more.
    package static let tryAgain = Errno(EAGAIN)
    /// `ENOENT`: no such file or folder.
    package static let notThere = Errno(ENOENT)
    /// `ENOSPC`: the disk is full.
    package static let noSpace = Errno(ENOSPC)
    /// `EIO`: the device failed.
    package static let inputOutput = Errno(EIO)
    /// `EACCES`: no permission.
    package static let noPermission = Errno(EACCES)
    /// `ENOTDIR`: what should be a folder is none.
    package static let notFolder = Errno(ENOTDIR)
    /// `EMFILE`: this process may open no more files.
    package static let tooManyFiles = Errno(EMFILE)
}
