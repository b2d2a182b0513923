import EmotionRecognition
import Faces
import Foundation
import TestSupport
import Testing
import Training

private func history(_ values: [(trainLoss: Double, train: Double, loss: Double, accuracy: Double)])
    -> TrainingHistory
{
    var history = TrainingHistory()
    for (index, value) in values.enumerated() {
        history.epochs.append(
            TrainingHistory.Epoch(
                epoch: index + 1, learningRate: 0.001, trainLoss: value.trainLoss, trainAccuracy: value.train,
                validationLoss: value.loss, validationAccuracy: value.accuracy, seconds: 2,
                imagesPerSecond: 100))
    }
    return history
}

@Suite("Report")
struct ReportTests {
    private let run = history([
        (2.0, 0.2, 2.0, 0.30), (1.5, 0.4, 1.2, 0.50), (1.2, 0.5, 1.0, 0.60), (1.0, 0.6, 1.05, 0.56),
    ])

    @Test("the paper's rows are those worked out by hand")
    func rows() throws {
        let statistics = try #require(HistoryStatistics(run))
        let accuracy = Dictionary(uniqueKeysWithValues: statistics.accuracy.map { ($0.name, $0.value) })
        let loss = Dictionary(uniqueKeysWithValues: statistics.loss.map { ($0.name, $0.value) })
        func near(_ value: Double?, _ expected: Double) -> Bool {
            value.map { abs($0 - expected) < 1e-9 } ?? false
        }
        #expect(near(accuracy["Final accuracy"], 0.56))
        #expect(near(accuracy["Fluctuation"], 0.04))
        #expect(near(accuracy["Steadiness"], 0.02))
        #expect(near(accuracy["Overfitting"], 0.04))
        #expect(near(accuracy["Gap to training"], (-0.1 - 0.1 - 0.1 + 0.04) / 4))
        #expect(near(loss["Fluctuation"], 0.05))
        #expect(near(loss["Speed of descent"], 3))
        #expect(near(loss["Generalisation"], (0 - 0.3 - 0.2 + 0.05) / 4))
        #expect(HistoryStatistics(TrainingHistory()) == nil)
    }

    @Test("losses that fall in step agree wholly")
    func agreement() throws {
        let statistics = try #require(HistoryStatistics(history([(2, 0, 3, 0), (1, 0, 2, 0), (0, 0, 1, 0)])))
        #expect(abs(statistics.loss[2].value - 1) < 1e-9)
    }

    @Test("a log is read back as it was written, and anything else is refused")
    func log() {
        #expect(TrainingHistory(csv: run.csv) == run)
        #expect(TrainingHistory(csv: "epoch\n1\n") == nil)
        for loss in ["x", "nan", "inf", "-inf", "1e308", "1e30"] {
            #expect(TrainingHistory(csv: run.csv + "5,1,\(loss),1,1,1,1,1\n") == nil, "\(loss)")
        }
    }

