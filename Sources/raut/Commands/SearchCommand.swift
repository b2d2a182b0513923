import Analysis
import Foundation
import Training

/// `raut search`: tries hyperparameters, a grid of them or some at random.
enum SearchCommand {
    struct Options: OptionGroup {
        static let title = "the search"

        let grid = Option(
            "grid", .path("FILE"), help: "try every combination of the values in this file")
        let random = Option(
            "random", .whole("N", 1...10_000), help: "try so many combinations drawn at random")
        let epochs = Option(
            "epochs", .whole("N", 1...100_000), standard: 10,
            help: "passes over the training images of each trial")
        let resume = Option("resume", help: "go on with the search in --output")
        let run = TrainingDataOptions()
    }

    static let command = Command(
        name: "search", summary: "search for hyperparameters", options: Options.self,
        notes: [
            "A grid file has a line for each hyperparameter, its name before its values:",
            "",
            "  # eight trials",
            "  learning-rate = 0.0003, 0.001, 0.003, 0.01",
            "  dropout       = 0.2, 0.4",
            "",
            "The names are those of the options of 'raut train' that set a value of a run: learning-rate,",
            "batch, dropout, mixup, label-smoothing and so on; augmentation is what the usual strengths are",
            "multiplied by, 0 for none. What the file does not name stays as 'raut train' has it.",
            "With --random: learning rate 0.0001 to 0.01, evenly in its logarithm; batch 16, 32, 64 or 128;",
            "dropout 0 to 0.6; augmentation 0 to 1.5.",
            "",
            "DIR/trials.csv has a line a trial; DIR/trials.txt ranks them by validation accuracy after the",
            "last epoch; DIR/trial-001 and so on hold each trial's log and model.",
        ],
        example: "raut search --data fer2013.csv --architecture cnn --random 20 --output runs/search"
    ) { try run($0) }

    /// Reads the values of every option of `raut train` that sets a value of a run.
    private static let reader: Hyperparameters.SettingReader = { name in
        let settings = TrainOptions().sections.flatMap(\.options).compactMap { $0 as? TrainingSetting }
        guard let setting = settings.first(where: { $0.facts.name == name && $0.facts.placeholder != nil })
        else { return nil }
        return { text in
            let value = try setting.value(of: [text])
            return Hyperparameters.Setting(name: name, text: text) { setting.apply(value, to: &$0) }
        }
    }

    private static func run(_ arguments: Arguments<Options>) throws -> Int32 {
        var base = try arguments.run.base()
        base.epochs = arguments.epochs
        let plan: SearchPlan
        switch (arguments.grid, arguments.random) {
        case (let grid?, nil): plan = try SearchPlan(grid: grid, base: base, settings: reader)
        case (nil, let count?): plan = SearchPlan(random: count, seed: base.seed)
        default: throw UsageError(description: "search needs one of --grid FILE and --random N")
        }
        let group = try RankGroup(
            for: RankTask(
                program: Program.nameAndVersion, command: command.name, resumes: arguments.resume,
                options: base, plan: plan))
        let status = try search(arguments, plan, base, group)
        group.finish()
        return status
    }

    private static func search(
        _ arguments: Arguments<Options>, _ plan: SearchPlan, _ base: TrainingOptions, _ group: RankGroup
    ) throws -> Int32 {
        // Before faces are cut, which may take an hour.
        if group.isFirst {
            try OutputFile.guardFolder(arguments.run.output)
            if !arguments.resume { try HyperparameterSearch.requireNone(in: arguments.run.output) }
        }
        let display = TrainingDisplay(epochs: base.epochs, isSilent: !group.isFirst)
        let interrupt = InterruptSignal()
        let data: TrainingData
        do {
            data = try arguments.run.read(for: base, display, shouldStop: { interrupt.isRaised }).parted
        } catch is Stopped {
            return 130
        }
        let output = arguments.run.output
        let search = try HyperparameterSearch(
            plan, base: base, training: data.training, validation: data.validation,
            classWeights: data.classWeights,
            facts: [
                "split": arguments.run.split(for: base).rawValue,
                "balance": arguments.run.classBalance.rawValue,
            ], folder: output, resume: arguments.resume, communicator: group.communicator)
        let lock = group.isFirst ? try RunFolder(output).lock() : nil
        defer { withExtendedLifetime(lock) {} }
        group.begin(trials: true)
        let count = plan.trials.count
        let done = search.table.finishedCount
        display.say(
            "\(base.network.architecture.rawValue): \(count) trials of \(base.epochs) epochs"
                + (done > 0 ? ", \(done) done" : ""))
        let start = ContinuousClock.now
        let finished = try search.run(
            shouldStop: { interrupt.isRaised },
            onTrial: { display.say("trial \($0.number)/\(count): raut train \($0.values.words)") },
            onStep: display.step,
            onEpoch: display.epoch,
            onResult: { row in
                let ended = search.table.finishedCount
                let each = (ContinuousClock.now - start).milliseconds / 1000 / Double(ended - done)
                let result =
                    row.last.map { "validation accuracy \(percent($0.validationAccuracy))" } ?? "diverged"
                display.say(
                    "trial \(row.number)/\(count): \(result)  ETA of the search "
                        + duration(each * Double(count - ended)))
            })
        if group.isFirst, !search.table.ranked.isEmpty { try StandardOutput.write(search.table.text) }
        guard finished else {
            display.say("stopped; --resume goes on with \(output)")
            return 130
        }
        return 0
    }
}
