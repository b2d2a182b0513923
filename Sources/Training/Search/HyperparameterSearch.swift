import Foundation
import NeuralNetwork

/// Trains one network after another with the values of a plan, and keeps a table of what came out.
///
/// Each trial has a folder of its own, `trial-001` and so on, with its log and its model; the search's folder holds
/// `trials.csv` and `trials.txt`. A search that was stopped is taken up in the trial and the step where it stood.
public final class HyperparameterSearch {
    /// The trials and their results so far.
    public private(set) var table: SearchTable
    /// What all trials share.
    public let base: TrainingOptions
    private let folder: RunFolder
    private let training: FaceDataSet
    private let validation: FaceDataSet
    private let classWeights: [Float]?

    /// Takes the plan and the data; `facts` says how the data were parted, for the check when a search is resumed.
    ///
    /// - Parameter resume: Whether to go on with the search that the folder holds.
    /// - Throws: ``DataError`` where that is another search, or where one is there and `resume` is false.
    public init(
        _ plan: SearchPlan, base: TrainingOptions, training: FaceDataSet, validation: FaceDataSet,
        classWeights: [Float]? = nil, facts: [String: String] = [:], folder path: String, resume: Bool
    ) throws {
        table = SearchTable(plan)
        self.base = base
        self.training = training
        self.validation = validation
        self.classWeights = classWeights
        folder = try RunFolder(path)
        let trainer = try Trainer(
            base, training: training, validation: validation, classWeights: classWeights)
        let description =
            ([trainer.runDescription, "epochs=\(base.epochs)"]
            + facts.sorted { $0.key < $1.key }.map { "\($0.key)=\($0.value)" }).joined(separator: " ") + "\n"
        let (csv, about) = ("\(path)/trials.csv", "\(path)/search.txt")
        if FileManager.default.fileExists(atPath: csv) {
            guard resume else {
                throw DataError.invalidFile(
                    path: csv,
                    reason: "a search is there: --resume goes on with it, else give another --output")
            }
            guard (try? String(contentsOfFile: about, encoding: .utf8)) == description else {
                throw DataError.invalidFile(
                    path: about, reason: "the search of other data or options: give another --output")
            }
            let text: String
            do {
                text = try String(contentsOfFile: csv, encoding: .utf8)
            } catch {
                throw DataError.unreadable(path: csv, reason: FileReason.of(error))
            }
            try table.restore(csv: text, path: csv)
        }
        try folder.write(description, to: about)
        try save()
    }

    /// Runs all trials that are not done, or until `shouldStop` says so.
    ///
    /// - Parameters:
    ///   - shouldStop: Asked after each step.
    ///   - onTrial: Told before each trial.
    ///   - onStep: Told after each step.
    ///   - onEpoch: Told after each epoch.
    ///   - onResult: Told after each trial, when the table has it.
    /// - Returns: True where no trial is left.
    public func run(
        shouldStop: () -> Bool = { false }, onTrial: (SearchTable.Row) -> Void = { _ in },
        onStep: (Trainer.Progress) -> Void = { _ in }, onEpoch: (TrainingHistory.Epoch) -> Void = { _ in },
        onResult: (SearchTable.Row) -> Void = { _ in }
    ) throws -> Bool {
        for place in table.rows.indices where table.rows[place].state == .planned {
            let row = table.rows[place]
            onTrial(row)
            let trial = try RunFolder(String(format: "%@/trial-%03d", folder.path, row.number))
            let trainer = try Trainer(
                row.values.applied(to: base), training: training, validation: validation,
                classWeights: classWeights)
            try trial.resume(trainer)
            do {
                guard try trial.train(trainer, shouldStop: shouldStop, onStep: onStep, onEpoch: onEpoch)
                else { return false }
                try trainer.modelFile(extra: ["epochs": "\(base.epochs)"]).write(to: trial.model)
                table.rows[place].state = .done
                table.rows[place].last = trainer.history.epochs.last
                table.rows[place].bestAccuracy = trainer.history.epochs.map(\.validationAccuracy).max()
                table.rows[place].seconds = trainer.history.epochs.reduce(0) { $0 + $1.seconds }
            } catch TrainingError.lossIsNotFinite {
                table.rows[place].state = .diverged
            }
            try save()
            // Only a trial that is not done is taken up again.
            try? FileManager.default.removeItem(atPath: trial.checkpoint)
            onResult(table.rows[place])
            if shouldStop(), place != table.rows.indices.last { return false }
        }
        return true
    }

    private func save() throws(DataError) {
        try folder.write(table.csv, to: "\(folder.path)/trials.csv")
        try folder.write(table.text, to: "\(folder.path)/trials.txt")
    }
}