    @Test("predictions are read back as they were written, and know which faces were trained on")
    func predictions() throws {
        var data = faces([0, 3, 5])
        data.pixels += data.pixels[..<FaceDataSet.pixelsPerImage]
        data.labels.append(0)
        data.usages.append(.training)
        var table = PredictionTable()
        let logits: [Float] = [5, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 5, 0]
        table.append(isTest: true, indices: [3, 1], of: data, training: [0, 2], logits: logits)
        #expect(table.rows.map(\.isCopy) == [true, false])
        #expect(try PredictionTable(csv: table.csv, path: "p.csv") == table)
        #expect(table.evaluation(ofTest: true)?.accuracy == 0.5)
        #expect(table.evaluation(ofTest: true, withoutCopies: true)?.accuracy == 0)
        #expect(table.evaluation(ofTest: false) == nil)
        for row in [
            "test,1,9,0,1,0,0,0,0,0,0", "test,1,2,0,nan,0,0,0,0,0,0", "test,1,2,0,inf,0,0,0,0,0,0",
            "test,1,2,0,2,-1,0,0,0,0,0",
        ] {
            #expect(
                message { try PredictionTable(csv: table.csv + row + "\n", path: "p.csv") }
                    == "p.csv, row 4: not a prediction of a run")
        }
        let broken = EmotionProbabilities(lanes: SIMD8(repeating: .nan))
        #expect(Evaluation([broken], labels: [0]).accuracy <= 1)
    }

    @Test("the page holds each run and loads nothing from elsewhere; a name cannot inject markup")
    func page() throws {
        let folder = TemporaryFolder()
        let record = RunRecord(name: "<b>a", architecture: "cnn", history: run)
        try Report([record, record]).write(to: folder.path)
        let page = try String(contentsOfFile: "\(folder.path)/report.html", encoding: .utf8)
        #expect(page.contains("&lt;b&gt;a") && !page.contains("<b>a"))
        #expect(!page.contains("src='http") && !page.contains("<link"))
        #expect(page.components(separatedBy: "<svg").count == 7)
        #expect(FileManager.default.fileExists(atPath: "\(folder.path)/2-loss.svg"))
    }

    /// A finished run with answers on two validation and four test faces, of which one is a copy.
    private func record(_ name: String, _ architecture: String, augmented: Bool) -> RunRecord {
        func row(_ isTest: Bool, _ label: Int, _ answer: Emotion, isCopy: Bool = false) -> PredictionTable.Row
        {
            var probabilities = EmotionProbabilities(lanes: SIMD8(0.1, 0.1, 0.1, 0.1, 0.1, 0.1, 0.1, 0))
            probabilities[answer] = 0.4
            return PredictionTable.Row(
                isTest: isTest, image: 0, label: label, isCopy: isCopy, probabilities: probabilities)
        }
        var table = PredictionTable()
        table.rows = [
            row(false, 1, .disgust), row(false, 2, .happy), row(true, 3, .happy, isCopy: true),
            row(true, 3, .happy), row(true, 4, .happy), row(true, 4, .fear),
        ]
        return RunRecord(
            name: name, architecture: architecture, history: run,
            facts: [
                "epochs": "4", "split": "random",
                "augmentation": "\(augmented ? Augmentation.paper : Augmentation.none)",
            ], predictions: table)
    }

    @Test("the tables set augmentation and BiLSTM apart, count copies, and mark what is better")
    func tables() throws {
        let folder = TemporaryFolder()
        let runs = [
            record("a", "cnn", augmented: true), record("b", "cnn-bilstm", augmented: true),
            record("c", "cnn", augmented: false), record("d", "cnn-bilstm", augmented: false),
        ]
        try Report(runs).write(to: folder.path)
        let text = try String(contentsOfFile: "\(folder.path)/tables.md", encoding: .utf8)
        let lines = text.split(separator: "\n").map(String.init)
        #expect(lines.contains("| CNN | without | 56.0 % | -6.5 % | 100.0 % | 0.0 % |"))
        #expect(lines.contains("| CNN-BiLSTM | with | 56.0 % | -6.5 % | 100.0 % | 0.0 % |"))
        // Half of the four right; of the three that are no copies, one.
        #expect(lines.contains("| a: CNN | random | 1 of 4 | 100.0 % | 33.3 % | 50.0 % | +16.7 |"))
        #expect(!text.contains("**"), "no run is better than its equal")
        try Report(Array(runs.prefix(3))).write(to: folder.path)
        let fewer = try String(contentsOfFile: "\(folder.path)/tables.md", encoding: .utf8)
        #expect(!fewer.contains("Augmentation and BiLSTM apart"))
    }

    @Test("the better of two runs is the higher accuracy, the lower loss, the gap nearer to 0")
    func better() throws {
        let other = history([(2.0, 0.2, 2.0, 0.30), (1.2, 0.5, 1.1, 0.5), (1.1, 0.55, 0.9, 0.62)])
        let (a, b) = (try #require(HistoryStatistics(run)), try #require(HistoryStatistics(other)))
        func best(_ name: String, _ rows: KeyPath<HistoryStatistics, [HistoryStatistics.Row]>) -> Int? {
            let pair = [a, b].compactMap { $0[keyPath: rows].first { $0.name == name } }
            return pair.first?.best(of: pair.map(\.value))
        }
        #expect(best("Final accuracy", \.accuracy) == 1)
        #expect(best("Final loss", \.loss) == 1)
        #expect(best("Gap to training", \.accuracy) == 1)
        #expect(a.accuracy[0].best(of: [0.5]) == nil && a.accuracy[0].best(of: [0.5, 0.5]) == nil)
    }

    /// What stands between a mark and the next.
    private func all(_ pattern: Regex<(Substring, Substring)>, in text: String) -> [String] {
        text.matches(of: pattern).map { String($0.1) }
    }

    @Test("no label of an axis stands there twice, however near its values are")
    func axis() {
        let label = /text-anchor='end'[^>]*>([^<]*)</
        for (low, high) in [(1.02, 1.09), (0.7231, 0.7244), (0, 3), (0.5, 0.5), (-0.01, 0.02), (100, 2000)] {
            for percent in [false, true] {
                let chart = Chart.curves(
                    title: "t", training: [low, high], validation: [low, low], percent: percent)
                let labels = all(label, in: chart)
                #expect(labels.count >= 2)
                #expect(Set(labels).count == labels.count, "\(low) to \(high): \(labels)")
            }
        }
    }

    @Test("one epoch is drawn as a point, and lines are told apart without their colours")
    func lines() {
        let one = Chart.curves(title: "t", training: [0.4], validation: [0.5], percent: true)
        #expect(one.contains("<circle") && one.contains("width='8' height='8'"))
        let several = Chart.curves(title: "t", training: [0.4, 0.6], validation: [0.5, 0.6], percent: true)
        #expect(!several.contains("<circle"))
        let lines = several.matches(of: /<polyline[^>]*>/).map { $0.output.contains("dasharray") }
        #expect(lines == [false, true])
    }

    @Test("a cell's colour leaves its count readable, where all are right too")
    func cells() {
        var matrix = ConfusionMatrix()
        for emotion in Emotion.allCases {
            for _ in 0..<50 { matrix.add(label: emotion.rawValue, answer: emotion.rawValue) }
        }
        let chart = Chart.confusion(title: "t", matrix)
        let opacities = all(/fill-opacity='([^']*)'/, in: chart).compactMap(Double.init)
        #expect(opacities.count == 49 && opacities.allSatisfy { $0 <= 0.4 })
        // 50 faces a cell on the diagonal, in the colour of text that matters.
        let counts = chart.matches(of: /<text[^>]*var\(--ink\)[^>]*>50</)
        #expect(counts.count == 7)
    }
}
