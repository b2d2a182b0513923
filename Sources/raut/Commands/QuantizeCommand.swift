import Analysis
import EmotionRecognition
import Foundation
import NeuralNetwork
import Training

/// `raut quantize`: measures on faces what a model needs to work in eight-bit integers.
package enum QuantizeCommand {
    struct Options: OptionGroup {
        let output = Option(required: "output", .path("FILE"), help: "the model file to write")
        let replace = ReplaceOptions().replace
        let faces = Option(
            "faces", .whole("N", 1...100_000), standard: 512,
            help: "how many faces of the training part are measured")
        let threads = Option(
            "threads", .whole("N", 1...256),
            help: "threads that share the faces; as many as processors unless given")
        let labelled = LabelledDataOptions()
    }

    package static let command = Command(
        name: "quantize", summary: "make a model ready for eight-bit integers, which are faster",
        operands: "MODEL", options: Options.self,
        notes: [
            "The weights stay as they are: the file holds, beside them, how far each layer's inputs reach on faces of",
            "the training part. What the integers lose is said, on the faces held back.",
        ],
        example: "raut quantize model.safetensors --data fer2013.csv --output model-int8.safetensors",
        run: run)

    /// What a checkpoint has beside a model.
    private static let checkpointKey = "history"

    private static func run(_ arguments: Arguments<Options>) throws -> Int32 {
        let output = arguments.output
        try OutputFile.guardFree(output, replaces: arguments.replace, content: .bytes)
        let threads = arguments.threads ?? ProcessInfo.processInfo.activeProcessorCount
        let path = try Locations.model(arguments.operands.first)
        let file = try SafeTensors(path: path)
        guard file.metadata[checkpointKey] == nil else {
            throw Failure(
                description: "\(path): it is the checkpoint of a run: give the model.safetensors beside it")
        }
        let network = try EmotionNetwork(file, path: path)
        let posterior = try Posterior(metadata: file.metadata, path: path)
        let interrupt = InterruptSignal()
        let display = TrainingDisplay(epochs: 0)
        let data: DataSources
        do {
            data = try arguments.labelled.read(
                usages: [.training, .publicTest], threads: threads, display,
                shouldStop: { interrupt.isRaised })
        } catch is Stopped {
            return 130
        }
        let training = data.faces.part(.training)
        guard training.count > 0 else {
            throw TrainingError.noImages(of: "training in \(arguments.labelled.data.joined(separator: ", "))")
        }
        // Spread over the whole part, which may be sorted.
        let count = min(arguments.faces, training.count)
        let faces = (0..<count).map { training.image($0 * training.count / count) }
        let quantization = network.quantization(measuredOn: faces) { done in
            display.part("of \(count) faces measured", Double(done) / Double(count))
            return !interrupt.isRaised
        }
        if interrupt.isRaised { return 130 }
        var facts = file.metadata
        facts["int8_faces"] = "\(count)"
        try network.modelFile(extra: facts, quantization: quantization).write(to: output)
        Program.report("\(output): ranges measured on \(count) faces")
        let held = data.faces.part(.publicTest)
        guard held.count > 0 else { return 0 }
        if !arguments.labelled.data.allSatisfy(DataSources.isFolder) {
            try ModelOptions.warnOfSplit(of: path)
        }
        let answers: [ModelPredictions]
        do {
            answers = try [nil, quantization].map { ranges in
                try ModelPredictions(
                    EmotionRecognizer(network, posterior: posterior, quantization: ranges), on: held,
                    mirrored: false, threads: threads, shouldStop: { interrupt.isRaised },
                    onProgress: { display.part("of \(held.count) faces judged", $0) })
            }
        } catch is Stopped {
            return 130
        }
        let (exact, integer) = (answers[0], answers[1])
        for head in [JudgedHead.fer2013, .joined] {
            guard let before = exact[head], let after = integer[head] else { continue }
            let (old, new) = (
                Evaluation(before, labels: held.labels), Evaluation(after, labels: held.labels)
            )
            let others = zip(before, after).count { $0.mostLikely != $1.mostLikely }
            Program.report(
                "\(output): head \(head.rawValue): \(percent(old.accuracy)) right by floats, "
                    + "\(percent(new.accuracy)) by integers on \(held.count) faces held back; "
                    + "another emotion for \(others)")
        }
        return 0
    }
}
