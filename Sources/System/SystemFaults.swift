import Glibc
import Synchronization

/// The calls that a test can make fail.
package enum SystemCall: Sendable, Hashable {
    /// open(2) of a file.
    case open
    /// read(2).
    case read
    /// write(2) and send(2).
    case write
    /// fsync(2).
    case sync
    /// rename(2).
    case rename
    /// eventfd(2).
    case event
    /// pipe2(2).
    case pipe
    /// fork(2) and execve(2).
    case spawn
    /// pthread_create(3).
    case thread
    /// socket(2), bind(2), listen(2).
    case socket
}

/// Calls of the system that fail in a test, with an error of the test's choice.
///
/// Holds for the calling thread, or task, and for each ``JoinableThread`` that it makes; nothing else in the process
/// is touched, so that tests may run side by side. After swift-system's `Internals/Mocking.swift`.
package final class SystemFaults: Sendable {
    private struct Fault {
        var error: Errno
        var passes: Int
        var failures: Int
    }

    private let faults = Guarded<[SystemCall: Fault]>([:])

    /// No call fails yet.
    package init() {}

    /// Makes a call fail.
    ///
    /// - Parameters:
    ///   - call: which one.
    ///   - error: what it says.
    ///   - passes: how many calls succeed before.
    ///   - failures: how many fail then; the calls after those succeed.
    package func fail(_ call: SystemCall, _ error: Errno, after passes: Int = 0, times failures: Int = .max) {
        faults.withLock { $0[call] = Fault(error: error, passes: passes, failures: failures) }
    }

    /// Lets a call succeed again.
    package func mend(_ call: SystemCall) {
        faults.withLock { $0[call] = nil }
    }

    /// Runs `body` with these faults.
    package func during<Result>(_ body: () throws -> Result) rethrows -> Result {
        Self.areInUse.store(true, ordering: .relaxed)
        return try Self.$current.withValue(self) { try body() }
    }

    /// The faults of this thread.
    @TaskLocal static var current: SystemFaults?

    /// False outside of tests: then a call costs no look at the thread's own values.
    private static let areInUse = Atomic<Bool>(false)

    /// The error that a call is to fail with now, or nil.
    package static func forced(_ call: SystemCall) -> Errno? {
        guard areInUse.load(ordering: .relaxed), let current else { return nil }
        return current.faults.withLock { faults -> Errno? in
            guard var fault = faults[call] else { return nil }
            defer { faults[call] = fault }
            if fault.passes > 0 {
                fault.passes -= 1
                return nil
            }
            guard fault.failures > 0 else { return nil }
            if fault.failures < .max { fault.failures -= 1 }
            return fault.error
        }
    }

    /// The same body, with the faults of the thread that asks for it.
    static func inherited(_ body: @escaping @Sendable () -> Void) -> @Sendable () -> Void {
        guard areInUse.load(ordering: .relaxed), let current else { return body }
        return { current.during(body) }
    }
}
