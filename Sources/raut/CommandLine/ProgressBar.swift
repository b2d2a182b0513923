import Foundation
import System

/// A line on standard error that says how far long work is and when it will end: renewed in place in a terminal, in a
/// log not written at all.
final class ProgressBar {
    private let isTerminal: Bool
    private let start = MonotonicClock.seconds
    private var shown = 0.0
    private var isShown = false

    /// Columns of the bar itself.
    private static let width = 24
    /// Seconds before the first line, so that short work shows none, and between two.
    private static let (delay, interval) = (0.5, 0.1)

    init(isTerminal: Bool = isatty(STDERR_FILENO) == 1) { self.isTerminal = isTerminal }

    /// Renews the line, where that is due.
    ///
    /// - Parameters:
    ///   - share: what is done, from 0 to 1.
    ///   - words: what stands after the bar.
    func show(_ share: Double, _ words: @autoclosure () -> String) {
        guard isTerminal else { return }
        let now = MonotonicClock.seconds
        guard now - start > Self.delay, now - shown > Self.interval else { return }
        shown = now
        isShown = true
        let share = max(0, min(1, share))
        let filled = Int(share * Double(Self.width))
        let bar = String(repeating: "█", count: filled) + String(repeating: "░", count: Self.width - filled)
        let left = share > 0 ? (now - start) * (1 - share) / share : 0
        put("\r\u{1B}[K\(bar) \(percent(share))  \(words())" + (share > 0 ? "  ETA \(duration(left))" : ""))
    }

    /// Takes the line away, before another one is written or at the end.
    func clear() {
        guard isShown else { return }
        isShown = false
        put("\r\u{1B}[K")
    }

    private func put(_ text: String) { FileHandle.standardError.write(Data(text.utf8)) }
}
