import Foundation
import System

/// Threads that share the images of a batch; the caller is one of them.
///
/// Work is cut into as many contiguous parts as there are threads, so that sums are added in the same order on
/// every run with the same number of threads. Used by one caller at a time.
public final class ThreadPool: Sendable {
    /// How many threads work, the caller among them.
    public let threads: Int
    private let shared = Shared()
    /// The threads that the system gave, besides the caller.
    private let helpers: Int

    /// Starts `threads - 1` threads that sleep until there is work, and end with the pool. What the system refuses is
    /// the caller's to do: the sums are the same, and take longer.
    public init(threads: Int) {
        self.threads = max(1, threads)
        var helpers = 0
        while helpers + 1 < self.threads {
            let index = helpers + 1
            let thread = try? JoinableThread(name: "raut-pool-\(index)") { [shared] in shared.serve(index) }
            guard thread != nil else { break }
            helpers += 1
        }
        self.helpers = helpers
    }

    deinit { shared.stop() }

    /// Calls `body` once a thread with its number, all at the same time, and waits for all.
    public func onEachThread(_ body: (Int) -> Void) {
        guard threads > 1 else { return body(0) }
        withoutActuallyEscaping(body) { shared.run($0, others: helpers, of: threads) }
    }

    /// Splits `0..<count` into contiguous parts, one a thread, and calls `body` with each part that is not empty.
    public func split(_ count: Int, _ body: (_ thread: Int, _ range: Range<Int>) -> Void) {
        onEachThread { thread in
            let range = part(thread, of: count)
            if !range.isEmpty { body(thread, range) }
        }
    }

    /// The part of `0..<count` that one thread works on.
    public func part(_ thread: Int, of count: Int) -> Range<Int> {
        count * thread / threads..<count * (thread + 1) / threads
    }

    /// What the threads share; its mutable state is guarded by `condition`.
    private final class Shared: @unchecked Sendable {
        private let condition = NSCondition()
        private var work: ((Int) -> Void)?
        private var generation = 0
        private var running = 0
        private var stopped = false

        func run(_ body: @escaping (Int) -> Void, others: Int, of threads: Int) {
            condition.lock()
            work = body
            generation += 1
            running = others
            condition.broadcast()
            condition.unlock()
            body(0)
            for missing in others + 1..<max(threads, others + 1) { body(missing) }
            condition.lock()
            while running > 0 { condition.wait() }
            work = nil
            condition.unlock()
        }

        func stop() {
            condition.lock()
            stopped = true
            condition.broadcast()
            condition.unlock()
        }

        func serve(_ index: Int) {
            var seen = 0
            while true {
                condition.lock()
                while generation == seen, !stopped { condition.wait() }
                if stopped {
                    condition.unlock()
                    return
                }
                seen = generation
                var body = work
                condition.unlock()
                body?(index)
                body = nil
                condition.lock()
                running -= 1
                if running == 0 { condition.broadcast() }
                condition.unlock()
            }
        }
    }
}
