import Foundation
import NeuralNetwork
import System

/// Trains one network after another with the values of a plan, and keeps a table of what came out.
///
/// Each trial has a folder of its own, `trial-001` and so on, with its log and its model; the search's folder holds
/// `trials.csv` and `trials.txt`. A search that was stopped is taken up in the trial and the step where it stood.
package final class HyperparameterSearch {
    /// The trials and their results so far.
    package private(set) var table: SearchTable
    /// What all trials share.
    package let base: TrainingOptions
    private let folder: RunFolder
    private let training: FaceDataSet
    private let validation: FaceDataSet
    private let classWeights: [Float]?
    private let ranks: (any Communicator)?

    /// Takes the plan and the data; `facts` says how the data were parted, for the check when a search is resumed.
    ///
    /// - Parameters:
    ///   - resume: Whether to go on with the search that the folder holds.
    ///   - communicator: The processes that share the trials; rank 0 alone keeps the table. Each trial is trained by one
    ///     of them, in the folder as that one sees it.
    /// - Throws: ``DataError`` where that is another search, or where one is there and `resume` is false;
    ///   ``TrainingError/otherRank(_:reason:)`` where two ranks have different data or options.
    package init(
        _ plan: SearchPlan, base: TrainingOptions, training: FaceDataSet, validation: FaceDataSet,
        classWeights: [Float]? = nil, facts: [String: String] = [:], folder path: String, resume: Bool,
        communicator: (any Communicator)? = nil
    ) throws {
        ranks = communicator
        table = SearchTable(plan)
        self.base = base
        self.training = training
        self.validation = validation
        self.classWeights = classWeights
        folder = try RunFolder(path)
        let trainer = try Trainer(
            base, training: training, validation: validation, classWeights: classWeights)
        var identity = trainer.identity
        identity.add("epochs", "\(base.epochs)")
        for (name, value) in facts.sorted(by: { $0.key < $1.key }) { identity.add(name, value) }
        if ranks.map({ $0.rank == 0 }) ?? true { try begin(identity.line + "\n", resume: resume) }
        try agree(on: identity)
    }

    /// Refuses a folder that holds a search.
    ///
    /// - Throws: ``DataError``.
    package static func requireNone(in folder: String) throws(DataError) {
        let csv = "\(folder)/trials.csv"
        guard FileSystem.kind(of: csv) == nil else {
            throw .invalidFile(
                path: csv, reason: "a search is there: --resume goes on with it, else give another --output")
        }
    }

    /// Makes the files of a new search, or takes up those of one that was stopped.
    private func begin(_ description: String, resume: Bool) throws {
        let path = folder.path
        let (csv, about) = ("\(path)/trials.csv", "\(path)/search.txt")
        if FileManager.default.fileExists(atPath: csv) {
            if !resume { try Self.requireNone(in: path) }
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

    /// Takes the table that rank 0 has, where the ranks are about to do the same.
    private func agree(on identity: RunIdentity) throws {
        guard let ranks else { return }
        try identity.check(ranks)
        let csv = String(decoding: ranks.gather(Array(table.csv.utf8))[0], as: UTF8.self)
        try table.restore(csv: csv, path: "\(folder.path)/trials.csv")
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
    package func run(
        shouldStop: () -> Bool = { false }, onTrial: (SearchTable.Row) -> Void = { _ in },
        onStep: (Trainer.Progress) -> Void = { _ in }, onEpoch: (TrainingHistory.Epoch) -> Void = { _ in },
        onResult: (SearchTable.Row) -> Void = { _ in }
    ) throws -> Bool {
        let planned = table.rows.indices.filter { table.rows[$0].state == .planned }
        let (rank, size) = (ranks?.rank ?? 0, ranks?.size ?? 1)
        // A round: a trial for each rank.
        for start in stride(from: 0, to: planned.count, by: size) {
            let round = planned[start..<min(planned.count, start + size)]
            var goesOn = true
            if rank < round.count {
                let row = table.rows[round[start + rank]]
                onTrial(row)
                goesOn = try train(row, at: round[start + rank], shouldStop, onStep, onEpoch)
            }
            goesOn = try share(round, goesOn: goesOn && !shouldStop())
            if rank == 0 { try save() }
            for place in round where table.rows[place].state != .planned {
                // Only a trial that is not done is taken up again.
                if rank < round.count, place == round[start + rank] {
                    try? FileManager.default.removeItem(atPath: trialFolder(table.rows[place]).checkpoint)
                }
                onResult(table.rows[place])
            }
            if !goesOn, table.rows.contains(where: { $0.state == .planned }) { return false }
        }
        return true
    }

    private func trialFolder(_ row: SearchTable.Row) -> RunFolder {
        RunFolder(at: String(format: "%@/trial-%03d", folder.path, row.number))
    }

    /// Trains one trial; false where it was stopped.
    private func train(
        _ row: SearchTable.Row, at place: Int, _ shouldStop: () -> Bool, _ onStep: (Trainer.Progress) -> Void,
        _ onEpoch: (TrainingHistory.Epoch) -> Void
    ) throws -> Bool {
        let trial = trialFolder(row)
        try trial.make()
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
        return true
    }

    /// Tells all ranks what came of the round's trials, each of which one rank knows; false where any was stopped.
    private func share(_ round: ArraySlice<Int>, goesOn: Bool) throws -> Bool {
        guard let ranks else { return goesOn }
        let tables = ranks.gather(Array(table.csv.utf8))
        for (place, csv) in zip(round, tables) {
            var other = table
            try other.restore(csv: String(decoding: csv, as: UTF8.self), path: "a rank's table")
            table.rows[place] = other.rows[place]
        }
        var stopped: [Double] = [goesOn ? 0 : 1]
        ranks.sum(&stopped)
        return stopped == [0]
    }

    private func save() throws(DataError) {
        try folder.write(table.csv, to: "\(folder.path)/trials.csv")
        try folder.write(table.text, to: "\(folder.path)/trials.txt")
    }
}
