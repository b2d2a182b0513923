import CLinux
import Glibc

/// Wakes a thread that waits for descriptors: an eventfd, to be watched by poll(2) or epoll(7) beside what else is
/// waited for.
package final class WakeSignal: Sendable {
    /// Readable while raised.
    package let descriptor: Int32

    /// Makes one that is not raised.
    ///
    /// - Throws: the ``Errno`` of eventfd(2).
    package init() throws(Errno) {
        descriptor = try valueOrErrno(.event) { eventfd(0, Int32(EFD_CLOEXEC) | Int32(EFD_NONBLOCK)) }
    }

    deinit { close(descriptor) }

    /// Wakes who waits; may be called from any thread and from a signal handler.
    package func raise() {
        var one: UInt64 = 1
        _ = Glibc.write(descriptor, &one, 8)
    }

    /// Makes it wake nobody until it is raised again.
    ///
    /// - Returns: true where it was raised.
    @discardableResult
    package func lower() -> Bool {
        var count: UInt64 = 0
        return Glibc.read(descriptor, &count, 8) == 8
    }
}

/// What a wait for a descriptor is about.
package enum Readiness: Sendable {
    /// There is something to read, or the end.
    case reading
    /// There is room to write, or nobody reads any more.
    case writing

    var events: Int16 { Int16(self == .reading ? POLLIN : POLLOUT) }
}

/// How a wait ended.
package enum WaitOutcome: Equatable, Sendable {
    /// The descriptor has something: data, room, its end, or an error.
    case ready
    /// The time is over.
    case timedOut
    /// The cancellation was raised.
    case cancelled
}
