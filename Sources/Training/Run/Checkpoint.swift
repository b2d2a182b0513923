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
        file.metadata["run"] = identity.text
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
    package func saveCheckpoint(to path: String) throws(ModelFileError) { try checkpoint().write(to: path) }

    /// Takes up a run where a checkpoint left it.
    ///
    /// - Throws: ``TrainingError/otherRun(path:reason:)`` where the options or the data differ, ``ModelFileError`` where
    ///   the file is broken.
    package func resume(from path: String) throws { try resume(SafeTensors(path: path), path: path) }

    /// The same from the contents of a checkpoint's file.
    func resume(_ file: SafeTensors, path: String) throws {
        guard let run = file.metadata["run"] else {
            throw ModelFileError.invalid(path: path, reason: "it is a model, not a checkpoint")
        }
        if let difference = identity.difference(from: RunIdentity(text: run)) {
            throw TrainingError.otherRun(path: path, reason: difference)
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
        if place[0] > options.epochs {
            throw ModelFileError.invalid(
                path: path,
                reason: "it is in its epoch \(place[0] + 1) already, --epochs \(options.epochs) end before it"
            )
        }
        guard let epoch = Int(exactly: place[0]), let inEpoch = Int(exactly: place[1]),
            inEpoch < stepsPerEpoch, let correct = Int(exactly: place[3]), let seen = Int(exactly: place[4])
        else { throw ModelFileError.invalid(path: path, reason: "its position lies outside the run") }
        loop.optimizer.step = step
        loop.average?.step = averageStep
        history = past
        loop.position = TrainingLoop.Position(
            epoch: epoch, step: inEpoch, lossSum: Double(bitPattern: place[2]), correct: correct, seen: seen,
            seconds: Double(bitPattern: place[5]))
    }

    /// What must be the same in a run that is resumed: every option, the data and the teachers. More epochs are fine where
    /// the schedule does not depend on them.
    var identity: RunIdentity {
        var identity = RunIdentity()
        identity.add(allOf: options)
        if options.schedule == .constant, options.settlingEpochs == 0 { identity.remove("epochs") }
        // Runs from before there was a choice go on.
        if options.precision == .float { identity.remove("precision") }
        if !options.network.heads.contains(.combined) { identity.remove("combinedLabelShare") }
        identity.add("class weights", classWeights.map { "\($0)" } ?? "none")
        let readsVotes = options.network.heads.contains(.ferplus) || options.disputingVotes != nil
        if readsVotes {
            let prints = [training, validation].compactMap(\.votesFingerprint)
            identity.add("votes", prints.isEmpty ? "none" : prints.joined(separator: ", "))
        }
        identity.add("teachers", teacher?.fingerprint ?? "none")
        identity.add("training images", "\(training.count) (\(training.fingerprint))")
        identity.add("validation images", "\(validation.count) (\(validation.fingerprint))")
        return identity
    }
}

extension FaceDataSet {
    /// A number that tells FER+'s votes apart, or nil where there are none.
    var votesFingerprint: String? {
        guard let votes else { return nil }
        var hash = FNV1a()
        for vote in votes { hash.add(vote.counts) }
        return String(hash.value, radix: 16)
    }

    /// A number that tells data sets apart: FNV-1a over labels and pixels.
    var fingerprint: String {
        var hash = FNV1a()
        for label in labels { hash.add(UInt64(label)) }
        for index in 0..<count { hash.add(pixels(of: index)) }
        for index in 0..<count where source(of: index) > 0 || surroundings.place(of: index) != nil {
            hash.add(UInt64(index))
            hash.add(UInt64(source(of: index)))
        }
        return String(hash.value, radix: 16)
    }
}
