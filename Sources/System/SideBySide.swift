/// Two pieces of work at a time.
package enum SideBySide {
    /// Does `other` on a thread of its own while `own` is done here, and waits for both: each must end by itself. Where
    /// the system gives no thread, one is done after the other.
    ///
    /// - Parameter name: what `ps -L` calls the thread.
    /// - Throws: what `own` throws, else what `other` throws.
    package static func run<Own, Other: Sendable>(
        _ name: String, _ own: () throws -> Own, beside other: @escaping @Sendable () throws -> Other
    ) throws -> (Own, Other) {
        let found = Guarded<Result<Other, any Error>?>(nil)
        let thread = try? JoinableThread(name: name) {
            let result = Result { try other() }
            found.change { $0 = result }
        }
        let result = Result { try own() }
        thread?.join()
        return (try result.get(), try (found.withLock { $0 } ?? Result { try other() }).get())
    }
}
