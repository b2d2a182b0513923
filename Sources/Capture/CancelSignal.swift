import CLinux
import Glibc

/// A flag that wakes whoever waits: once raised it stays so.
///
/// An eventfd: a wait for a device, a pipe or a point in time watches it beside what it waits for.
final class CancelSignal: Sendable {
    /// How a wait ended.
    enum Wait: Equatable {
        /// The descriptor has something: data, its end, or an error.
        case ready
        /// The time is over.
        case timedOut
        /// The signal was raised.
        case cancelled
    }

    private let descriptor: Int32

    /// Makes a signal that is not raised. Without a descriptor left it can't be raised; waits still end in time.
    init() {
        descriptor = eventfd(0, Int32(EFD_CLOEXEC) | Int32(EFD_NONBLOCK))
    }

    deinit {
        if descriptor >= 0 { close(descriptor) }
    }

    /// Wakes every wait, this and later ones; callable from any thread and from a signal handler.
    func raise() {
        var one: UInt64 = 1
        _ = write(descriptor, &one, 8)
    }

    /// True once raised.
    var isRaised: Bool { wait(nanoseconds: 0) == .cancelled }

    /// Waits until `other` can be read, the time is over, or the signal is raised.
    ///
    /// - Parameters:
    ///   - other: a descriptor to read from, or nil to wait for the time alone.
    ///   - nanoseconds: how long at most; nil for as long as it takes.
    func wait(for other: Int32? = nil, nanoseconds: UInt64? = nil) -> Wait {
        let deadline = nanoseconds.map { MonotonicClock.now &+ $0 }
        while true {
            // poll(2) passes over negative descriptors.
            let readable = Int16(POLLIN)
            let first = pollfd(fd: descriptor, events: readable, revents: 0)
            let second = pollfd(fd: other ?? -1, events: readable, revents: 0)
            var watched = (first, second)
            var left = timespec()
            if let deadline {
                let now = MonotonicClock.now
                let rest = deadline > now ? deadline - now : 0
                left = timespec(tv_sec: Int(rest / 1_000_000_000), tv_nsec: Int(rest % 1_000_000_000))
            }
            let count = withUnsafeMutablePointer(to: &watched) { pair in
                pair.withMemoryRebound(to: pollfd.self, capacity: 2) { list in
                    deadline == nil ? ppoll(list, 2, nil, nil) : ppoll(list, 2, &left, nil)
                }
            }
            if count < 0 && errno == EINTR { continue }
            if watched.0.revents != 0 { return .cancelled }
            if watched.1.revents != 0 || count < 0 { return .ready }
            return .timedOut
        }
    }
}

/// The clock of frames: `CLOCK_MONOTONIC` in nanoseconds.
enum MonotonicClock {
    static var now: UInt64 {
        var time = timespec()
        clock_gettime(CLOCK_MONOTONIC, &time)
        return UInt64(time.tv_sec) &* 1_000_000_000 &+ UInt64(time.tv_nsec)
    }
}
