import EmotionRecognition
import Foundation
import NeuralNetwork
import Training

/// `raut calibrate`: fits a trained model's answers to faces held back; of several models it takes the mean.
enum CalibrateCommand {
    struct Options: OptionGroup {
        let data = Option(
            required: "data", .path("FILE"),
            help: "FER2013 in its published layout (fer2013.csv), plain or .xz: its PublicTest is used")
        let ferplus = LabelledDataOptions().ferplus
        let output = Option(required: "output", .path("FILE"), help: "the model file to write")
        let threads = Option(
            "threads", .whole("N", 1...256),
            help: "threads that share the faces; as many as processors unless given")
    }

    static let command = Command(
        name: "calibrate",
        summary: "fit a trained model's answers to faces held back; of several, their mean",
        operands: "MODEL…", options: Options.self,
        example:
            "raut calibrate --data fer2013.csv --ferplus fer2013new.csv --output mean.safetensors a.safetensors",
        run: run)

    private static func run(_ arguments: Arguments<Options>) throws -> Int32 {
        let output = arguments.output
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
        let network = try EmotionNetwork(meanOf: models)
        let data = try TrainingDataOptions.faces(
            at: arguments.data, votes: arguments.ferplus, for: network.configuration)
        let validation = data.part(.publicTest)
        guard validation.count > 0 else { throw TrainingError.noImages(of: "validation") }

        var facts = facts(of: models.map(\.file.metadata))
        network.fitAgreement(to: validation)
        if network.configuration.architecture.recipe == .shipped {
            let posterior = Posterior.fitted(
                to: network, training: data.part(.training), validation: validation,
                labelSmoothing: models[0].file.metadata["posterior_label_smoothing"].flatMap { Float($0) }
                    ?? 0)
            facts.merge(posterior.metadata) { _, new in new }
        }
        let predictions = ModelPredictions(
            EmotionRecognizer(network), on: validation, mirrored: false, threads: threads)
        let judged = Evaluation(predictions[.fer2013] ?? [], labels: validation.labels)
        facts["validation_accuracy"] = "\(judged.accuracy)"
        try network.modelFile(extra: facts).write(to: output)
        var line = "\(output): accuracy \(percent(judged.accuracy)) on PublicTest"
        if let votes = validation.votes, let answers = predictions[.ferplus] {
            for count in [6, 8] {
                let agreement = AgreementEvaluation(answers, votes: votes, atLeast: count)
                line += ", \(percent(agreement.confusion.accuracy)) where \(count) of ten agree"
            }
        }
        CommandLineInterface.report(line)
        return 0
    }

    /// How the models were made; where they differ, each one's own, in their order. What was measured of a single model
    /// is left out.
    private static func facts(of models: [[String: String]]) -> [String: String] {
        let measured = ["test_accuracy", "validation_accuracy"]
        var facts: [String: String] = [:]
        for key in Set(models.flatMap(\.keys)).subtracting(measured) {
            let values = models.map { $0[key] ?? "" }
            facts[key] = Set(values).count == 1 ? values[0] : values.joined(separator: " | ")
        }
        facts["averaged_models"] = "\(models.count)"
        return facts
    }
}
