import System

/// Runs what only the program's first thread may do: a window.
package final class FirstThread: Sendable {
    private struct State: Sendable {
        var work: [@Sendable () -> Void] = []
        var isFinished = false
        var isFree = false
    }

    private let state = Guarded(State())

    package init() {}

    /// Does what it is given until ``finish()``.
    func work() {
        while true {
            let next = state.wait(until: .never) { state -> (@Sendable () -> Void)?? in
                if !state.work.isEmpty, !state.isFinished { return .some(state.work.removeFirst()) }
                guard state.isFinished else { return nil }
                state.isFree = true
                return .some(nil)
            }
            guard let next, let body = next else { return }
            body()
        }
    }

    /// Leaves something to do.
    func perform(_ body: @escaping @Sendable () -> Void) { state.change { $0.work.append(body) } }

    /// Lets it go.
    func finish() { state.change { $0.isFinished = true } }

    /// Waits until it has gone; false where it is busy for longer.
    func isFree(within seconds: Double) -> Bool {
        state.wait(until: .after(seconds)) { $0.isFree ? true : nil } ?? false
    }
}
