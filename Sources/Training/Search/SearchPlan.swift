import Foundation
import NeuralNetwork
import System

/// Which values a search tries, in which order.
package struct SearchPlan: Sendable, Equatable {
    /// The trials.
    package let trials: [Hyperparameters]
    /// More trials than this are a mistake in the grid.
    static let mostTrials = 10_000

    /// Takes trials as they are.
    package init(trials: [Hyperparameters]) { self.trials = trials }

    /// Every combination of the values in a grid file; what the file does not name stays as in `base`.
    ///
    /// A line holds a name and its values, parted by spaces, commas or `=`; `#` begins a comment:
    ///
    ///     learning-rate = 0.0003, 0.001, 0.003
    ///     dropout       = 0.2, 0.4
    ///
    /// - Parameter settings: reads the values of options besides the usual ones.
    /// - Throws: ``DataError`` with the row that is not of this form.
    package init(
        grid path: String, base: TrainingOptions, settings: Hyperparameters.SettingReader = { _ in nil }
    ) throws(DataError) {
        let text: String
        do {
            text = String(decoding: try OpenFile(reading: path).readAll(limit: 1 << 20), as: UTF8.self)
        } catch {
            throw .unreadable(path: path, reason: "\(error)")
        }
        try self.init(grid: text, path: path, base: base, settings: settings)
    }

    /// Reads the text of a grid file; `path` is named in errors.
    package init(
        grid text: String, path: String, base: TrainingOptions,
        settings: Hyperparameters.SettingReader = { _ in nil }
    ) throws(DataError) {
        var trials = [Hyperparameters(base)]
        var seen: Set<String> = []
        for (row, line) in text.split(omittingEmptySubsequences: false, whereSeparator: \.isNewline)
            .enumerated()
        {
            func wrong(_ reason: String) -> DataError {
                .invalidRow(path: path, row: row + 1, reason: reason)
            }
            let words = line.prefix { $0 != "#" }.split { $0 == "," || $0 == "=" || $0.isWhitespace }
                .map(String.init)
            guard let name = words.first else { continue }
            let place = Hyperparameters.usualNames.firstIndex(of: name)
            let other = place == nil ? settings(name) : nil
            guard place != nil || other != nil else {
                throw wrong(
                    "no hyperparameter '\(name.prefix(40))'; they are "
                        + Hyperparameters.usualNames.joined(separator: ", ")
                        + ", and every other option of 'raut train' that sets a value of a run")
            }
            guard seen.insert(name).inserted else { throw wrong("\(name) is there twice") }
            guard words.count > 1 else { throw wrong("\(name) has no values") }
            guard trials.count * (words.count - 1) <= Self.mostTrials else {
                throw wrong("more than \(Self.mostTrials) trials")
            }
            // The first line varies slowest.
            var combined: [Hyperparameters] = []
            for trial in trials {
                for word in words.dropFirst() {
                    var trial = trial
                    if let other {
                        do { trial.others.append(try other(word)) } catch {
                            throw wrong("\(name) \(error)")
                        }
                    } else if let place, !trial.set(name, to: word) {
                        throw wrong(
                            "\(name) is '\(word.prefix(40))', not \(Hyperparameters.ranges[place])")
                    }
                    combined.append(trial)
                }
            }
            trials = combined
        }
        guard !seen.isEmpty else { throw .invalidFile(path: path, reason: "no values to try in it") }
        self.trials = trials
    }

    /// Values drawn at random, which finds good ones sooner than a grid where few of them matter (Bergstra and Bengio,
    /// 2012); the same for the same seed, and the first of more trials are those of fewer.
    ///
    /// Learning rate 0.0001 to 0.01, evenly in its logarithm; batch 16, 32, 64 or 128; dropout 0 to 0.6; augmentation
    /// 0 to 1.5 times the usual strengths.
    package init(random count: Int, seed: UInt64) {
        trials = (0..<count).map { number in
            var random = Xoshiro256StarStar(seed: seed, 0x5EA4C4, number)
            let exponent = Double(random.uniform(in: -4 ... -2))
            return Hyperparameters(
                learningRate: Self.rounded(pow(10, exponent), digits: 2),
                batch: [16, 32, 64, 128][Int.random(in: 0..<4, using: &random)],
                dropout: Self.hundredths(random.uniform(in: 0...0.6)),
                augmentation: Self.hundredths(random.uniform(in: 0...1.5)))
        }
    }

    /// Rounded to so many digits, so that a trial's value can be typed.
    private static func rounded(_ value: Double, digits: Int) -> Float {
        Float(String(format: "%.\(digits - 1)e", value)) ?? Float(value)
    }

    private static func hundredths(_ value: Float) -> Float { (value * 100).rounded() / 100 }
}
