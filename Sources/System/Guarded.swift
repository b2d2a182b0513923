import Glibc

/// A value that several threads change, one at a time, and that they can wait for.
///
/// The one lock of the program. A pthread mutex and not `Mutex` of Synchronization, because the thread sanitizer sees
/// this one, and because waits need a condition beside it. Waits are on the monotonic clock.
package final class Guarded<Value>: @unchecked Sendable {
    // Sendable unchecked because the mutex guards `value`, which is reached only within it.
    private let mutex: UnsafeMutablePointer<pthread_mutex_t>
    private let changed: UnsafeMutablePointer<pthread_cond_t>
    private var value: Value

    /// Guards a value from now on.
    package init(_ value: sending Value) {
        self.value = value
        mutex = .allocate(capacity: 1)
        mutex.initialize(to: pthread_mutex_t())
        pthread_mutex_init(mutex, nil)
        changed = .allocate(capacity: 1)
        changed.initialize(to: pthread_cond_t())
        var attributes = pthread_condattr_t()
        pthread_condattr_init(&attributes)
        pthread_condattr_setclock(&attributes, CLOCK_MONOTONIC)
        pthread_cond_init(changed, &attributes)
        pthread_condattr_destroy(&attributes)
    }

    deinit {
        pthread_cond_destroy(changed)
        pthread_mutex_destroy(mutex)
        changed.deallocate()
        mutex.deallocate()
    }

    /// Reads or changes the value; nobody who waits is woken.
    package func withLock<Result, Failure: Error>(
        _ body: (inout Value) throws(Failure) -> Result
    ) throws(Failure) -> Result {
        pthread_mutex_lock(mutex)
        defer { pthread_mutex_unlock(mutex) }
        return try body(&value)
    }

    /// Changes the value and wakes everybody who waits for it.
    @discardableResult
    package func change<Result>(_ body: (inout Value) -> Result) -> Result {
        pthread_mutex_lock(mutex)
        defer { pthread_mutex_unlock(mutex) }
        defer { pthread_cond_broadcast(changed) }
        return body(&value)
    }

    /// Waits until `body` gives something: it is asked at once and after each ``change(_:)``, under the lock. What it
    /// changes itself wakes the others.
    ///
    /// - Returns: what it gave, or nil where the deadline came first.
    package func wait<Result>(until deadline: Deadline, for body: (inout Value) -> Result?) -> Result? {
        pthread_mutex_lock(mutex)
        defer { pthread_mutex_unlock(mutex) }
        while true {
            if let result = body(&value) {
                pthread_cond_broadcast(changed)
                return result
            }
            guard sleep(until: deadline) else { return nil }
        }
    }

    /// The same for who only looks: nobody else is woken.
    package func watch<Result>(until deadline: Deadline, for body: (Value) -> Result?) -> Result? {
        pthread_mutex_lock(mutex)
        defer { pthread_mutex_unlock(mutex) }
        while true {
            if let result = body(value) { return result }
            guard sleep(until: deadline) else { return nil }
        }
    }

    /// Sleeps until somebody changes the value, within the lock; false where the deadline is over.
    private func sleep(until deadline: Deadline) -> Bool {
        if deadline == .never {
            pthread_cond_wait(changed, mutex)
            return true
        }
        if deadline.isOver { return false }
        var time = timespec(
            tv_sec: Int(deadline.time / 1_000_000_000), tv_nsec: Int(deadline.time % 1_000_000_000))
        pthread_cond_timedwait(changed, mutex, &time)
        return true
    }
}
