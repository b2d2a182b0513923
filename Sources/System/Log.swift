import Glibc
import Synchronization

/// How much the program says of what it does.
package enum LogLevel: String, CaseIterable, Sendable {
    /// What a person should know.
    case info
    /// Each step too: for who looks for a fault.
    case debug
}

/// What the program does, step by step, for who looks for a fault: `raut --log debug`, or `RAUT_LOG=debug`.
package enum Log {
    private static let isDebugging = Atomic(false)
    private static let start = MonotonicClock.now

    /// How much is said.
    package static var level: LogLevel {
        get { isDebugging.load(ordering: .relaxed) ? .debug : .info }
        set {
            _ = start
            isDebugging.store(newValue == .debug, ordering: .relaxed)
        }
    }

    /// Says a step on standard error, with the seconds since the beginning; where nobody asked for it, the words are not
    /// even made.
    ///
    /// - Parameters:
    ///   - part: what does it: `source`, `session`, `socket`, ….
    ///   - words: one line.
    package static func debug(_ part: StaticString, _ words: @autoclosure () -> String) {
        guard isDebugging.load(ordering: .relaxed) else { return }
        let milliseconds = Int((MonotonicClock.now &- start) / 1_000_000)
        let fraction = "\(1000 + milliseconds % 1000)".dropFirst()
        StandardError.write("raut: debug \(milliseconds / 1000).\(fraction) \(part): \(words())\n")
    }
}
