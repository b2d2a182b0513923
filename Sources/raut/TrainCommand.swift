import EmotionRecognition
import Foundation
import NeuralNetwork
import Training

/// `raut train`: trains a network on FER2013.
enum TrainCommand {
    static let command = Command(
        name: "train", summary: "train a network", operands: "",
        options: TrainingArguments.options + [
            Option(
                "epochs", "N",
                help: "passes over the training images; \(Architecture.defaults { "\($0.epochs)" })"),
            Option("batch", "N", help: "images a step; \(Architecture.defaults { "\($0.batch)" })"),
            Option(
                "learning-rate", "RATE",
                help: "the learning rate, at its peak; \(Architecture.defaults { "\($0.learningRate)" })"),
            Option("widths", "A,B,C,D", help: "output channels of the four stages"),
            Option("dropout", "P", help: "how often features before the last layer are dropped"),
            Option("augmentation", "FACTOR", help: "multiply every strength of the augmentation by this"),
            Option("rotation", "DEGREES", help: "turn images by up to this"),
            Option("shift", "PART", help: "move images by up to this part of their side"),
            Option("zoom", "PART", help: "scale images by up to this part"),
            Option("contrast", "PART", help: "change contrast by up to this part"),
            Option("brightness", "PART", help: "change brightness by up to this part of the range"),
            Option("erasing", "P", help: "chance that a rectangle is erased"),
            Option("mixup", "PART", help: "mix the images of this part of the batches in pairs"),
            Option(
                "cutmix", "PART",
                help: "exchange a rectangle of the images of this part of the batches in pairs"),
            Option(
                "disputed", "VOTES",
                help: "leave FER2013's label out where so many of FER+'s ten annotators agree on another "
                    + "emotion"),
            Option(
                "degradation", "P",
                help: "chance of each way to spoil an image as a webcam does: side light, blur, noise, JPEG"),
            Option(
                "settling", "EPOCHS",
                help: "neither mix nor erase nor spoil images in so many last epochs; 0 unless given"),
            Option(
                "from", "MODEL,…",
                help: "begin at the weights of a model, as wide or narrower, or at the mean of several, "
                    + "instead of random ones"),
            Option("teacher", "MODEL,…", help: "learn from what these models say, too"),
            Option("teacher-share", "PART", help: "how much they count beside the labels; 0.5 unless given"),
            Option(
                "ferplus-weight", "FACTOR",
                help: "how much FER+'s head counts beside FER2013's; 1 unless given"),
            Option("no-flip", help: "never mirror images"),
            Option("no-augmentation", help: "train on the images as they are"),
            Option("no-pictures", help: "leave faces out of the report"),
            Option("resume", help: "take up the run where its checkpoint left it"),
        ],
        example: "raut train --data fer2013.csv --architecture cnn-bilstm --output runs/cnn-bilstm"
    ) { try run($0) }

    private static func run(_ arguments: Arguments) throws -> Int32 {
        let options = try trainingOptions(arguments)
        let split = TrainingArguments.split(arguments, options)
        let data = try TrainingArguments.data(arguments, options)
        let folder = try RunFolder(arguments.string("output") ?? "")
        let display = TrainingDisplay(epochs: options.epochs)
        let trainer = try Trainer(
            options, training: data.training, validation: data.validation, classWeights: data.classWeights,
            teacher: teacher(arguments, options, data.training, display))
        if let names = arguments.string("from") {
            let models = try modelPaths(names, of: "from").map { (file: try SafeTensors(path: $0), path: $0) }
            try trainer.start(from: EmotionNetwork(meanOf: models).modelFile(), path: names)
        }
        if arguments.flag("resume") {
            try folder.resume(trainer)
        } else if FileManager.default.fileExists(atPath: folder.checkpoint) {
            throw Failure(
                description:
                    "\(folder.checkpoint): a run is there: --resume goes on with it, else give another "
                    + "--output")
        }
        display.begin(trainer, split: split)
        let interrupt = InterruptSignal()
        let finished = try folder.train(
            trainer, shouldStop: { interrupt.isRaised }, onStep: display.step, onEpoch: display.epoch)
        guard finished else {
            display.say("stopped; --resume goes on from \(folder.checkpoint)")
            return 130
        }
        let test = trainer.evaluate(data.all.subset(data.parts.test))
        let last = trainer.history.epochs.last
        var facts = [
            "split": split.rawValue, "balance": TrainingArguments.balance(arguments).rawValue,
            "epochs": "\(options.epochs)",
            "batch": "\(options.batch)",
            "learning_rate": "\(options.learningRate)", "optimizer": "\(options.optimizer)",
            "schedule": "\(options.schedule)", "augmentation": "\(options.augmentation)",
            "seed": "\(options.seed)", "mixup": "\(options.mixupShare)",
            "settling": "\(options.settlingEpochs)", "cutmix": "\(options.cutMixShare)",
            "disputed": options.disputingVotes.map { "\($0)" } ?? "none",
            "from": fileNames(arguments.string("from")), "teacher": fileNames(arguments.string("teacher")),
            "teacher_share": "\(options.teacherShare)",
            "ferplus_weight": "\(options.ferplusWeight)",
            "validation_accuracy": "\(last?.validationAccuracy ?? 0)", "test_accuracy": "\(test.accuracy)",
        ]
        if options.network.architecture == .raut {
            let posterior = Posterior.fitted(
                to: try EmotionNetwork(trainer.modelFile(), path: folder.model), training: data.unbalanced,
                validation: data.validation, labelSmoothing: options.labelSmoothing)
            facts.merge(posterior.metadata) { _, new in new }
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
            [RunRecord(folder: folder.path)], pictures: arguments.flag("no-pictures") ? nil : data.all
        ).write(to: "\(folder.path)/report")
        display.say(
            "test accuracy \(percent(test.accuracy)), loss \(decimal(test.loss, 4)); "
                + "model in \(folder.model), report in \(folder.path)/report/report.html")
        return 0
    }

