import EmotionRecognition
import Foundation
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
        #expect(TrainingHistory(csv: run.csv + "5,x,1,1,1,1,1,1\n") == nil)
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
        #expect(
            message { try PredictionTable(csv: table.csv + "test,1,9,0,1,0,0,0,0,0,0\n", path: "p.csv") }
                == "p.csv, row 4: not a prediction of a run")
    }

    @Test("the page holds each run and loads nothing from elsewhere; a name cannot inject markup")
    func page() throws {
        let folder = try TemporaryFolder()
        let record = RunRecord(name: "<b>a", architecture: "cnn", history: run)
        try Report([record, record]).write(to: folder.path)
        let page = try String(contentsOfFile: "\(folder.path)/report.html", encoding: .utf8)
        #expect(page.contains("&lt;b&gt;a") && !page.contains("<b>a"))
        #expect(!page.contains("src='http") && !page.contains("<link"))
        #expect(page.components(separatedBy: "<svg").count == 5)
        #expect(FileManager.default.fileExists(atPath: "\(folder.path)/2-loss.svg"))
    }
}
