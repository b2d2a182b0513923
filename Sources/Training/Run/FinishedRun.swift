import EmotionRecognition
import Faces
import Foundation
import NeuralNetwork

/// What a run was given besides its options, as its model's facts tell it.
package struct RunOrigin: Sendable {
    /// How the faces were parted.
    package var split: Split
    /// How classes were brought to equal weight.
    package var balance: Balance
    /// Tables and folders of faces.
    package var data: [String]
    /// The models whose mean weights the run began at, as they were named; empty where it began at random ones.
    package var from: [String] = []
    /// The contents and paths of those models.
    package var models: [(file: SafeTensors, path: String)] = []
    /// The models that taught it, as they were named.
    package var teachers: [String] = []

    /// A run that began at random weights, without a teacher.
    package init(split: Split, balance: Balance, data: [String]) {
        (self.split, self.balance, self.data) = (split, balance, data)
    }

    /// The facts, with paths by their last part: a model file goes to others.
    fileprivate var facts: [String: String] {
        func names(_ paths: [String]) -> String {
            paths.map { URL(fileURLWithPath: $0).lastPathComponent }.joined(separator: ",")
        }
        return [
            "split": split.rawValue, "balance": balance.rawValue, "data": names(data), "from": names(from),
            "teacher": names(teachers),
        ]
    }
}

/// What a run that reached its last epoch came to.
package struct FinishedRun: Sendable {
    /// The mean cross-entropy of the first head on the test images, in nats.
    package let testLoss: Double
    /// The share of the test images that the first head names rightly.
    package let testAccuracy: Double
    /// A sentence for each source: what was gained on its faces since the models that the run began at.
    package let gains: [String]
    /// How to learn what was lost on FER2013's PublicTest, where the run went on from a model and no data has that part;
    /// else nil.
    package let unjudged: String?
    /// The page.
    package let report: String
}

extension RunFolder {
    /// Judges a trained network on the test images, and writes the model with its facts, its answers
    /// (`predictions.csv`) and the report.
    ///
    /// - Parameters:
    ///   - showsFaces: Whether the report shows some of the faces.
    /// - Throws: ``ModelFileError`` or ``DataError`` where something can't be written, or a model of the origin is broken.
    package func finish(
        _ trainer: Trainer, on sources: DataSources, _ data: TrainingData, from origin: RunOrigin,
        showsFaces: Bool = true
    ) throws -> FinishedRun {
        let options = trainer.options
        let test = trainer.evaluate(data.all.subset(data.parts.test))
        var facts = options.facts.merging(origin.facts) { _, new in new }
        facts["validation_accuracy"] = "\(trainer.history.epochs.last?.validationAccuracy ?? 0)"
        facts["test_accuracy"] = "\(test.accuracy)"
        if options.network.architecture.recipe == .shipped {
            let posterior = try Posterior.fitted(
                to: try EmotionNetwork(trainer.modelFile(), path: model), training: data.unbalanced,
                validation: data.validation, labelSmoothing: options.labelSmoothing,
                startingAt: Posterior(ofOne: origin.models), targets: options.targets(of:))
            facts.merge(posterior.metadata) { _, new in new }
        }
        var gains: [String] = []
        if !origin.models.isEmpty {
            let after = EmotionRecognizer(
                try EmotionNetwork(trainer.modelFile(), path: model),
                posterior: try Posterior(metadata: facts, path: model))
            gains = try Gain.list(
                from: try EmotionRecognizer(meanOf: origin.models), to: after, on: sources,
                parts: data.parts, threads: options.threads
            ).map { $0.sentence(of: sources, split: origin.split) }
            facts["gains"] = gains.joined(separator: "; ")
        }
        try trainer.modelFile(extra: facts).write(to: model)

        var table = PredictionTable()
        for (isTest, part, logits) in [
            (false, data.parts.validation, trainer.evaluate(data.validation).logits),
            (true, data.parts.test, test.logits),
        ] {
            table.append(
                isTest: isTest, indices: part, of: data.all, training: data.parts.training, logits: logits)
        }
        try write(table.csv, to: "\(path)/predictions.csv")
        let report = "\(path)/report"
        try Report([RunRecord(folder: path)], pictures: showsFaces ? data.all : nil).write(to: report)
        let knowsPublicTest = sources.sources.contains { !$0.isFolder }
        return FinishedRun(
            testLoss: test.loss, testAccuracy: test.accuracy, gains: gains,
            unjudged: origin.models.isEmpty || knowsPublicTest
                ? nil
                : "FER2013's PublicTest was not judged: to learn what was lost there, compare both models by "
                    + "'raut evaluate --head joined --usage PublicTest --data fer2013.csv', or train with that "
                    + "--data, too",
            report: "\(report)/report.html")
    }
}

extension Posterior {
    /// That of the one model which something began at; nil where there were several, or none.
    package init?(ofOne models: [(file: SafeTensors, path: String)]) throws(ModelFileError) {
        guard models.count == 1, let model = models.first else { return nil }
        try self.init(metadata: model.file.metadata, path: model.path)
    }
}

extension EmotionRecognizer {
    /// The model that a run began at: a single one answers with its own posterior.
    fileprivate convenience init(meanOf models: [(file: SafeTensors, path: String)]) throws {
        if models.count == 1 {
            try self.init(modelAt: models[0].path)
        } else {
            self.init(try EmotionNetwork(meanOf: models))
        }
    }
}

extension Gain {
    /// In words: `faces, 60 faces held out: 50.0 % before, 55.0 % now: gained 5.0 points (5 won, 2 lost: that may be
    /// chance)`.
    fileprivate func sentence(of sources: DataSources, split: Split) -> String {
        let source = sources.sources[source]
        let change = (after - before) * 100
        // Parted at random, a table's faces are those that the model before may have learned from.
        let part =
            source.isFolder
            ? "held out"
            : split == .official ? "of \(usage.rawValue)" : "held out, some of which it may have known before"
        return "\(source.path), \(count) \(count == 1 ? "face" : "faces") \(part), heads joined: "
            + "\(shareText(before)) before, \(shareText(after)) now: \(change >= 0 ? "gained" : "lost") "
            + "\(String(format: "%.1f", abs(change))) points (\(won) won, \(lost) lost"
            + "\(won != lost && mayBeChance ? ": that may be chance" : ""))"
    }
}
