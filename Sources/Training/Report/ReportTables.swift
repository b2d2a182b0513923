import EmotionRecognition
import Faces
import Foundation

/// The tables of a report.
enum ReportTables {
    /// What was trained, and what came out, a row a run.
    static func summary(_ runs: [RunRecord]) -> ReportTable {
        let rows = runs.map { run in
            let test = run.predictions?.evaluation(ofTest: true)
            let check = run.predictions?.evaluation(ofTest: false)
            let planned = run.isFinished ? "" : " so far"
            return [
                .words(run.name, detail: run.architectureName), .words(run.facts["split"] ?? "–"),
                .init("\(run.history.epochs.count)\(planned)"),
                .share(run.history.epochs.last?.validationAccuracy), .share(test?.accuracy),
                .share(test?.confusion.macroF1), .share(check?.confusion.recall(.disgust)),
                .share(check?.confusion.recall(.fear)),
            ] as [ReportTable.Cell]
        }
        return ReportTable(
            title: "What came out",
            head: [.words("Run"), .words("Split")]
                + ["Epochs", "Validation", "Test", "Test macro-F1", "Disgust found", "Fear found"].map {
                    .init($0)
                },
            rows: rows,
            note:
                "Validation and test: accuracy after the last epoch. Disgust and fear found: their recall on "
                + "validation faces. A dash: the run has not ended, or did not keep it.")
    }

    /// The paper's two tables: each row a number with its definition, a column a run.
    static func paper(_ runs: [RunRecord]) -> [ReportTable] {
        let statistics = runs.map { HistoryStatistics($0.history) }
        return [
            ("Table 1: accuracy", statistics.compactMap { $0?.accuracy }),
            ("Table 2: loss", statistics.compactMap { $0?.loss }),
        ].compactMap { title, columns in
            guard let first = columns.first, columns.count == runs.count else { return nil }
            let rows = first.enumerated().map { place, row in
                let best = row.best(of: columns.map { $0[place].value })
                return [.words(row.name, detail: row.definition)]
                    + columns.enumerated().map { column, values in
                        ReportTable.Cell(values[place].text, isBest: column == best)
                    }
            }
            return ReportTable(
                title: title,
                head: [.words("")] + runs.map { .init($0.name, detail: $0.architectureName) }, rows: rows)
        }
    }

    /// CNN or CNN-BiLSTM, with or without augmentation; nil unless the runs hold all four, alike otherwise.
    static func ablation(_ runs: [RunRecord]) -> ReportTable? {
        func kind(_ run: RunRecord) -> String { "\(run.history.epochs.count) \(run.facts["split"] ?? "")" }
        for first in runs {
            let alike = runs.filter { $0.isFinished && kind($0) == kind(first) }
            var rows: [[ReportTable.Cell]] = []
            for architecture in [Architecture.cnn, .cnnBiLSTM] {
                for isAugmented in [false, true] {
                    guard
                        let run = alike.first(where: {
                            $0.architecture == architecture.rawValue && $0.isAugmented == isAugmented
                        }), let statistics = HistoryStatistics(run.history)
                    else { continue }
                    let check = run.predictions?.evaluation(ofTest: false)
                    let gap = statistics.accuracy.first { $0.name == "Gap to training" }
                    rows.append([
                        .words(run.architectureName), .words(isAugmented ? "with" : "without"),
                        .share(run.history.epochs.last?.validationAccuracy), .init(gap?.text ?? "–"),
                        .share(check?.confusion.recall(.disgust)), .share(check?.confusion.recall(.fear)),
                    ])
                }
            }
            guard rows.count == 4 else { continue }
            return ReportTable(
                title: "Augmentation and BiLSTM apart",
                head: [.words("Network"), .words("Augmentation")]
                    + ["Validation", "Gap to training", "Disgust found", "Fear found"].map { .init($0) },
                rows: rows,
                note: "\(first.history.epochs.count) epochs each, all else alike. The gap compares training "
                    + "accuracy as it was measured, on varied images with dropout, so that it may be below 0."
            )
        }
        return nil
    }

    /// How much of the accuracy comes of faces that are in the training part as well; nil where no run kept its
    /// answers.
    static func leak(_ runs: [RunRecord]) -> ReportTable? {
        let rows = runs.compactMap { run -> [ReportTable.Cell]? in
            guard let table = run.predictions, let all = table.evaluation(ofTest: true) else { return nil }
            let copies = table.rows.filter { $0.isTest && $0.isCopy }
            let known =
                copies.isEmpty
                ? nil : Evaluation(copies.map(\.probabilities), labels: copies.map(\.label)).accuracy
            let fresh = table.evaluation(ofTest: true, withoutCopies: true)?.accuracy
            let points = fresh.map { String(format: "%+.1f", (all.accuracy - $0) * 100) }
            return [
                .words(run.name, detail: run.architectureName), .words(run.facts["split"] ?? "–"),
                .init("\(copies.count) of \(all.confusion.count)"), .share(known), .share(fresh),
                .share(all.accuracy), .init(points ?? "–"),
            ]
        }
        guard !rows.isEmpty else { return nil }
        return ReportTable(
            title: "What copies are worth",
            head: [.words("Run"), .words("Split")]
                + ["Test faces with a copy", "On those", "On the others", "On all", "Points of leak"].map {
                    .init($0)
                },
            rows: rows,
            note:
                "FER2013 holds 3,373 faces more than once. A random split puts many on both sides: a copy is a "
                + "test face of which the training part holds a byte-identical one. The grouped split keeps them "
                + "together.")
    }
}

extension RunRecord {
    /// Whether the run went to its last epoch.
    var isFinished: Bool { facts["epochs"] != nil }

    /// Whether training images were varied: any strength but 0, or mirrored.
    var isAugmented: Bool {
        let strengths = facts["augmentation"] ?? ""
        return strengths.contains("true") || strengths.contains { "123456789".contains($0) }
    }

    /// As the paper writes it.
    var architectureName: String {
        Architecture(rawValue: architecture)?.title ?? architecture
    }

    /// How it was trained, in a line.
    var circumstances: String {
        var parts = [architectureName]
        for (key, name) in [
            ("split", "split"), ("balance", "balance"), ("batch", "batch"),
            ("learning_rate", "learning rate"),
            ("optimizer", "optimizer"), ("schedule", "schedule"), ("seed", "seed"),
        ] {
            if let value = facts[key], value != "none" { parts.append("\(name) \(value)") }
        }
        if isFinished { parts.append(isAugmented ? "augmented" : "no augmentation") }
        let seconds = history.epochs.reduce(0) { $0 + $1.seconds }
        let minutes = Int((seconds / 60).rounded())
        parts.append(minutes < 60 ? "\(minutes) min" : "\(minutes / 60) h \(minutes % 60) min")
        return parts.joined(separator: " · ")
    }
}

extension HistoryStatistics.Row {
    /// The number as it is shown.
    var text: String {
        if isShare { return shareText(value) }
        return value == value.rounded() && abs(value) >= 1 ? "\(Int(value))" : String(format: "%.3f", value)
    }

    /// The place of the best of several runs' values; nil for one run, or where none is better.
    package func best(of values: [Double]) -> Int? {
        guard values.count > 1 else { return nil }
        let order: (Double) -> Double =
            switch better {
            case .higher: { -$0 }
            case .lower: { $0 }
            case .nearZero: { abs($0) }
            }
        let ranks = values.map(order)
        guard let least = ranks.min(), ranks.count(where: { $0 == least }) == 1 else { return nil }
        return ranks.firstIndex(of: least)
    }
}
