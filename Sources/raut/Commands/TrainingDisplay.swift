import Foundation
import Training

/// What a training run shows: one line that is renewed in a terminal, plain lines in a log.
final class TrainingDisplay {
    private let epochs: Int
    private let isSilent: Bool
    private let isTerminal = isatty(STDERR_FILENO) == 1
    private var shown = 0.0
    private var reads: String?
    private var readingStart = 0.0

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

    /// Renews the progress bar of a teacher's answers, at most ten times a second.
    func teacher(_ done: Double) {
        guard isTerminal else { return }
        let now = ProcessInfo.processInfo.systemUptime
        guard now - shown > 0.1 else { return }
        shown = now
        put("\r\u{1B}[Kasking the teacher: \(percent(done))")
    }

    /// Renews the progress bar of a table that is read or of faces that are cut from pictures, at most ten times a second;
    /// in a log, a line every half a minute. Of a table that is read at once nothing is said.
    func reading(_ progress: DataSources.Progress) {
        let now = ProcessInfo.processInfo.systemUptime
        if progress.path != reads || progress.done == 0 {
            (reads, readingStart, shown) = (progress.path, now, now)
        }
        let isOver = progress.done == progress.total
        guard progress.done > 0, now - shown > (isTerminal ? 0.1 : 30) || isOver && progress.isFolder
        else { return }
        shown = now
        let pace = Double(progress.done) / max(1e-9, now - readingStart)
        let done =
            progress.isFolder
            ? "faces of \(progress.done)/\(progress.total) pictures cut"
            : "\(percent(Double(progress.done) / Double(max(1, progress.total)))) read"
        let line =
            "\(progress.path): \(done), ETA "
            + duration(Double(progress.total - progress.done) / max(1e-9, pace))
        if isTerminal, !isOver || !progress.isFolder { put("\r\u{1B}[K" + line) } else { say(line) }
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
        FileHandle.standardError.write(Data(text.utf8))
    }
}
