import Analysis
import EmotionRecognition
import Foundation
import NeuralNetwork
import Training

/// `raut calibrate`: fits a trained model's answers to faces held back; of several models it takes the mean.
package enum CalibrateCommand {
    struct Options: OptionGroup {
        let output = Option(required: "output", .path("FILE"), help: "the model file to write")
        let replace = ReplaceOptions().replace
        let shares = Option(
            "shares", .numbers("W,…", 0...1000),
            help: "how much each model counts in the mean; alike unless given")
        let ferplusShare = Option(
            "ferplus-share", .number("PART", 0...1),
            help: "how much FER+'s head counts where heads are joined; "
                + "\(Posterior.standardFERPlusShare(beside: [])), or beside a combined head "
                + "\(Posterior.standardFERPlusShare(beside: [.combined])), unless given")
        let combinedShare = Option(
            "combined-share", .number("PART", 0...1),
            help: "how much a combined head counts where heads are joined; "
                + "\(Posterior.standardCombinedShare) unless given")
        let frequencyExponent = Option(
            "frequency-exponent", .number("POWER", 0...1),
            help: "the power to which class frequencies are divided out where heads are joined; "
                + "\(Posterior.standardFrequencyExponent) unless given")
        let temperature = Option(
            "temperature", .number("T", 0.1...10),
            help: "what joined logits are divided by: below 1 answers are surer; fitted unless given; "
                + "with a combined head each face's answers move it from there")
        let threads = Option(
            "threads", .whole("N", 1...256),
            help: "threads that share the faces; as many as processors unless given")
        let labelled = LabelledDataOptions()
    }

    package static let command = Command(
        name: "calibrate",
        summary: "fit a trained model's answers to faces held back; of several, their mean",
        operands: "MODEL…", options: Options.self,
        notes: [
            "What is held back of FER2013 is PublicTest, of a folder its part validation. Each --data counts",
            "alike; fewer than 200 faces count less, and move the temperature little from the model's own.",
        ],
        example:
            "raut calibrate --data fer2013.csv --ferplus fer2013new.csv --output mean.safetensors a.safetensors",
        run: run)

    private static func run(_ arguments: Arguments<Options>) throws -> Int32 {
        do {
            return try fit(arguments)
        } catch is Stopped {
            return 130
        }
    }

    private static func fit(_ arguments: Arguments<Options>) throws -> Int32 {
        let output = arguments.output
        try OutputFile.guardFree(output, replaces: arguments.replace, content: .bytes)
        let threads = arguments.threads ?? ProcessInfo.processInfo.activeProcessorCount
        let models = try arguments.operands.map { name in
            let path = try Locations.model(name)
            return (file: try SafeTensors(path: path), path: path)
        }
        for (file, path) in models {
            guard file.metadata["history"] == nil else {
                throw Failure(
                    description:
                        "\(path): it is the checkpoint of a run: give the model.safetensors beside it")
            }
            let split = file.metadata["split"] ?? Split.official.rawValue
            guard split == Split.official.rawValue else {
                throw Failure(
                    description:
                        "\(path): it was trained with --split \(split), on faces of PublicTest: only models "
                        + "of the official split can be fitted to it")
            }
        }
        let shares = (arguments.shares ?? []).map { Float($0) }
        guard shares.isEmpty || (shares.count == models.count && shares.reduce(0, +) > 0) else {
            throw UsageError(
                description: "--shares: expected a number for each model, of which there "
                    + "\(models.count == 1 ? "is one" : "are \(models.count)"), not all 0")
        }
        let network = try EmotionNetwork(meanOf: models, shares: shares)
        if arguments.labelled.data.contains(where: { !DataSources.isFolder($0) }) {
            try TrainingDataOptions.requireVotes(arguments.labelled.ferplus, for: network.configuration)
        }
        let (interrupt, display) = (InterruptSignal(), TrainingDisplay(epochs: 0))
        let data = try arguments.labelled.read(
            usages: [.training, .publicTest], threads: threads, display,
            shouldStop: { interrupt.isRaised })
        let validation = data.faces.part(.publicTest)
        for (number, source) in data.sources.enumerated() {
            guard (0..<validation.count).contains(where: { validation.source(of: $0) == number }) else {
                throw TrainingError.noImages(of: "validation in \(source.path)")
            }
        }

        var facts = facts(of: models.map(\.file.metadata))
        if !shares.isEmpty { facts["shares"] = shares.map { "\($0)" }.joined(separator: ",") }
        let onFace: (Double) throws -> Void = { share in
            if interrupt.isRaised { throw Stopped() }
            display.part("of \(validation.count) faces judged", share)
        }
        try network.fitAgreement(to: validation, onFace: onFace)
        var posterior = Posterior()
        if network.configuration.architecture.recipe == .shipped {
            // Of the first source alone: what the other ones add must not count as often seen because it was often given.
            let training = data.faces.subset(
                (0..<data.faces.count).filter {
                    data.faces.source(of: $0) == 0 && data.faces.usages[$0] == .training
                })
            posterior = try Posterior.fitted(
                to: network, training: training, validation: validation,
                labelSmoothing: models[0].file.metadata["posterior_label_smoothing"].flatMap { Float($0) }
                    ?? 0,
                exponent: arguments.frequencyExponent.map { Float($0) }
                    ?? Posterior.standardFrequencyExponent,
                ferplusShare: arguments.ferplusShare.map { Float($0) },
                combinedShare: arguments.combinedShare.map { Float($0) } ?? Posterior.standardCombinedShare,
                temperature: arguments.temperature.map { Float($0) },
                startingAt: Posterior(ofOne: models), onFace: onFace)
            facts.merge(posterior.metadata) { _, new in new }
        }
        let recognizer = EmotionRecognizer(network, posterior: posterior)
        var lines: [String] = []
        for (number, source) in data.sources.enumerated() {
            let faces = validation.subset(
                (0..<validation.count).filter { validation.source(of: $0) == number })
            let predictions = try ModelPredictions(
                recognizer, on: faces, mirrored: false, threads: threads,
                shouldStop: { interrupt.isRaised })
            let judged = Evaluation(predictions[.fer2013] ?? [], labels: faces.labels)
            if number == 0 { facts["validation_accuracy"] = "\(judged.accuracy)" }
            lines.append(line(on: faces, of: source, predictions, judged))
        }
        try network.modelFile(extra: facts).write(to: output)
        for line in lines { Program.report("\(output): \(line)") }
        return 0
    }

    /// What the model is worth on the faces held back of one source.
    private static func line(
        on faces: FaceDataSet, of source: DataSources.Source, _ predictions: ModelPredictions,
        _ judged: Evaluation
    ) -> String {
        let joined = Evaluation(predictions[.joined] ?? [], labels: faces.labels)
        var line =
            "accuracy \(percent(judged.accuracy)) on \(faces.count) faces held back of \(source.path)"
            + ", heads joined \(percent(joined.accuracy)), calibration error "
            + decimal(joined.calibrationError, 3)
        if faces.hasVotes, let votes = faces.votes, let answers = predictions[.ferplus] {
            for count in [6, 8] {
                let agreement = AgreementEvaluation(answers, votes: votes, atLeast: count)
                line += ", \(percent(agreement.confusion.accuracy)) where \(count) of ten agree"
            }
        }
        return line
    }

    /// How the models were made; where they differ, each one's own, in their order. What was measured of a single model
    /// is left out.
    private static func facts(of models: [[String: String]]) -> [String: String] {
        let measured = [
            "test_accuracy", "validation_accuracy", "gains", "int8_faces", Quantization.weightsKey,
        ]
        var facts: [String: String] = [:]
        for key in Set(models.flatMap(\.keys)).subtracting(measured) {
            let values = models.map { $0[key] ?? "" }
            facts[key] = Set(values).count == 1 ? values[0] : values.joined(separator: " | ")
        }
        facts["averaged_models"] = "\(models.count)"
        return facts
    }
}
