import Analysis
import EmotionRecognition
import Faces
import Foundation
import MessagePassing
import NeuralNetwork
import System
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
            try ModelOptions.paths(names, of: "from").map { (file: try SafeTensors(path: $0), path: $0) }
        }
        let options = try arguments.trainingOptions(
            from: start?.first.map { try NetworkConfiguration(metadata: $0.file.metadata, path: $0.path) })
        guard options.consistency == 0 || Launcher.processCount() == 1 else {
            throw UsageError(
                description: "--consistency trains on one machine: start it without mpirun")
        }
        let group = try RankGroup(
            for: RankTask(
                program: Program.nameAndVersion, command: command.name, resumes: arguments.program.resume,
                options: options))
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
        // Before faces are cut, which may take an hour.
        if group.isFirst, !arguments.program.resume, FileSystem.kind(of: folder.checkpoint) != nil {
            throw Failure(
                description:
                    "\(folder.checkpoint): a run is there: --resume goes on with it, else give another "
                    + "--output")
        }
        if group.isFirst, let kept = folder.kept {
            throw Failure(
                description:
                    "\(kept): is there already, without a checkpoint to go on from, and is kept: give another "
                    + "--output")
        }
        let display = TrainingDisplay(epochs: options.epochs, isSilent: !group.isFirst)
        let split = arguments.run.split(for: options)
        let interrupt = InterruptSignal()
        let sources: DataSources
        let data: TrainingData
        do {
            (sources, data) = try arguments.run.read(
                for: options, display, needsEveryClass: start == nil, writes: group.isFirst,
                shouldStop: { interrupt.isRaised })
        } catch is Stopped {
            let cuts = arguments.run.labelled.hasFolder
            display.say(
                cuts ? "stopped; the faces cut so far are kept, the next run goes on from them" : "stopped")
            return 130
        }
        let teacher: Teacher?
        do {
            teacher = try self.teacher(
                arguments, options, data.training, display, shouldStop: { interrupt.isRaised })
        } catch is Stopped {
            display.say("stopped before the first step; the teachers are asked again next time")
            return 130
        }
        let trainer = try Trainer(
            options, training: data.training, validation: data.validation, classWeights: data.classWeights,
            teacher: teacher, communicator: group.communicator)
        if let start, let names = arguments.start.from {
            try trainer.start(from: EmotionNetwork(meanOf: start).modelFile(), path: names)
        }
        if arguments.program.resume { try folder.resume(trainer) }
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
        return try finish(trainer, arguments, start, sources, data, folder, display)
    }

    /// Tells what came of the trained network, once it is judged and written.
    private static func finish(
        _ trainer: Trainer, _ arguments: Arguments<TrainOptions>,
        _ start: [(file: SafeTensors, path: String)]?, _ sources: DataSources, _ data: TrainingData,
        _ folder: RunFolder, _ display: TrainingDisplay
    ) throws -> Int32 {
        var origin = RunOrigin(
            split: arguments.run.split(for: trainer.options), balance: arguments.run.classBalance,
            data: arguments.run.labelled.data)
        origin.from = names(arguments.start.from ?? "")
        origin.teachers = names(arguments.start.teacher ?? "")
        origin.models = start ?? []
        let result = try folder.finish(
            trainer, on: sources, data, from: origin, showsFaces: !arguments.program.noPictures)
        display.say(
            "test accuracy \(percent(result.testAccuracy)), loss \(decimal(result.testLoss, 4)); "
                + "model in \(folder.model), report in \(result.report)")
        for gain in result.gains { display.say(gain) }
        if let unjudged = result.unjudged { display.say(unjudged) }
        return 0
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
        _ display: TrainingDisplay, shouldStop: () -> Bool
    ) throws -> Teacher? {
        guard let names = arguments.start.teacher else { return nil }
        let networks = try ModelOptions.paths(names, of: "teacher").map { try EmotionNetwork(modelAt: $0) }
        try TrainingError.loadLibraries()
        display.say("asking \(names) for \(data.count) images")
        return try Teacher(
            networks, on: data, seed: options.seed, threads: options.threads, shouldStop: shouldStop,
            onProgress: { display.part("of \(names)'s answers", $0) })
    }

    /// The names that an option lists.
    private static func names(_ list: String) -> [String] { list.split(separator: ",").map(String.init) }
}
