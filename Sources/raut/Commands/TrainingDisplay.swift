import Foundation
import System
import Training

/// What a training run shows: one line that is renewed in a terminal, plain lines in a log.
final class TrainingDisplay {
    private let epochs: Int
    private let isSilent: Bool
    private let isTerminal = isatty(STDERR_FILENO) == 1
    private var shown = 0.0
    private var cuttingStart = 0.0
    private var bar: (words: String, done: Double, bar: ProgressBar)?

    /// - Parameter isSilent: True for one of several processes of which another one shows.
    init(epochs: Int, isSilent: Bool = false) {
        self.epochs = epochs
        self.isSilent = isSilent
    }

    /// Says what is about to be trained.
    func begin(_ trainer: Trainer, split: Split) {
        let options = trainer.options
        say(
            "\(options.network.architecture.rawValue): \(trainer.network.parameterCount) parameters, "
                + "\(split.rawValue) split, batch \(options.batch), \(trainer.stepsPerEpoch) steps an epoch"
                + (trainer.history.epochs.isEmpty
                    ? "" : ", resumed after epoch \(trainer.history.epochs.count)"))
        if !options.precision.isNative {
            say(
                "this processor has no instruction for products of \(options.precision.rawValue): they are those of "
                    + "rounded floats, and slower than --precision float")
        }
    }

    /// Renews the progress bar, at most ten times a second.
    func step(_ progress: Trainer.Progress) {
        guard isTerminal else { return }
        let now = ProcessInfo.processInfo.systemUptime
        guard now - shown > 0.1 || progress.step == progress.steps else { return }
        shown = now
        let width = 24
        let filled = progress.step * width / max(1, progress.steps)
        let bar = String(repeating: "█", count: filled) + String(repeating: "░", count: width - filled)
        put(
            "\r\u{1B}[Kepoch \(progress.epoch)/\(epochs) \(bar) loss \(decimal(progress.loss, 3)) "
                + "accuracy \(percent(progress.accuracy)) \(Int(progress.imagesPerSecond)) images/s "
                + "ETA \(duration(progress.secondsLeft))")
    }

    /// Renews the progress bar of a part of the work, 0 to 1, that `words` name; of what is done at once nothing is said.
    func part(_ words: String, _ done: Double) {
        guard !isSilent else { return }
        if bar?.words != words || done < bar?.done ?? 0 { bar = (words, done, ProgressBar()) }
        bar?.done = done
        bar?.bar.show(done, words)
        if done >= 1 {
            bar?.bar.clear()
            bar = nil
        }
    }

    /// Renews the progress bar of a table that is read or of faces that are cut from pictures, at most ten times a second;
    /// in a log, a line every half a minute.
    func reading(_ progress: DataSources.Progress) {
        let share = Double(progress.done) / Double(max(1, progress.total))
        guard progress.isFolder else { return part("of \(progress.path) read", share) }
        let now = ProcessInfo.processInfo.systemUptime
        if progress.done == 0 { (cuttingStart, shown) = (now, now) }
        guard progress.done > 0, now - shown > (isTerminal ? 0.1 : 30) || progress.done == progress.total
        else { return }
        shown = now
        let line =
            "\(progress.path): faces of \(progress.done)/\(progress.total) pictures cut, ETA "
            + duration((now - cuttingStart) * (1 - share) / share)
        if isTerminal, progress.done < progress.total { put("\r\u{1B}[K" + line) } else { say(line) }
    }

    /// One line for a finished epoch.
    func epoch(_ entry: TrainingHistory.Epoch) {
        let left = entry.seconds * Double(epochs - entry.epoch)
        say(
            "epoch \(entry.epoch)/\(epochs)  train loss \(decimal(entry.trainLoss, 4)) accuracy "
                + "\(percent(entry.trainAccuracy))  validation loss \(decimal(entry.validationLoss, 4)) accuracy "
                + "\(percent(entry.validationAccuracy))  \(Int(entry.imagesPerSecond)) images/s  "
                + "ETA \(duration(left))")
    }

    /// A plain line.
    func say(_ line: String) { put((isTerminal ? "\r\u{1B}[K" : "") + line + "\n") }

    private func put(_ text: String) {
        if isSilent { return }
        StandardError.write(text)
    }
}
