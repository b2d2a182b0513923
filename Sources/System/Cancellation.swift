import CLinux
import Glibc
import Synchronization

/// A flag that ends every wait, this and later ones: once raised it stays so.
///
/// Each wait of the program that is not for a lock takes one, so that a single call ends them all.
package final class Cancellation: Sendable, Hashable {
    private let raised = Atomic<Bool>(false)
    private let wake: WakeSignal?

    /// Without a descriptor left for the signal, a wait looks this often whether it was raised, in nanoseconds.
    private static let slice: UInt64 = 20_000_000

    /// Makes one that is not raised. Never fails: where there is no descriptor left, waits look again and again.
    package init() { wake = try? WakeSignal() }

    /// Each is like itself alone.
    package static func == (one: Cancellation, other: Cancellation) -> Bool { one === other }

    package func hash(into hasher: inout Hasher) { hasher.combine(ObjectIdentifier(self)) }

    /// Ends every wait; may be called from any thread and from a signal handler.
    package func raise() {
        raised.store(true, ordering: .releasing)
        wake?.raise()
    }

    /// True once raised.
    package var isRaised: Bool { raised.load(ordering: .acquiring) }

    /// Readable once raised, for a poll(2) of one's own; -1 where there is none.
    package var descriptor: Int32 { wake?.descriptor ?? -1 }

    /// Waits until the deadline; false where the cancellation came first.
    package func sleep(until deadline: Deadline) -> Bool {
        wait(for: nil, until: deadline) == .timedOut
    }

    /// Waits for so many seconds; false where the cancellation came first.
    package func sleep(seconds: Double) -> Bool { sleep(until: .after(seconds)) }

    /// Waits until a descriptor is ready, the deadline comes, or the cancellation is raised.
    ///
    /// - Parameters:
    ///   - descriptor: what to watch; nil to wait for the time alone.
    ///   - readiness: whether it is to be read or written.
    ///   - deadline: when to give up.
    package func wait(
        for descriptor: Int32?, _ readiness: Readiness = .reading, until deadline: Deadline
    ) -> WaitOutcome {
        while true {
            if isRaised { return .cancelled }
            // poll(2) passes over negative descriptors.
            var watched = (
                pollfd(fd: wake?.descriptor ?? -1, events: Int16(POLLIN), revents: 0),
                pollfd(fd: descriptor ?? -1, events: readiness.events, revents: 0)
            )
            let rest = wake == nil ? min(deadline.remaining, Self.slice) : deadline.remaining
            var left = timespec(tv_sec: Int(rest / 1_000_000_000), tv_nsec: Int(rest % 1_000_000_000))
            let count = withUnsafeMutablePointer(to: &watched) { pair in
                pair.withMemoryRebound(to: pollfd.self, capacity: 2) { list in
                    rest == .max ? ppoll(list, 2, nil, nil) : ppoll(list, 2, &left, nil)
                }
            }
            if count < 0 && Errno.last == .interrupted { continue }
            if isRaised || watched.0.revents != 0 { return .cancelled }
            if watched.1.revents != 0 || count < 0 { return .ready }
            if deadline.isOver { return .timedOut }
        }
    }
}
