import System

/// Does many things on several threads, and hands over what comes of each in their order.
package enum OrderedWork {
    private struct State<Output: Sendable>: Sendable {
        var next = 0
        var taken = 0
        var done: [Int: Output] = [:]
        var failure: (any Error)?
        var isStopping = false
    }

    /// How many results may wait for one that takes longer, for each thread: bounds the memory.
    private static let ahead = 4

    /// Does the work with the numbers from 0 up to `count`.
    ///
    /// - Parameters:
    ///   - count: how many things there are to do.
    ///   - threads: how many threads share them; with one, the caller's does all.
    ///   - worker: makes what one thread works with, on that thread.
    ///   - work: does one thing.
    ///   - take: gets each result on the caller's thread, in order.
    /// - Throws: what `worker` or `take` throw; no thread is at work any more then.
    package static func run<Worker, Output: Sendable>(
        count: Int, threads: Int, worker: @escaping @Sendable () throws -> Worker,
        work: @escaping @Sendable (Worker, Int) -> Output, take: (Int, Output) throws -> Void
    ) throws {
        guard min(count, threads) > 1 else {
            let worker = try worker()
            for index in 0..<count { try take(index, work(worker, index)) }
            return
        }
        let state = Guarded(State<Output>())
        let window = ahead * threads
        var team: [JoinableThread] = []
        defer {
            state.change { $0.isStopping = true }
            for thread in team { thread.join() }
        }
        for _ in 0..<min(count, threads) {
            team.append(
                try JoinableThread(name: "raut-pictures") {
                    do {
                        let worker = try worker()
                        while let index = next(state, count, window) {
                            let output = work(worker, index)
                            state.change { $0.done[index] = output }
                        }
                    } catch {
                        state.change { $0.failure = $0.failure ?? error }
                    }
                })
        }
        for index in 0..<count {
            let output = state.wait(until: .never) { state -> Result<Output, any Error>? in
                if let output = state.done.removeValue(forKey: index) { return .success(output) }
                return state.failure.map { .failure($0) }
            }
            guard let output else { return }
            try take(index, output.get())
            state.change { $0.taken = index + 1 }
        }
    }

    /// The next number to work on, or nil where none is left; waits while too many results are not taken yet.
    private static func next<Output>(_ state: Guarded<State<Output>>, _ count: Int, _ window: Int) -> Int? {
        let number = state.wait(until: .never) { state -> Int? in
            if state.isStopping || state.failure != nil || state.next >= count { return -1 }
            guard state.next < state.taken + window else { return nil }
            state.next += 1
            return state.next - 1
        }
        return number.flatMap { $0 < 0 ? nil : $0 }
    }
}
