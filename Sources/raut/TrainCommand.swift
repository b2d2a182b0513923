import EmotionRecognition
import Foundation
import NeuralNetwork
import Training

/// `raut train`: trains a network on FER2013.
enum TrainCommand {
    static let command = Command(
        name: "train", summary: "train a network", operands: "",
        options: [
            Option("data", "FILE", required: true, help: "FER2013 in its published layout (fer2013.csv)"),
            Option("ferplus", "FILE", help: "FER+'s votes (fer2013new.csv), for the second head of raut"),
            Option(
                "architecture", "NAME", choices: Architecture.allCases.map(\.rawValue),
                help: "the network; cnn-bilstm unless given"),
            Option("output", "DIR", required: true, help: "where model, log, report and checkpoint go"),
            Option(
                "split", "NAME", choices: Split.allCases.map(\.rawValue),
                help: "how images are parted; random for cnn and cnn-bilstm, official for raut unless given"),
            Option(
                "balance", "NAME", choices: Balance.allCases.map(\.rawValue),
                help: "how classes are brought to equal weight; none unless given"),
            Option("epochs", "N", help: "passes over the training images"),
            Option("batch", "N", help: "images a step"),
            Option("learning-rate", "RATE", help: "the learning rate, at its peak"),
            Option("widths", "A,B,C,D", help: "output channels of the four stages"),
            Option("dropout", "P", help: "how often features before the last layer are dropped"),
            Option("rotation", "DEGREES", help: "turn images by up to this"),
            Option("shift", "PART", help: "move images by up to this part of their side"),
            Option("zoom", "PART", help: "scale images by up to this part"),
            Option("contrast", "PART", help: "change contrast by up to this part"),
            Option("brightness", "PART", help: "change brightness by up to this part of the range"),
            Option("erasing", "P", help: "chance that a rectangle is erased"),
            Option("mixup", "PART", help: "mix the images of this part of the batches in pairs"),
            Option("no-flip", help: "never mirror images"),
            Option("no-augmentation", help: "train on the images as they are"),
            Option("seed", "N", help: "seeds everything random; 1 unless given"),
            Option("threads", "N", help: "threads that share a batch; as many as processors unless given"),
            Option("no-pictures", help: "leave faces out of the report"),
            Option("resume", help: "take up the run where its checkpoint left it"),
        ],
        example: "raut train --data fer2013.csv --architecture cnn-bilstm --output runs/cnn-bilstm"
    ) { try run($0) }

