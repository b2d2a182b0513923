import System

/// Somebody asks for the end of long work; what that takes is said by whoever works.
package final class EndRequest: Sendable {
    private struct State {
        var isRequested = false
        var action: (@Sendable () -> Void)?
    }

    private let state = Guarded(State())
    /// Raised with the request, for waits.
    let cancellation = Cancellation()

    package init() {}

    /// Asks for the end; may be called from any thread, more than once.
    package func request() {
        let action = state.withLock { state in
            state.isRequested = true
            return state.action
        }
        action?()
        cancellation.raise()
    }

    /// What the end takes; done at once where it was asked for before.
    func whenRequested(_ action: @escaping @Sendable () -> Void) {
        let isRequested = state.withLock { state in
            state.action = action
            return state.isRequested
        }
        if isRequested { action() }
    }

    /// True once somebody has asked for the end.
    var isRequested: Bool { state.withLock { $0.isRequested } }
}
