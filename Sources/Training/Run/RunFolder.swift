import Foundation
import NeuralNetwork
import System

/// Where a run keeps what it makes: its checkpoint and log after each epoch, in the end its model.
package struct RunFolder: Sendable {
    /// The folder.
    package let path: String
    /// What a stopped run is taken up from.
    package var checkpoint: String { "\(path)/checkpoint.safetensors" }
    /// A line an epoch.
    package var log: String { "\(path)/log.csv" }
    /// The trained network.
    package var model: String { "\(path)/model.safetensors" }

    /// Makes the folder where it is not there.
    package init(_ path: String) throws(DataError) {
        self.init(at: path)
        try make()
    }

    /// Names the folder: nothing is made yet.
    package init(at path: String) { self.path = path }

    /// Makes the folder where it is not there.
    package func make() throws(DataError) {
        do {
            try FileSystem.makeFolder(path)
        } catch {
            throw .unwritable(path: path, reason: "\(error)")
        }
    }

    /// What is there of a run that can't be gone on with, for want of a checkpoint, and would be written over; nil for
    /// nothing.
    package var kept: String? {
        guard FileSystem.kind(of: checkpoint) == nil else { return nil }
        let files = [model, log, "\(path)/predictions.csv", "\(path)/report"]
        return files.first { FileSystem.kind(of: $0) != nil }
    }

    /// Keeps other programs from training into the folder as long as what it returns is held.
    ///
    /// - Throws: ``DataError/unwritable(path:reason:)`` where another one does.
    package func lock() throws(DataError) -> some Sendable {
        do throws(Errno) {
            return try FolderLock(path)
        } catch {
            throw .unwritable(
                path: path,
                reason: error == .tryAgain
                    ? "another program trains into it: wait for its end, or give another --output"
                    : error.description)
        }
    }

    /// Takes up a run where its checkpoint left it; nothing happens where there is none.
    package func resume(_ trainer: Trainer) throws {
        try trainer.resumeTogether(from: checkpoint)
    }

    /// Runs to the last epoch, or until `shouldStop` says so; either way a checkpoint and a log are left.
    ///
    /// - Parameter writes: False on the ranks of which another one does.
    /// - Returns: True where the last epoch was finished.
    package func train(
        _ trainer: Trainer, writes: Bool = true, shouldStop: () -> Bool = { false },
        onStep: (Trainer.Progress) -> Void = { _ in }, onEpoch: (TrainingHistory.Epoch) -> Void = { _ in }
    ) throws -> Bool {
        let finished = try trainer.run(
            shouldStop: shouldStop, onStep: onStep,
            onEpoch: { entry in
                onEpoch(entry)
                guard writes else { return }
                try trainer.saveCheckpoint(to: checkpoint)
                try write(trainer.history.csv, to: log)
            })
        if !finished, writes { try trainer.saveCheckpoint(to: checkpoint) }
        return finished
    }

    /// Writes a text beside its place and renames it.
    package func write(_ text: String, to path: String) throws(DataError) {
        do {
            try AtomicFile.write(Array(text.utf8), to: path)
        } catch {
            throw .unwritable(path: path, reason: FileReason.of(error))
        }
    }
}
