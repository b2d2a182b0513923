import Foundation
import System

/// Threads that share the images of a batch; the caller is one of them.
///
/// Work is cut into as many contiguous parts as there are threads, so that sums are added in the same order on
/// every run with the same number of threads. Used by one caller at a time.
package final class ThreadPool: Sendable {
    /// How many threads work, the caller among them.
    package let threads: Int
    private let team: WorkerTeam
    /// Nanoseconds for which a thread looks for more to do before it sleeps, where each can have a core to itself. A layer's
    /// parts follow each other within microseconds, but for the time that another thread has more to do than this one.
    private static let patience: UInt64 = 200_000
    /// What the threads are to do now.
    private let work: Guarded<((Int) -> Void)?>

    /// Starts `threads - 1` threads that sleep until there is work, and end with the pool. What the system refuses is
    /// the caller's to do: the sums are the same, and take longer.
    package init(threads: Int) {
        self.threads = max(1, threads)
        let work = Guarded<((Int) -> Void)?>(nil)
        self.work = work
        let isCrowded = self.threads > ProcessInfo.processInfo.activeProcessorCount
        team = WorkerTeam(
            name: "raut-pool", size: self.threads - 1, patience: isCrowded ? 0 : Self.patience
        ) { thread in
            work.withLock { $0 }?(thread)
        }
    }

    deinit { team.dismiss() }

    /// Calls `body` once a thread with its number, all at the same time, and waits for all.
    package func onEachThread(_ body: (Int) -> Void) {
        guard threads > 1 else { return body(0) }
        withoutActuallyEscaping(body) { body in
            work.withLock { $0 = body }
            team.run()
            work.withLock { $0 = nil }
        }
    }

    /// Splits `0..<count` into contiguous parts, one a thread, and calls `body` with each part that is not empty.
    package func split(_ count: Int, _ body: (_ thread: Int, _ range: Range<Int>) -> Void) {
        onEachThread { thread in
            let range = part(thread, of: count)
            if !range.isEmpty { body(thread, range) }
        }
    }

    /// The part of `0..<count` that one thread works on.
    package func part(_ thread: Int, of count: Int) -> Range<Int> {
        count * thread / threads..<count * (thread + 1) / threads
    }
}
