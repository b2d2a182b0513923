import EmotionRecognition
import Faces
import Foundation
import NeuralNetwork

/// What a training run left in its folder, as a report needs it.
package struct RunRecord: Sendable {
    /// The folder's name.
    package let name: String
    /// The architecture's name, such as `cnn-bilstm`.
    package let architecture: String
    /// What each epoch gave.
    package let history: TrainingHistory
    /// Facts of the model file: split, batch, seed and so on; empty while the run goes on.
    package let facts: [String: String]
    /// Answers on validation and test images; nil while the run goes on.
    package let predictions: PredictionTable?

    /// Takes all values.
    package init(
        name: String, architecture: String, history: TrainingHistory, facts: [String: String] = [:],
        predictions: PredictionTable? = nil
    ) {
        self.name = name
        self.architecture = architecture
        self.history = history
        self.facts = facts
        self.predictions = predictions
    }

    /// Reads a run's folder: `log.csv`, the model or else the checkpoint, and `predictions.csv` where it is there.
    package init(folder: String) throws {
        let log = "\(folder)/log.csv"
        guard let history = TrainingHistory(csv: try Self.text(log)), !history.epochs.isEmpty else {
            throw DataError.invalidFile(path: log, reason: "not the log of a run with a finished epoch")
        }
        self.history = history
        name = URL(fileURLWithPath: folder).lastPathComponent
        let model = "\(folder)/model.safetensors"
        let kept =
            FileManager.default.fileExists(atPath: model) ? try SafeTensors(path: model).metadata : [:]
        // A run that goes on beyond its end has the model and the answers of its earlier end still.
        if kept["epochs"] == "\(history.epochs.count)" {
            facts = kept
            architecture = kept["architecture"] ?? name
            let table = "\(folder)/predictions.csv"
            predictions =
                FileManager.default.fileExists(atPath: table)
                ? try PredictionTable(csv: Self.text(table), path: table) : nil
        } else {
            let checkpoint = try SafeTensors(path: "\(folder)/checkpoint.safetensors")
            facts = [:]
            architecture = checkpoint.metadata["architecture"] ?? name
            predictions = nil
        }
    }

    private static func text(_ path: String) throws(DataError) -> String {
        do {
            return try String(contentsOfFile: path, encoding: .utf8)
        } catch {
            throw .unreadable(path: path, reason: (error as NSError).localizedDescription)
        }
    }
}

/// A model's answers on the validation and test images of its run: `predictions.csv`.
package struct PredictionTable: Sendable, Equatable {
    /// One face.
    package struct Row: Sendable, Equatable {
        /// Whether it belongs to the test part; else to the validation part.
        package let isTest: Bool
        /// Which image of the data set, from 0.
        package let image: Int
        /// Its label.
        package let label: Int
        /// Whether the training part holds a byte-identical image.
        package let isCopy: Bool
        /// What the model said.
        package let probabilities: EmotionProbabilities

        /// Takes all values.
        package init(
            isTest: Bool, image: Int, label: Int, isCopy: Bool, probabilities: EmotionProbabilities
        ) {
            self.isTest = isTest
            self.image = image
            self.label = label
            self.isCopy = isCopy
            self.probabilities = probabilities
        }
    }

    /// The faces.
    package var rows: [Row] = []

    private static let header =
        "part,image,label,copy," + Emotion.allCases.map(\.description).joined(separator: ",")

    /// No faces.
    package init() {}

    /// Appends one part of a run's data: the images' indices, and seven or more logits an image.
    package mutating func append(
        isTest: Bool, indices: [Int], of data: FaceDataSet, training: [Int], logits: [Float]
    ) {
        guard !indices.isEmpty else { return }
        let classes = logits.count / indices.count
        let known = Set(training.map(data.pixels(of:)))
        let posterior = Posterior()
        for (place, index) in indices.enumerated() {
            let answer = Array(logits[place * classes..<(place + 1) * classes])
            rows.append(
                Row(
                    isTest: isTest, image: index, label: data.labels[index],
                    isCopy: known.contains(data.pixels(of: index)),
                    probabilities: posterior.probabilities([answer])))
        }
    }

    /// The text of `predictions.csv`.
    package var csv: String {
        var text = Self.header + "\n"
        for row in rows {
            text += "\(row.isTest ? "test" : "validation"),\(row.image),\(row.label),\(row.isCopy ? 1 : 0)"
            for emotion in Emotion.allCases { text += ",\(row.probabilities[emotion])" }
            text += "\n"
        }
        return text
    }

    /// Reads what ``csv`` wrote; `path` is named in errors.
    package init(csv: String, path: String) throws(DataError) {
        let lines = csv.split(whereSeparator: \.isNewline)
        guard lines.first.map(String.init) == Self.header else {
            throw .invalidFile(path: path, reason: "not the predictions of a run")
        }
        for (row, line) in lines.enumerated().dropFirst() {
            let fields = line.split(separator: ",", omittingEmptySubsequences: false)
            let values = fields.dropFirst(4).compactMap { Float($0) }.filter { (0...1).contains($0) }
            guard fields.count == 11, values.count == 7, let image = Int(fields[1]), image >= 0,
                let label = Int(fields[2]), (0...6).contains(label)
            else { throw .invalidRow(path: path, row: row + 1, reason: "not a prediction of a run") }
            var lanes = SIMD8<Float>()
            for place in 0..<7 { lanes[place] = values[place] }
            rows.append(
                Row(
                    isTest: fields[0] == "test", image: image, label: label, isCopy: fields[3] == "1",
                    probabilities: EmotionProbabilities(lanes: lanes)))
        }
    }

    /// The faces of one part judged; nil where there are none.
    package func evaluation(ofTest isTest: Bool, withoutCopies: Bool = false) -> Evaluation? {
        let part = rows.filter { $0.isTest == isTest && !(withoutCopies && $0.isCopy) }
        guard !part.isEmpty else { return nil }
        return Evaluation(part.map(\.probabilities), labels: part.map(\.label))
    }
}
