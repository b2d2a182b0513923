import Synchronization

/// Whether a thread gets on: for the watchdog, which is to hear of a thread that hangs, whatever the others do.
package final class Progress: Sendable {
    /// When the step began that the thread is in, on the monotonic clock; 0 while it waits to be given one.
    private let since = Atomic<UInt64>(0)

    package init() {}

    /// The thread begins its next step.
    package func step() { since.store(MonotonicClock.now, ordering: .relaxed) }

    /// The thread waits to be given something, or has ended.
    package func rest() { since.store(0, ordering: .relaxed) }

    /// Seconds for which the thread has been in one step.
    package var seconds: Double {
        let since = since.load(ordering: .relaxed)
        let now = MonotonicClock.now
        return since == 0 || now <= since ? 0 : Double(now - since) * 1e-9
    }
}
