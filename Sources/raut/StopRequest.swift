import Foundation
import Synchronization

/// Somebody asks for the end: a signal, the reader of standard output that has gone, the window.
///
/// A second signal ends the program at once, for a person who does not want to wait.
final class StopRequest: Sendable {
    private struct State {
        var isRequested = false
        var action: (@Sendable () -> Void)?
    }

    private let state = Mutex(State())

    /// Waits for these signals from now on, in a thread of its own; threads made later leave them alone.
    init(onSignals numbers: [Int32]) {
        var signals = sigset_t()
        sigemptyset(&signals)
        for number in numbers { sigaddset(&signals, number) }
        pthread_sigmask(SIG_BLOCK, &signals, nil)
        let waited = signals
        let thread = Thread { [self] in
            var waited = waited
            var number: Int32 = 0
            guard sigwait(&waited, &number) == 0 else { return }
            request()
            guard sigwait(&waited, &number) == 0 else { return }
            _exit(128 + number)
        }
        thread.name = "raut-signals"
        thread.start()
    }

    /// Asks for the end; may be called from any thread, more than once.
    func request() {
        let action = state.withLock { state in
            state.isRequested = true
            return state.action
        }
        action?()
    }

    /// What the end takes; done at once where it was asked for before.
    func whenRequested(_ action: @escaping @Sendable () -> Void) {
        let isRequested = state.withLock { state in
            state.action = action
            return state.isRequested
        }
        if isRequested { action() }
    }
}
