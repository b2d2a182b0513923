import CLinux
import Foundation
import Synchronization
import System

/// Where the signal handler leaves a signal's number; a handler may touch nothing but such a plain variable.
private nonisolated(unsafe) var signalPipe: Int32 = -1

/// Somebody asks for the end: a signal, the reader of standard output that has gone, the window.
///
/// A second signal ends the program at once, for a person who does not want to wait.
package final class StopRequest: Sendable {
    private struct State {
        var isRequested = false
        var action: (@Sendable () -> Void)?
        var reload: (@Sendable () -> Void)?
    }

    private let state = Mutex(State())

    /// Takes these signals for a request from now on.
    ///
    /// By a handler and not by `sigwait`, because libraries make threads before `main` that don't block them.
    package init(onSignals numbers: [Int32]) throws(Failure) {
        var ends: [Int32] = [-1, -1]
        guard pipe2(&ends, O_CLOEXEC) == 0 else {
            throw Failure(description: "no pipe for signals: \(Errno.last.description)")
        }
        signalPipe = ends[1]
        for number in numbers {
            var action = sigaction()
            action.__sigaction_handler.sa_handler = { number in
                let before = errno
                var byte = UInt8(truncatingIfNeeded: number)
                _ = write(signalPipe, &byte, 1)
                errno = before
            }
            action.sa_flags = Int32(SA_RESTART)
            sigaction(number, &action, nil)
        }
        let reading = ends[0]
        let thread = Thread { [self] in
            nextEnd(reading)
            request()
            _exit(128 + nextEnd(reading))
        }
        thread.name = "raut-signals"
        thread.start()
    }

    /// Waits for a signal that asks for the end; SIGHUP asks for something else where ``whenReloadRequested(_:)`` says
    /// so.
    @discardableResult private func nextEnd(_ descriptor: Int32) -> Int32 {
        while true {
            let number = Self.nextSignal(descriptor)
            guard number == SIGHUP, let reload = state.withLock({ $0.reload }) else { return number }
            reload()
        }
    }

    private static func nextSignal(_ descriptor: Int32) -> Int32 {
        var byte: UInt8 = 0
        while read(descriptor, &byte, 1) != 1 {}
        return Int32(byte)
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

    /// What SIGHUP takes instead of the end, on the thread that takes signals.
    func whenReloadRequested(_ action: @escaping @Sendable () -> Void) {
        state.withLock { $0.reload = action }
    }

    /// True once somebody has asked for the end.
    var isRequested: Bool { state.withLock { $0.isRequested } }
}
