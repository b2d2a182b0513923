import Dispatch
import Foundation
import Synchronization

/// SIGINT and SIGTERM, which ask long work to stop where it can go on from; the second ends the program at once.
///
/// Once taken they are taken for good: what is done in stages is asked to stop in each of them.
struct InterruptSignal {
    private final class Taken: Sendable {
        private let raised = Atomic(false)
        // Only kept: what they do is set before anyone else has this.
        private nonisolated(unsafe) let sources: [any DispatchSourceSignal]

        init() {
            sources = [SIGINT, SIGTERM].map { number in
                signal(number, SIG_IGN)
                return DispatchSource.makeSignalSource(signal: number, queue: .global())
            }
            for (source, number) in zip(sources, [SIGINT, SIGTERM]) {
                source.setEventHandler { [unowned self] in
                    if raised.exchange(true, ordering: .relaxed) { _exit(128 + number) }
                }
                source.activate()
            }
        }

        var isRaised: Bool { raised.load(ordering: .relaxed) }
    }

    private static let taken = Taken()

    /// Takes the signals, where they are not taken yet.
    init() { _ = Self.taken }

    /// Whether one of them came.
    var isRaised: Bool { Self.taken.isRaised }
}
