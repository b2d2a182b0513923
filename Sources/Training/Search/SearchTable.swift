import Foundation

/// The trials of a search and what came of them: `trials.csv`.
package struct SearchTable: Sendable, Equatable {
    /// How far a trial is.
    package enum State: String, Sendable {
        /// Not finished.
        case planned
        /// Trained to its last epoch.
        case done
        /// Its loss was no number any more.
        case diverged
    }

    /// One trial.
    package struct Row: Sendable, Equatable {
        /// Counted from 1.
        package let number: Int
        /// What it tries.
        package let values: Hyperparameters
        /// How far it is.
        package internal(set) var state = State.planned
        /// What its last epoch gave; nil before that, and where it diverged.
        package internal(set) var last: TrainingHistory.Epoch?
        /// The best validation accuracy of any epoch.
        package internal(set) var bestAccuracy: Double?
        /// How long all its steps took.
        package internal(set) var seconds = 0.0
    }

    /// The trials in the order of the plan.
    package internal(set) var rows: [Row]

    /// Nothing is done yet.
    package init(_ plan: SearchPlan) {
        rows = plan.trials.enumerated().map { Row(number: $0 + 1, values: $1) }
    }

    /// The finished trials, the highest validation accuracy after the last epoch first; of equal ones the lower loss.
    package var ranked: [Row] {
        rows.filter { $0.last != nil }.sorted { a, b in
            guard let x = a.last, let y = b.last else { return false }
            return (-x.validationAccuracy, x.validationLoss, Double(a.number))
                < (-y.validationAccuracy, y.validationLoss, Double(b.number))
        }
    }

    /// Trials that need no more work.
    package var finishedCount: Int { rows.count { $0.state != .planned } }

    /// What is varied: the same in every row.
    private var names: [String] { rows.first?.values.names ?? Hyperparameters.usualNames }

    private var columns: [String] {
        ["trial"] + names.map { $0.replacingOccurrences(of: "-", with: "_") } + [
            "state", "epochs", "train_loss", "train_accuracy", "validation_loss", "validation_accuracy",
            "best_validation_accuracy", "seconds",
        ]
    }

    /// The text of `trials.csv`.
    package var csv: String {
        var text = columns.joined(separator: ",") + "\n"
        for row in rows {
            let result =
                row.last.map {
                    [
                        "\($0.epoch)", "\($0.trainLoss)", "\($0.trainAccuracy)", "\($0.validationLoss)",
                        "\($0.validationAccuracy)", "\(row.bestAccuracy ?? $0.validationAccuracy)",
                        "\(row.seconds)",
                    ]
                } ?? Array(repeating: "", count: 7)
            let fields = ["\(row.number)"] + row.values.texts + [row.state.rawValue] + result
            text += fields.joined(separator: ",") + "\n"
        }
        return text
    }

    /// Takes the results of a table that was written for the same plan.
    ///
    /// - Throws: ``DataError`` with the row that is no trial of the plan.
    package mutating func restore(csv: String, path: String) throws(DataError) {
        let lines = csv.split(whereSeparator: \.isNewline)
        guard lines.first.map(String.init) == columns.joined(separator: ",") else {
            throw .invalidFile(path: path, reason: "not the trials of a search")
        }
        guard lines.count == rows.count + 1 else {
            throw .invalidFile(
                path: path,
                reason: "\(lines.count - 1) trials, this search has \(rows.count): "
                    + "give the same grid or number, or another --output")
        }
        let state = 1 + names.count
        for place in rows.indices {
            let fields = lines[place + 1].split(separator: ",", omittingEmptySubsequences: false).map(
                String.init)
            func wrong(_ reason: String) -> DataError {
                .invalidRow(path: path, row: place + 2, reason: reason)
            }
            guard fields.count == columns.count, let reached = State(rawValue: fields[state]) else {
                throw wrong("not a trial of a search")
            }
            guard Array(fields[1..<state]) == rows[place].values.texts else {
                throw wrong("a trial of another search: give the same grid or seed, or another --output")
            }
            rows[place].state = reached
            guard reached == .done else { continue }
            let numbers = fields[(state + 2)...].compactMap { Double($0) }
                .filter(TrainingHistory.range.contains)
            guard numbers.count == 6, let epoch = Int(fields[state + 1]) else {
                throw wrong("not a trial of a search")
            }
            rows[place].last = TrainingHistory.Epoch(
                epoch: epoch, learningRate: Double(rows[place].values.learningRate), trainLoss: numbers[0],
                trainAccuracy: numbers[1], validationLoss: numbers[2], validationAccuracy: numbers[3],
                seconds: 0, imagesPerSecond: 0)
            rows[place].bestAccuracy = numbers[4]
            rows[place].seconds = numbers[5]
        }
    }

    /// The finished trials as a table to read, best first.
    package var text: String {
        let heads =
            ["rank", "trial"] + names.map { $0.replacingOccurrences(of: "-", with: " ") } + [
                "validation", "best epoch", "loss", "training", "time",
            ]
        func share(_ value: Double) -> String { String(format: "%.2f %%", value * 100) }
        var lines = [heads]
        for (rank, row) in ranked.enumerated() {
            guard let last = row.last else { continue }
            let seconds = Int(row.seconds.rounded())
            lines.append(
                ["\(rank + 1)", "\(row.number)"] + row.values.texts + [
                    share(last.validationAccuracy), share(row.bestAccuracy ?? last.validationAccuracy),
                    String(format: "%.4f", last.validationLoss), share(last.trainAccuracy),
                    String(format: "%d:%02d", seconds / 60, seconds % 60),
                ])
        }
        for row in rows where row.state == .diverged {
            lines.append(["–", "\(row.number)"] + row.values.texts + ["diverged", "", "", "", ""])
        }
        let widths = heads.indices.map { column in lines.map { $0[column].count }.max() ?? 0 }
        return lines.map { line in
            let cells = zip(line, widths).map { String(repeating: " ", count: $1 - $0.count) + $0 }
            var text = cells.joined(separator: "  ")
            while text.last == " " { text.removeLast() }
            return text + "\n"
        }.joined()
    }
}
