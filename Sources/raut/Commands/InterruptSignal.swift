import Foundation
import Synchronization

/// True once Ctrl-C was pressed, or the system asked for the end (SIGTERM); a second one ends the program at once.
final class InterruptSignal {
    private let sources: [any DispatchSourceSignal]
    private let flag = Flag()

    private final class Flag: Sendable {
        private let raised = Atomic(false)
        var isRaised: Bool { raised.load(ordering: .relaxed) }
        func raise() { raised.store(true, ordering: .relaxed) }
    }

    init() {
        sources = [SIGINT, SIGTERM].map { [flag] number in
            signal(number, SIG_IGN)
            let source = DispatchSource.makeSignalSource(signal: number, queue: .global())
            source.setEventHandler {
                if flag.isRaised { _exit(128 + number) }
                flag.raise()
            }
            source.activate()
            return source
        }
    }

    var isRaised: Bool { flag.isRaised }
}
