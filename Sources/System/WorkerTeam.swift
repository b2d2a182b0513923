/// Threads that do the same work together, again and again, and wait in between.
///
/// The work is fixed when the team is made, so that a call allocates nothing. Used by one caller at a time.
package final class WorkerTeam: Sendable {
    private struct State: Sendable {
        var round = 0
        var working = 0
        var isDismissed = false
    }

    private let state = Guarded(State())
    private let body: @Sendable (_ member: Int) -> Void
    private let size: Int
    /// The threads that the system gave; they have the numbers from 1 on.
    private let helpers: Int

    /// Makes a team.
    ///
    /// - Parameters:
    ///   - name: what its threads are called, before their numbers.
    ///   - size: members besides the thread that calls. Where the system gives no more threads, that one does their
    ///     work, and it takes longer.
    ///   - body: the work; it is given a member's number, 0 for the thread that calls.
    package init(name: String, size: Int, body: @escaping @Sendable (_ member: Int) -> Void) {
        self.body = body
        self.size = size
        var helpers = 0
        while helpers < size {
            let member = helpers + 1
            let thread = try? JoinableThread(name: "\(name)-\(member)") { [state] in
                Self.serve(as: member, state, body)
            }
            guard thread != nil else { break }
            helpers = member
        }
        self.helpers = helpers
    }

    /// Has every member do the work, and returns when all are done.
    package func run() {
        state.change { state in
            state.round += 1
            state.working = helpers
        }
        body(0)
        for member in helpers + 1..<max(size, helpers) + 1 { body(member) }
        _ = state.watch(until: .never) { $0.working == 0 ? true : nil }
    }

    /// Lets the threads end. The team can't be used any more.
    package func dismiss() { state.change { $0.isDismissed = true } }

    private static func serve(
        as member: Int, _ state: Guarded<State>, _ body: @Sendable (_ member: Int) -> Void
    ) {
        var done = 0
        while true {
            let next = state.watch(until: .never) { $0.round != done || $0.isDismissed ? $0 : nil }
            guard let next, !next.isDismissed else { return }
            done = next.round
            body(member)
            let isLast = state.withLock { state in
                state.working -= 1
                return state.working == 0
            }
            if isLast { state.change { _ in } }
        }
    }
}
