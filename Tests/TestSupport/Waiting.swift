import System

/// How often a condition is looked at, in seconds.
private let look = 0.001

/// Waits until a condition holds.
///
/// - Parameter seconds: when to give up, on the monotonic clock.
/// - Returns: False where it does not hold by then.
package func eventually(within seconds: Double = 30, _ condition: () throws -> Bool) rethrows -> Bool {
    let deadline = Deadline.after(seconds)
    let pause = Cancellation()
    while try !condition() {
        if deadline.isOver { return try condition() }
        _ = pause.sleep(seconds: look)
    }
    return true
}

/// Looks for a while whether a condition goes on to hold: for what must not happen.
///
/// - Returns: False as soon as it does not hold.
package func holds(for seconds: Double, _ condition: () throws -> Bool) rethrows -> Bool {
    let deadline = Deadline.after(seconds)
    let pause = Cancellation()
    while !deadline.isOver {
        guard try condition() else { return false }
        _ = pause.sleep(seconds: look)
    }
    return try condition()
}

/// Does on a thread of its own what waits for most of its time, so that other tests need not wait for it: there are only as
/// many threads for tests as the machine has cores.
package func apart<Value: Sendable>(_ body: @escaping @Sendable () throws -> Value) async throws -> Value {
    try await withCheckedThrowingContinuation { continuation in
        do throws(Errno) {
            _ = try JoinableThread(name: "apart") { continuation.resume(with: Result { try body() }) }
        } catch {
            continuation.resume(throwing: error)
        }
    }
}
