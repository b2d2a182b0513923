/// The outcome of a call that says -1 and sets `errno` where it failed; called again where a signal interrupted it.
///
/// - Parameters:
///   - call: which call it is, so that a test can make it fail.
///   - body: the call itself.
/// - Throws: the ``Errno``.
package func valueOrErrno<Value: SignedInteger>(
    _ call: SystemCall, _ body: () -> Value
) throws(Errno) -> Value {
    if let forced = SystemFaults.forced(call) { throw forced }
    while true {
        let value = body()
        if value != -1 { return value }
        let error = Errno.last
        if error != .interrupted { throw error }
    }
}
