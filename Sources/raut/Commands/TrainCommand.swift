import Analysis
import EmotionRecognition
import Faces
import Foundation
import MessagePassing
import NeuralNetwork
import Training

/// `raut train`: trains a network on FER2013 and on folders of pictures.
package enum TrainCommand {
    package static let command = Command(
        name: "train", summary: "train a network", options: TrainOptions.self,
        example: "raut train --data fer2013.csv --architecture cnn-bilstm --output runs/cnn-bilstm"
    ) { try run($0) }

    private static func run(_ arguments: Arguments<TrainOptions>) throws -> Int32 {
        if let recipe = arguments.program.recipe { return try make(recipe, arguments) }
        let start = try arguments.start.from.map { names in
            try modelPaths(names, of: "from").map { (file: try SafeTensors(path: $0), path: $0) }
        }
        let options = try arguments.trainingOptions(
            from: start?.first.map { try NetworkConfiguration(metadata: $0.file.metadata, path: $0.path) })
        let group = try RankGroup()
        let status = try train(arguments, options, start, group)
        // Others wait for rank 0 there: mpirun would end it with the first who left.
        group.finish()
        return status
    }

    private static func train(
        _ arguments: Arguments<TrainOptions>, _ options: TrainingOptions,
        _ start: [(file: SafeTensors, path: String)]?, _ group: RankGroup
    ) throws -> Int32 {
        // Rank 0 alone writes.
        let folder = RunFolder(at: arguments.run.output)
        if group.isFirst { try folder.make() }
        let lock = group.isFirst ? try folder.lock() : nil
        defer { withExtendedLifetime(lock) {} }
        let display = TrainingDisplay(epochs: options.epochs, isSilent: !group.isFirst)
        let split = arguments.run.split(for: options)
        let interrupt = InterruptSignal()
        let sources: DataSources
        let data: TrainingData
        do {
            (sources, data) = try arguments.run.read(
                for: options, display, needsEveryClass: start == nil, writes: group.isFirst,
                shouldStop: { interrupt.isRaised })
        } catch is DataSources.Stopped {
            display.say("stopped; the faces cut so far are kept, the next run goes on from them")
            return 130
        }
        let trainer = try Trainer(
            options, training: data.training, validation: data.validation, classWeights: data.classWeights,
            teacher: teacher(arguments, options, data.training, display), communicator: group.communicator)
        if let start, let names = arguments.start.from {
            try trainer.start(from: EmotionNetwork(meanOf: start).modelFile(), path: names)
        }
        if arguments.program.resume {
            try folder.resume(trainer)
        } else if group.isFirst, FileManager.default.fileExists(atPath: folder.checkpoint) {
            throw Failure(
                description:
                    "\(folder.checkpoint): a run is there: --resume goes on with it, else give another "
                    + "--output")
        }
        try trainer.checkRanks()
        group.begin()
        display.begin(trainer, split: split)
        let finished = try folder.train(
            trainer, writes: group.isFirst, shouldStop: { interrupt.isRaised }, onStep: display.step,
            onEpoch: display.epoch)
        trainer.leaveRanks()
        guard finished else {
            display.say("stopped; --resume goes on from \(folder.checkpoint)")
            return 130
        }
        guard group.isFirst else { return 0 }
        return try finish(trainer, arguments, options, start, sources, data, folder, display)
    }

    /// Judges the trained network, and writes the model and the report.
    private static func finish(
        _ trainer: Trainer, _ arguments: Arguments<TrainOptions>, _ options: TrainingOptions,
        _ start: [(file: SafeTensors, path: String)]?, _ sources: DataSources, _ data: TrainingData,
        _ folder: RunFolder, _ display: TrainingDisplay
    ) throws -> Int32 {
        let split = arguments.run.split(for: options)
        let test = trainer.evaluate(data.all.subset(data.parts.test))
        let last = trainer.history.epochs.last
        var facts = [
            "split": split.rawValue, "balance": arguments.run.classBalance.rawValue,
            "epochs": "\(options.epochs)",
            "batch": "\(options.batch)",
            "learning_rate": "\(options.learningRate)", "optimizer": "\(options.optimizer)",
            "schedule": "\(options.schedule)", "augmentation": "\(options.augmentation)",
            "seed": "\(options.seed)", "mixup": "\(options.mixupShare)",
            "settling": "\(options.settlingEpochs)", "cutmix": "\(options.cutMixShare)",
            "disputed": options.disputingVotes.map { "\($0)" } ?? "none",
            "from": fileNames(arguments.start.from), "teacher": fileNames(arguments.start.teacher),
            "data": fileNames(arguments.run.labelled.data.joined(separator: ",")),
            "targets": options.targets.map(\.description).joined(separator: "; "),
            "class_weights": options.emotionWeights.map { weights in
                zip(Emotion.allCases, weights).map { "\($0)=\($1)" }.joined(separator: ",")
            } ?? "none",
            "ferplus_weight": "\(options.ferplusWeight)",
            "validation_accuracy": "\(last?.validationAccuracy ?? 0)", "test_accuracy": "\(test.accuracy)",
        ]
        if options.network.architecture.recipe == .shipped {
            let posterior = Posterior.fitted(
                to: try EmotionNetwork(trainer.modelFile(), path: folder.model), training: data.unbalanced,
                validation: data.validation, labelSmoothing: options.labelSmoothing,
                targets: options.targets(of:))
            facts.merge(posterior.metadata) { _, new in new }
        }
        var gains: [String] = []
        if let start {
            let after = EmotionRecognizer(
                try EmotionNetwork(trainer.modelFile(), path: folder.model),
                posterior: try Posterior(metadata: facts, path: folder.model))
            gains = Gain.list(
                from: try recognizer(of: start), to: after, on: sources, parts: data.parts,
                threads: options.threads
            ).map { describe($0, of: sources) }
            facts["gains"] = gains.joined(separator: "; ")
        }
        try trainer.modelFile(extra: facts).write(to: folder.model)
        var table = PredictionTable()
        for (isTest, part, logits) in [
            (false, data.parts.validation, trainer.evaluate(data.validation).logits),
            (true, data.parts.test, test.logits),
        ] {
            table.append(
                isTest: isTest, indices: part, of: data.all, training: data.parts.training, logits: logits)
        }
        try folder.write(table.csv, to: "\(folder.path)/predictions.csv")
        try Report(
            [RunRecord(folder: folder.path)], pictures: arguments.program.noPictures ? nil : data.all
        ).write(to: "\(folder.path)/report")
        display.say(
            "test accuracy \(percent(test.accuracy)), loss \(decimal(test.loss, 4)); "
                + "model in \(folder.model), report in \(folder.path)/report/report.html")
        for gain in gains { display.say(gain) }
        return 0
    }

    /// The model that a run began at.
    private static func recognizer(of start: [(file: SafeTensors, path: String)]) throws -> EmotionRecognizer
    {
        if start.count == 1 { return try EmotionRecognizer(modelAt: start[0].path) }
        return EmotionRecognizer(try EmotionNetwork(meanOf: start))
    }

    private static func describe(_ gain: Gain, of sources: DataSources) -> String {
        let change = (gain.after - gain.before) * 100
        let word = change >= 0 ? "gained" : "lost"
        let part = sources.sources[gain.source].isFolder ? "held out" : gain.usage.rawValue
        return "\(sources.sources[gain.source].path), \(gain.count) faces of \(part): "
            + "\(percent(gain.before)) before, \(percent(gain.after)) now: \(word) \(decimal(abs(change), 1)) points"
    }

    /// Makes a model in stages.
    private static func make(_ recipe: String, _ arguments: Arguments<TrainOptions>) throws -> Int32 {
        guard Launcher.processCount() == 1 else {
            throw UsageError(description: "--recipe trains on one machine: start it without mpirun")
        }
        let own = ["recipe", "data", "ferplus", "output", "threads", "resume"]
        if let other = arguments.given.first(where: { !own.contains($0.option.facts.name) }) {
            throw UsageError(
                description:
                    "--\(other.option.facts.name) does not go with --recipe: it stands in the recipe, "
                    + "below the stage's name")
        }
        let (output, display) = (arguments.run.output, TrainingDisplay(epochs: 0))
        return try Recipe(
            path: recipe, output: output, commands: .init(train: command, mean: CalibrateCommand.command)
        ).make(
            data: arguments.run.labelled.data, votes: arguments.run.labelled.ferplus, output: output,
            threads: arguments.run.threads, resume: arguments.program.resume, say: display.say)
    }

    /// Asks the models of `--teacher`, and shows that it takes a while.
    private static func teacher(
        _ arguments: Arguments<TrainOptions>, _ options: TrainingOptions, _ data: FaceDataSet,
        _ display: TrainingDisplay
    ) throws -> Teacher? {
        guard let names = arguments.start.teacher else { return nil }
        let networks = try modelPaths(names, of: "teacher").map { try EmotionNetwork(modelAt: $0) }
        display.say("asking \(names) for \(data.count) images")
        return Teacher(
            networks, on: data, seed: options.seed, threads: options.threads, onProgress: display.teacher)
    }

    /// Where the models lie that an option names, one at least.
    private static func modelPaths(_ names: String, of option: String) throws -> [String] {
        let paths = try names.split(separator: ",").map { try Locations.model(String($0)) }
        guard !paths.isEmpty else {
            throw UsageError(description: "--\(option) '\(names)': expected a model")
        }
        return paths
    }

    private static func fileNames(_ paths: String?) -> String {
        (paths ?? "").split(separator: ",").map { URL(fileURLWithPath: "\($0)").lastPathComponent }
            .joined(separator: ",")
    }
}
