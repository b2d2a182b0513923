import Foundation

/// A value that several threads change, one at a time: what `Mutex` is, by a lock that the thread sanitizer sees.
final class Guarded<Value>: @unchecked Sendable {
    // Sendable unchecked because `lock` guards `value`, which leaves only as a copy.
    private let lock = NSLock()
    private var value: Value

    init(_ value: Value) { self.value = value }

    func withLock<Result>(_ body: (inout Value) -> Result) -> Result { lock.withLock { body(&value) } }
}
