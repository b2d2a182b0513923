import CSpawn
import Glibc

/// The thread that starts all children, which lives as long as the process.
///
/// The kernel's parent-death signal comes when the *thread* that started a child ends, see prctl(2),
/// `PR_SET_PDEATHSIG`: a child of the capture thread would not outlive a reload.
final class ChildSpawner: Sendable {
    static let shared = ChildSpawner()

    /// A program with its name and words, and what its first three descriptors are to be.
    struct Order: Sendable {
        let words: [String]
        let input: Int32
        let output: Int32
        let messages: Int32
    }

    private struct State {
        var isStarted = false
        var nextTicket = 0
        var orders: [(ticket: Int, order: Order)] = []
        var results: [Int: Result<pid_t, Errno>] = [:]
    }

    private let state = Guarded(State())

    /// Starts a program and returns its number.
    ///
    /// - Throws: the ``Errno`` of what failed: the thread, pipe2(2), fork(2) or execve(2).
    func spawn(_ order: Order) throws(Errno) -> pid_t {
        if let forced = SystemFaults.forced(.spawn) { throw forced }
        try startThread()
        let ticket = state.change { state in
            state.nextTicket += 1
            state.orders.append((state.nextTicket, order))
            return state.nextTicket
        }
        // Ends as soon as the child has begun its program, or could not.
        let result = state.wait(until: .never) { $0.results.removeValue(forKey: ticket) }
        return try (result ?? .failure(.inputOutput)).get()
    }

    private func startThread() throws(Errno) {
        let failure = state.withLock { state -> Errno? in
            guard !state.isStarted else { return nil }
            do throws(Errno) {
                _ = try JoinableThread(name: "raut-children") { [self] in serve() }
                state.isStarted = true
                return nil
            } catch {
                return error
            }
        }
        if let failure { throw failure }
    }

    private func serve() {
        while true {
            let next = state.wait(until: .never) { $0.orders.isEmpty ? nil : $0.orders.removeFirst() }
            guard let next else { continue }
            let result = Self.run(next.order)
            state.change { $0.results[next.ticket] = result }
        }
    }

    private static func run(_ order: Order) -> Result<pid_t, Errno> {
        var words: [UnsafeMutablePointer<CChar>?] = order.words.map { word in
            FileName.withCString(word) { strdup($0) }
        }
        words.append(nil)
        defer { words.forEach { free($0) } }
        let child = spawn_child(
            words[0], &words, order.input, order.output, order.messages, SIGKILL)
        return child > 0 ? .success(child) : .failure(.last)
    }
}
