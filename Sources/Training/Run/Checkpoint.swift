import Foundation
import NeuralNetwork
import System

extension Trainer {
    /// Everything that the rest of the run depends on, so that a resumed run ends at the weights of an unbroken one.
    func checkpoint() -> SafeTensors {
        var file = network.modelFile()
        for (index, parameter) in loop.optimizer.parameters.enumerated() {
            func add(_ kind: String, _ tensor: Tensor) {
                file.entries.append(
                    SafeTensors.Entry(
                        name: "\(kind).\(parameter.name)", shape: parameter.torchShape,
                        values: parameter.torchValues(of: tensor)))
            }
            add("first_moment", loop.optimizer.firstMoments[index])
            if !loop.optimizer.secondMoments.isEmpty {
                add("second_moment", loop.optimizer.secondMoments[index])
            }
            if let average = loop.average { add("average", average.values[index]) }
        }
        file.metadata["run"] = runDescription
        file.metadata["optimizer_step"] = "\(loop.optimizer.step)"
        file.metadata["average_step"] = "\(loop.average?.step ?? 0)"
        let position = loop.position
        file.metadata["position"] =
            "\(position.epoch) \(position.step) \(position.lossSum.bitPattern) \(position.correct) \(position.seen) "
            + "\(position.seconds.bitPattern)"
        file.metadata["history"] = history.csv
        return file
    }

    /// Writes a checkpoint beside its place and renames it.
    public func saveCheckpoint(to path: String) throws(ModelFileError) { try checkpoint().write(to: path) }

    /// Takes up a run where a checkpoint left it.
    ///
    /// - Throws: ``TrainingError/otherRun(path:reason:)`` where the options or the data differ, ``ModelFileError`` where
    ///   the file is broken.
    public func resume(from path: String) throws {
        let file = try SafeTensors(path: path)
        guard let run = file.metadata["run"] else {
            throw ModelFileError.invalid(path: path, reason: "it is a model, not a checkpoint")
        }
        guard run == runDescription else {
            throw TrainingError.otherRun(path: path, reason: "it says \(run), this run is \(runDescription)")
        }
        try network.load(file, path: path)
        for (index, parameter) in loop.optimizer.parameters.enumerated() {
            func restore(_ kind: String, _ tensor: Tensor) throws(ModelFileError) {
                let name = "\(kind).\(parameter.name)"
                guard let entry = file.entry(name), entry.values.count == tensor.count else {
                    throw .invalid(path: path, reason: "it lacks the tensor \(name)")
                }
                parameter.setTorchValues(entry.values, of: tensor)
            }
            try restore("first_moment", loop.optimizer.firstMoments[index])
            if !loop.optimizer.secondMoments.isEmpty {
                try restore("second_moment", loop.optimizer.secondMoments[index])
            }
            if let average = loop.average { try restore("average", average.values[index]) }
        }
        let place = (file.metadata["position"] ?? "").split(separator: " ").compactMap { UInt64($0) }
        guard place.count == 6, let step = file.metadata["optimizer_step"].flatMap({ Int($0) }),
            let averageStep = file.metadata["average_step"].flatMap({ Int($0) }),
            let past = file.metadata["history"].flatMap({ TrainingHistory(csv: $0) })
        else { throw ModelFileError.invalid(path: path, reason: "its position is missing") }
        guard let epoch = Int(exactly: place[0]), let inEpoch = Int(exactly: place[1]),
            epoch <= options.epochs,
            inEpoch < stepsPerEpoch, let correct = Int(exactly: place[3]), let seen = Int(exactly: place[4])
        else { throw ModelFileError.invalid(path: path, reason: "its position lies outside the run") }
        loop.optimizer.step = step
        loop.average?.step = averageStep
        history = past
        loop.position = TrainingLoop.Position(
            epoch: epoch, step: inEpoch, lossSum: Double(bitPattern: place[2]), correct: correct, seen: seen,
            seconds: Double(bitPattern: place[5]))
    }

    /// What must be the same in a run that is resumed. More epochs are fine where the schedule does not depend on them.
    var runDescription: String {
        let o = options
        let network = o.network.metadata.sorted { $0.key < $1.key }.map { "\($0.key)=\($0.value)" }
        let length = o.schedule == .constant ? "" : " epochs=\(o.epochs)"
        return network.joined(separator: " ")
            + "\(length) batch=\(o.batch) rate=\(o.learningRate) schedule=\(o.schedule) optimizer=\(o.optimizer) "
            + "clip=\(o.clip ?? 0) smoothing=\(o.labelSmoothing) average=\(o.averageDecay ?? 0) "
            + "mixup=\(o.mixupShare),\(o.mixupAlpha) augmentation=\(o.augmentation) settling=\(o.settlingEpochs) seed=\(o.seed) "
            + (teacher.map { "teacher=\(o.teacherShare):\($0.fingerprint) " } ?? "")
            + (o.ferplusWeight == 1 ? "" : "ferplus=\(o.ferplusWeight) ")
            + (o.cutMixShare == 0 ? "" : "cutmix=\(o.cutMixShare) ")
            + (o.disputingVotes.map { "disputed=\($0) " } ?? "")
            + (classWeights.map { "weights=\($0) " } ?? "")
            + "threads=\(execution.pool.threads) training=\(training.count):\(training.fingerprint) "
            + "validation=\(validation.count):\(validation.fingerprint)"
    }
}

extension FaceDataSet {
    /// A number that tells data sets apart: FNV-1a over labels and pixels.
    var fingerprint: String {
        var hash = FNV1a()
        for label in labels { hash.add(UInt64(label)) }
        hash.add(pixels)
        return String(hash.value, radix: 16)
    }
}
