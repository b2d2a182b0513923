import Foundation
import System

/// A line on standard error that says how far long work is and when it will end: renewed in place in a terminal, in a
/// log a plain line now and then.
final class ProgressBar {
    private let isTerminal: Bool
    private let start = MonotonicClock.seconds
    private var shown = 0.0
    private var isShown = false

    /// Columns of the bar itself.
    private static let width = 24
    /// Seconds before the first line, so that short work shows none, and between two.
    private static let (delay, interval) = (0.5, 0.1)
    /// The same in a log.
    private static let logInterval = 30.0

    init(isTerminal: Bool = isatty(STDERR_FILENO) == 1) { self.isTerminal = isTerminal }

    /// Renews the line, where that is due.
    ///
    /// - Parameters:
    ///   - share: what is done, from 0 to 1.
    ///   - words: what stands after the bar.
    func show(_ share: Double, _ words: @autoclosure () -> String) {
        let now = MonotonicClock.seconds
        let (delay, interval) =
            isTerminal ? (Self.delay, Self.interval) : (Self.logInterval, Self.logInterval)
        guard now - start > delay, now - shown > interval else { return }
        shown = now
        let share = max(0, min(1, share))
        let left = share > 0 ? (now - start) * (1 - share) / share : 0
        let rest =
            (share > 0 ? "\(percent(share))  " : "") + words()
            + (share > 0 && share < 1 ? "  ETA \(duration(left))" : "")
        guard isTerminal else { return put("raut: \(rest)\n") }
        isShown = true
        let filled = Int(share * Double(Self.width))
        let bar = String(repeating: "█", count: filled) + String(repeating: "░", count: Self.width - filled)
        put("\r\u{1B}[K\(bar) \(rest)")
    }

    /// Takes the line away, before another one is written or at the end.
    func clear() {
        guard isShown else { return }
        isShown = false
        put("\r\u{1B}[K")
    }

    private func put(_ text: String) { StandardError.write(text) }
}
