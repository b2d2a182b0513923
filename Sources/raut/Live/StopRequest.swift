import CLinux
import Foundation
import System

/// Where the signal handler leaves a signal's number; a handler may touch nothing but such a plain variable.
private nonisolated(unsafe) var signalPipe: Int32 = -1

/// The signals that ask for the end, and SIGHUP, which may ask for something else.
///
/// A second signal ends the program at once, for a person who does not want to wait.
enum StopSignals {
    /// For so many seconds a second signal is the first one's echo: timeout(1) sends one to the program and one to its
    /// group.
    private static let echo = 0.05

    /// Takes SIGINT, SIGTERM and SIGHUP from now on.
    ///
    /// By a handler and not by `sigwait`, because libraries make threads before `main` that don't block them.
    ///
    /// - Parameters:
    ///   - keepsIgnored: true where SIGHUP stays ignored if it was so at the beginning, as by nohup(1).
    ///   - onHangUp: what SIGHUP takes; returns true where it asked for the end.
    ///   - onStop: what the others take, the first time.
    /// - Throws: ``Failure`` without a pipe or a thread.
    static func take(
        keepsIgnored: Bool = true, onHangUp: @escaping @Sendable () -> Bool,
        onStop: @escaping @Sendable () -> Void
    ) throws(Failure) {
        var ends: [Int32] = [-1, -1]
        guard pipe2(&ends, O_CLOEXEC) == 0 else {
            throw Failure(description: "no pipe for signals: \(Errno.last.description)")
        }
        signalPipe = ends[1]
        let numbers = [SIGINT, SIGTERM] + (keepsIgnored && isIgnored(SIGHUP) ? [] : [SIGHUP])
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
        // Who starts the program from a thread that blocks signals, as those of Dispatch do, hands that on to it.
        var taken = sigset_t()
        sigemptyset(&taken)
        for number in numbers { sigaddset(&taken, number) }
        pthread_sigmask(SIG_UNBLOCK, &taken, nil)
        let reading = ends[0]
        do throws(Errno) {
            _ = try JoinableThread(name: "raut-signals") {
                var patience: Deadline?
                while true {
                    let number = nextSignal(reading)
                    if number == SIGHUP, patience == nil, !onHangUp() { continue }
                    if let patience {
                        guard patience.isOver else { continue }
                        _exit(128 + number)
                    }
                    patience = .after(echo)
                    onStop()
                }
            }
        } catch {
            throw Failure(description: "no thread for signals: \(error.description)")
        }
    }

    private static func isIgnored(_ number: Int32) -> Bool {
        var action = sigaction()
        guard sigaction(number, nil, &action) == 0 else { return false }
        return unsafeBitCast(action.__sigaction_handler.sa_handler, to: Int.self)
            == unsafeBitCast(SIG_IGN, to: Int.self)
    }

    private static func nextSignal(_ descriptor: Int32) -> Int32 {
        var byte: UInt8 = 0
        while read(descriptor, &byte, 1) != 1 {}
        return Int32(byte)
    }
}