    private static func trainingOptions(_ arguments: Arguments) throws -> TrainingOptions {
        var options = try TrainingArguments.base(arguments)
        if let value = try arguments.int("epochs", in: 1...100_000) { options.epochs = value }
        if let value = try arguments.int("batch", in: 2...4096) { options.batch = value }
        if let value = try arguments.double("learning-rate", in: 1e-8...10) {
            options.learningRate = Float(value)
        }
        if let value = try arguments.double("dropout", in: 0...0.95) {
            options.network.dropout = Float(value)
        }
        if let text = arguments.string("widths") {
            let widths = text.split(separator: ",").compactMap { Int($0) }
            guard widths.count == 4, widths.allSatisfy({ $0 > 0 && $0 <= 1024 && $0 % 8 == 0 }) else {
                throw UsageError(
                    description: "--widths '\(text)': expected four multiples of 8, such as 24,56,112,208")
            }
            options.network.widths = widths
        }
        if let value = try arguments.double("augmentation", in: 0...4) {
            options.augmentation = options.augmentation.scaled(by: Float(value))
        }
        if arguments.flag("no-augmentation") { options.augmentation = .none }
        if let value = try arguments.double("rotation", in: 0...180) {
            options.augmentation.rotation = Float(value)
        }
        if let value = try arguments.double("shift", in: 0...1) { options.augmentation.shift = Float(value) }
        if let value = try arguments.double("zoom", in: 0...0.9) { options.augmentation.zoom = Float(value) }
        if let value = try arguments.double("contrast", in: 0...1) {
            options.augmentation.contrast = Float(value)
        }
        if let value = try arguments.double("brightness", in: 0...1) {
            options.augmentation.brightness = Float(value)
        }
        if let value = try arguments.double("erasing", in: 0...1) {
            options.augmentation.erasing = Float(value)
        }
        if let value = try arguments.double("degradation", in: 0...1) {
            if options.augmentation.degradation == .none { options.augmentation.degradation = .webcam }
            options.augmentation.degradation.chance = Float(value)
        }
        if let value = try arguments.int("settling", in: 0...100_000) { options.settlingEpochs = value }
        if let value = try arguments.double("mixup", in: 0...1) { options.mixupShare = Float(value) }
        if let value = try arguments.double("cutmix", in: 0...1) { options.cutMixShare = Float(value) }
        if let value = try arguments.int("disputed", in: 1...10) {
            guard arguments.string("ferplus") != nil else {
                throw UsageError(description: "--disputed counts only with FER+'s votes: --ferplus FILE")
            }
            options.disputingVotes = value
        }
        if arguments.flag("no-flip") { options.augmentation.flip = false }
        let share = try arguments.double("teacher-share", in: 0...1)
        if arguments.string("teacher") != nil {
            options.teacherShare = Float(share ?? 0.5)
        } else if share != nil {
            throw UsageError(description: "--teacher-share counts only with --teacher MODEL")
        }
        if let value = try arguments.double("ferplus-weight", in: 0...100) {
            guard options.network.heads.contains(.ferplus) else {
                throw UsageError(
                    description: "--ferplus-weight counts only with FER+'s head: --architecture raut")
            }
            options.ferplusWeight = Float(value)
        }
        return options
    }

    /// Asks the models of `--teacher`, and shows that it takes a while.
    private static func teacher(
        _ arguments: Arguments, _ options: TrainingOptions, _ data: FaceDataSet, _ display: TrainingDisplay
    ) throws -> Teacher? {
        guard let names = arguments.string("teacher") else { return nil }
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

/// True once Ctrl-C was pressed; a second one ends the program at once.
final class InterruptSignal {
    private let source: any DispatchSourceSignal
    private let flag = Flag()

    private final class Flag: @unchecked Sendable {
        private let lock = NSLock()
        private var raised = false
        var isRaised: Bool { lock.withLock { raised } }
        func raise() { lock.withLock { raised = true } }
    }

    init() {
        signal(SIGINT, SIG_IGN)
        source = DispatchSource.makeSignalSource(signal: SIGINT, queue: .global())
        source.setEventHandler { [flag] in
            if flag.isRaised { _exit(130) }
            flag.raise()
        }
        source.activate()
    }

    var isRaised: Bool { flag.isRaised }
}
