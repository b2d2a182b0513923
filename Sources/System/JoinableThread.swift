import CLinux
import Glibc

/// A thread of the system, whose creation can be refused and whose end can be waited for.
package final class JoinableThread: Sendable {
    private let ended = Guarded(false)

    /// Starts a thread.
    ///
    /// - Parameters:
    ///   - name: what `ps -L` calls it; the kernel keeps fifteen bytes.
    ///   - body: what it does; it ends with it.
    /// - Throws: the ``Errno`` of pthread_create(3): `EAGAIN` where the user or the machine may have no more threads.
    package init(name: String, _ body: @escaping @Sendable () -> Void) throws(Errno) {
        if let forced = SystemFaults.forced(.thread) { throw forced }
        let work = Work(name: name, ended: ended, body: SystemFaults.inherited(body))
        let passed = Unmanaged.passRetained(work)
        var thread = pthread_t()
        let status = pthread_create(
            &thread, nil,
            { argument in
                guard let argument else { return nil }
                let work = Unmanaged<Work>.fromOpaque(argument).takeRetainedValue()
                work.run()
                return nil
            }, passed.toOpaque())
        guard status == 0 else {
            passed.release()
            throw Errno(status)
        }
        pthread_detach(thread)
    }

    /// Waits for the thread's end.
    ///
    /// - Returns: false where the deadline came first.
    @discardableResult
    package func join(until deadline: Deadline = .never) -> Bool {
        ended.wait(until: deadline) { $0 ? true : nil } ?? false
    }

    /// True once it has ended.
    package var isOver: Bool { ended.withLock { $0 } }

    private final class Work: Sendable {
        private let name: String
        private let ended: Guarded<Bool>
        private let body: @Sendable () -> Void

        init(name: String, ended: Guarded<Bool>, body: @escaping @Sendable () -> Void) {
            (self.name, self.ended, self.body) = (name, ended, body)
        }

        func run() {
            pthread_setname_np(pthread_self(), String(decoding: name.utf8.prefix(15), as: UTF8.self))
            body()
            ended.change { $0 = true }
        }
    }
}
