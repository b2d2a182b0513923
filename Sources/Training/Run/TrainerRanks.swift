import Foundation
import NeuralNetwork
import System

/// What processes that train together have to agree on before the first step, and how one of them is enough afterwards.
extension Trainer {
    /// Makes sure that all ranks have the same options, data, weights and place in the run.
    ///
    /// - Throws: ``TrainingError/otherRank(_:reason:)`` on every rank, with the first one that differs from rank 0.
    package func checkRanks() throws(TrainingError) {
        guard let ranks = execution.communicator else { return }
        var own = identity
        own.add("position", "epoch \(loop.position.epoch), step \(loop.position.step)")
        var hash = FNV1a()
        for tensor in network.parameters.map(\.value) + loop.optimizer.firstMoments {
            for index in 0..<tensor.count { hash.add(UInt64(tensor[index].bitPattern)) }
        }
        own.add("weights", String(hash.value, radix: 16))
        try own.check(ranks)
    }

    /// Takes up a run where rank 0's checkpoint left it; the others need not have the file. Nothing happens where there is
    /// none.
    ///
    /// - Parameter path: The checkpoint's place, on rank 0.
    /// - Throws: what ``resume(from:)`` does.
    package func resumeTogether(from path: String) throws {
        guard let ranks = execution.communicator else {
            if FileManager.default.fileExists(atPath: path) { try resume(from: path) }
            return
        }
        let own = ranks.rank == 0 ? FileManager.default.contents(atPath: path) ?? Data() : Data()
        let bytes = ranks.gather(Array(own))[0]
        if !bytes.isEmpty { try resume(SafeTensors(Data(bytes), path: path), path: path) }
    }

    /// Goes on alone: what rank 0 has left to do after the last step needs no other.
    package func leaveRanks() {
        execution.communicator = nil
        execution.shared = nil
    }
}
