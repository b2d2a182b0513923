/// A value that is not Sendable, on its way to the one thread that uses it.
///
/// Whoever makes one says in a comment why that holds: the value is handed over and let go of, one thread after the
/// other uses it, or the C library that it belongs to takes calls from any thread.
package final class Confined<Value>: @unchecked Sendable {
    // Sendable unchecked: nothing here can check the promise of whoever makes it.
    /// The value.
    package let value: Value

    /// Carries a value.
    package init(_ value: Value) { self.value = value }
}
