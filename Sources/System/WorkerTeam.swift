import CLinux
import Synchronization

/// Threads that do the same work together, again and again, and wait in between.
///
/// The work is fixed when the team is made, so that a call allocates nothing. Used by one caller at a time.
package final class WorkerTeam: Sendable {
    private struct State: Sendable {
        var round = 0
        var working = 0
        var isDismissed = false
    }

    /// Rounds begun and rounds done, for who looks without the lock.
    private final class Rounds: Sendable {
        let begun = Atomic<Int>(0)
        let done = Atomic<Int>(0)
    }

    private let state = Guarded(State())
    private let rounds = Rounds()
    private let patience: UInt64
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
    ///   - patience: nanoseconds for which a member looks for work, and the caller for its end, before it sleeps: a thread
    ///     that sleeps takes tens of microseconds to wake. For work that comes again at once.
    ///   - body: the work; it is given a member's number, 0 for the thread that calls.
    package init(
        name: String, size: Int, patience: UInt64 = 0, body: @escaping @Sendable (_ member: Int) -> Void
    ) {
        self.body = body
        self.size = size
        self.patience = patience
        var helpers = 0
        while helpers < size {
            let member = helpers + 1
            let thread = try? JoinableThread(name: "\(name)-\(member)") { [state, rounds] in
                Self.serve(as: member, state, rounds, patience, body)
            }
            guard thread != nil else { break }
            helpers = member
        }
        self.helpers = helpers
    }

    /// Has every member do the work, and returns when all are done.
    package func run() {
        let round = state.change { state in
            state.round += 1
            state.working = helpers
            // Within the lock: who sees it finds the state changed.
            rounds.begun.store(state.round, ordering: .releasing)
            return state.round
        }
        body(0)
        for member in helpers + 1..<max(size, helpers) + 1 { body(member) }
        guard helpers > 0 else { return }
        Self.look(for: patience) { rounds.done.load(ordering: .acquiring) == round }
        _ = state.watch(until: .never) { $0.working == 0 ? true : nil }
    }

    /// Lets the threads end. The team can't be used any more.
    package func dismiss() { state.change { $0.isDismissed = true } }

    private static func serve(
        as member: Int, _ state: Guarded<State>, _ rounds: Rounds, _ patience: UInt64,
        _ body: @Sendable (_ member: Int) -> Void
    ) {
        var done = 0
        while true {
            look(for: patience) { rounds.begun.load(ordering: .acquiring) != done }
            let next = state.watch(until: .never) { $0.round != done || $0.isDismissed ? $0 : nil }
            guard let next, !next.isDismissed else { return }
            done = next.round
            body(member)
            let isLast = state.withLock { state in
                state.working -= 1
                guard state.working == 0 else { return false }
                rounds.done.store(done, ordering: .releasing)
                return true
            }
            if isLast { state.change { _ in } }
        }
    }

    /// Looks whether something has come, again and again for so many nanoseconds.
    private static func look(for patience: UInt64, until hasCome: () -> Bool) {
        guard patience > 0 else { return }
        let deadline = Deadline.after(nanoseconds: patience)
        repeat {
            for _ in 0..<8 {
                if hasCome() { return }
                raut_pause()
            }
        } while !deadline.isOver
    }
}
