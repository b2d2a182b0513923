import Foundation
import System

/// Threads that do the same work together, again and again, and wait in between.
///
/// The work is fixed when the team is made, so that a call allocates nothing.
final class WorkerTeam: @unchecked Sendable {
    private let condition = NSCondition()
    private let body: @Sendable (_ member: Int) -> Void
    private var round = 0
    private var working = 0
    private var members = 0
    private var isDismissed = false

    /// Makes a team of `size` members besides the thread that calls: `body` is given numbers from 1 to `size`, and 0
    /// for that thread. Where the system gives no more threads the team is smaller, and takes longer.
    init(size: Int, body: @escaping @Sendable (_ member: Int) -> Void) {
        self.body = body
        while members < size {
            let member = members + 1
            let thread = try? JoinableThread(name: "raut-detect-\(member)") { [self] in serve(as: member) }
            guard thread != nil else { return }
            members = member
        }
    }

    /// Has every member do the work, and returns when all are done.
    func run() {
        condition.lock()
        round += 1
        working = members
        condition.broadcast()
        condition.unlock()
        body(0)
        condition.lock()
        while working > 0 { condition.wait() }
        condition.unlock()
    }

    /// Lets the threads end. The team can't be used any more.
    func dismiss() {
        condition.lock()
        isDismissed = true
        condition.broadcast()
        condition.unlock()
    }

    private func serve(as member: Int) {
        var done = 0
        while true {
            condition.lock()
            while round == done && !isDismissed { condition.wait() }
            done = round
            let isOver = isDismissed
            condition.unlock()
            if isOver { return }
            body(member)
            condition.lock()
            working -= 1
            condition.broadcast()
            condition.unlock()
        }
    }
}