    private static func run(_ arguments: Arguments) throws -> Int32 {
        guard let path = arguments.string("data") else {
            throw UsageError(description: "train needs --data FILE")
        }
        guard let output = arguments.string("output") else {
            throw UsageError(description: "train needs --output DIR")
        }
        let options = try trainingOptions(arguments)
        let split =
            arguments.string("split").flatMap { Split(rawValue: $0) }
            ?? (options.network.architecture == .raut ? .official : .random)
        var data = try FER2013.read(path: path)
        if let votes = arguments.string("ferplus") { try FERPlus.read(path: votes, into: &data) }
        if data.votes == nil, options.network.heads.contains(.ferplus) {
            throw Failure(
                description: "\(options.network.architecture.rawValue) has a second head: give --ferplus FILE"
            )
        }
        let parts = split.parts(of: data, seed: options.seed)
        let balance = arguments.string("balance").flatMap { Balance(rawValue: $0) } ?? .none
        let images = data.subset(parts.training)
        try images.requireEveryClass(of: "training", path: path)
        let trainer = try Trainer(
            options,
            training: balance.apply(
                to: images, seed: options.seed, pool: ThreadPool(threads: options.threads)),
            validation: data.subset(parts.validation), classWeights: balance.classWeights(of: images))
        try FileManager.default.createDirectory(atPath: output, withIntermediateDirectories: true)
        let checkpoint = "\(output)/checkpoint.safetensors"
        if arguments.flag("resume"), FileManager.default.fileExists(atPath: checkpoint) {
            try trainer.resume(from: checkpoint)
        }
        let display = TrainingDisplay(epochs: options.epochs)
        display.begin(trainer, split: split)
        let interrupt = InterruptSignal()
        let finished = try trainer.run(
            shouldStop: { interrupt.isRaised }, onStep: display.step,
            onEpoch: { entry in
                display.epoch(entry)
                try trainer.saveCheckpoint(to: checkpoint)
                try AtomicFile.write(Data(trainer.history.csv.utf8), to: "\(output)/log.csv")
            })
        guard finished else {
            try trainer.saveCheckpoint(to: checkpoint)
            display.say("stopped; --resume goes on from \(checkpoint)")
            return 130
        }
        let test = trainer.evaluate(data.subset(parts.test))
        let last = trainer.history.epochs.last
        var facts = [
            "split": split.rawValue, "balance": balance.rawValue, "epochs": "\(options.epochs)",
            "batch": "\(options.batch)",
            "learning_rate": "\(options.learningRate)", "optimizer": "\(options.optimizer)",
            "schedule": "\(options.schedule)", "augmentation": "\(options.augmentation)",
            "seed": "\(options.seed)", "mixup": "\(options.mixupShare)",
            "validation_accuracy": "\(last?.validationAccuracy ?? 0)", "test_accuracy": "\(test.accuracy)",
        ]
        if options.network.architecture == .raut {
            let posterior = Posterior.fitted(
                to: try EmotionNetwork(trainer.modelFile(), path: output), training: images,
                validation: data.subset(parts.validation))
            facts.merge(posterior.metadata) { _, new in new }
        }
        try trainer.modelFile(extra: facts).write(to: "\(output)/model.safetensors")
        var table = PredictionTable()
        for (isTest, part, logits) in [
            (false, parts.validation, trainer.evaluate(data.subset(parts.validation)).logits),
            (true, parts.test, test.logits),
        ] {
            table.append(
                isTest: isTest, indices: part, of: data, training: parts.training, logits: logits)
        }
        try AtomicFile.write(Data(table.csv.utf8), to: "\(output)/predictions.csv")
        try Report([RunRecord(folder: output)], pictures: arguments.flag("no-pictures") ? nil : data)
            .write(to: "\(output)/report")
        display.say(
            "test accuracy \(percent(test.accuracy)), loss \(decimal(test.loss, 4)); "
                + "model in \(output)/model.safetensors, report in \(output)/report/report.html")
        return 0
    }

    private static func trainingOptions(_ arguments: Arguments) throws -> TrainingOptions {
        var options = TrainingOptions(
            arguments.string("architecture").flatMap { Architecture(rawValue: $0) } ?? .cnnBiLSTM)
        options.threads = ProcessInfo.processInfo.activeProcessorCount
        if let value = try arguments.int("epochs", in: 1...100_000) { options.epochs = value }
        if let value = try arguments.int("batch", in: 2...4096) { options.batch = value }
        if let value = try arguments.double("learning-rate", in: 1e-8...10) {
            options.learningRate = Float(value)
        }
        if let value = try arguments.int("seed", in: 0...Int.max) { options.seed = UInt64(value) }
        if let value = try arguments.int("threads", in: 1...256) { options.threads = value }
        if let value = try arguments.double("dropout", in: 0...0.95) {
            options.network.dropout = Float(value)
        }
        if let text = arguments.string("widths") {
            let widths = text.split(separator: ",").compactMap { Int($0) }
            guard widths.count == 4, widths.allSatisfy({ $0 > 0 && $0 <= 1024 && $0 % 8 == 0 }) else {
                throw UsageError(
                    description: "--widths '\(text)': expected four multiples of 8, such as 24,48,96,192")
            }
            options.network.widths = widths
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
        if let value = try arguments.double("mixup", in: 0...1) { options.mixupShare = Float(value) }
        if arguments.flag("no-flip") { options.augmentation.flip = false }
        return options
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
