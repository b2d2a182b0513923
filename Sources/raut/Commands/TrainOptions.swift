import EmotionRecognition
import Training

/// The options of `raut train`.
struct TrainOptions: OptionGroup {
    let run = TrainingDataOptions()
    let steps = TrainingStepOptions()
    let variation = AugmentationOptions()
    let start = TeachingOptions()
    let program = TrainingProgramOptions()
}

/// How long and how fast a network learns, and how wide it is.
struct TrainingStepOptions: OptionGroup {
    static let title = "learning"

    let epochs = Option(
        "epochs", .whole("N", 1...100_000),
        help: "passes over the training images; \(Architecture.defaults { "\($0.epochs)" })")
    let batch = Option(
        "batch", .whole("N", 2...4096), help: "images a step; \(Architecture.defaults { "\($0.batch)" })")
    let learningRate = Option(
        "learning-rate", .number("RATE", 1e-8...10),
        help: "the learning rate, at its peak; \(Architecture.defaults { "\($0.learningRate)" })")
    let widths = Option("widths", .widths, help: "output channels of the four stages")
    let dropout = Option(
        "dropout", .number("P", 0...0.95), help: "how often features before the last layer are dropped")
    let ferplusWeight = Option(
        "ferplus-weight", .number("FACTOR", 0...100),
        help: "how much FER+'s head counts beside FER2013's; 1 unless given")
    let labelSmoothing = Option(
        "label-smoothing", .number("PART", 0...0.9),
        help: "the part of a label that is spread over all classes of the first head; "
            + Architecture.defaults { "\($0.labelSmoothing)" })
    let disputed = Option(
        "disputed", .whole("VOTES", 1...10),
        help: "leave FER2013's label out where so many of FER+'s ten annotators agree on another emotion")
}

/// How training images are varied.
struct AugmentationOptions: OptionGroup {
    static let title = "how images are varied"

    let augmentation = Option(
        "augmentation", .number("FACTOR", 0...4), help: "multiply every strength of the augmentation by this")
    let rotation = Option("rotation", .number("DEGREES", 0...180), help: "turn images by up to this")
    let shift = Option("shift", .number("PART", 0...1), help: "move images by up to this part of their side")
    let zoom = Option("zoom", .number("PART", 0...0.9), help: "scale images by up to this part")
    let contrast = Option("contrast", .number("PART", 0...1), help: "change contrast by up to this part")
    let brightness = Option(
        "brightness", .number("PART", 0...1), help: "change brightness by up to this part of the range")
    let gamma = Option(
        "gamma", .number("G", 0...3),
        help: "bend the grey levels of half of the images: a power of e^-G to e^G; 0 unless given")
    let erasing = Option("erasing", .number("P", 0...1), help: "chance that a rectangle is erased")
    let mixup = Option(
        "mixup", .number("PART", 0...1), help: "mix the images of this part of the batches in pairs")
    let cutMix = Option(
        "cutmix", .number("PART", 0...1),
        help: "exchange a rectangle of the images of this part of the batches in pairs")
    let degradation = Option(
        "degradation", .number("P", 0...1),
        help: "chance of each way to spoil an image as a webcam does: side light, blur, noise, JPEG")
    let jitter = Option(
        "jitter", .number("FACTOR", 0...4),
        help: "how far faces found in pictures are cut otherwise than found, as a detector's boxes differ; 1 "
            + "unless given")
    let settling = Option(
        "settling", .whole("EPOCHS", 0...100_000),
        help: "neither mix nor erase nor spoil images in so many last epochs; 0 unless given")
    let noFlip = Option("no-flip", help: "never mirror images")
    let noAugmentation = Option("no-augmentation", help: "train on the images as they are")
}

/// What a network begins from, and whom it learns from besides the labels.
struct TeachingOptions: OptionGroup {
    static let title = "beginning and teachers"

    let from = Option(
        "from", .path("MODEL,…"),
        help: "begin at the weights of a model, as wide or narrower, or at the mean of several, instead of "
            + "random ones")
    let teacher = Option("teacher", .path("MODEL,…"), help: "learn from what these models say, too")
    let teacherShare = Option(
        "teacher-share", .numbers("PART,…", 0...1),
        help: "how much they count beside the labels, for each --data; 0.5 unless given")
    let teacherShareWrong = Option(
        "teacher-share-wrong", .numbers("PART,…", 0...1),
        help: "the same on faces whose label they don't name first; as --teacher-share unless given")
}

/// What is kept of a run, and whether it goes on.
struct TrainingProgramOptions: OptionGroup {
    static let title = "the run"

    let noPictures = Option("no-pictures", help: "leave faces out of the report")
    let resume = Option("resume", help: "take up the run where its checkpoint left it")
}

extension OptionFormat where Value == [Int] {
    /// The output channels of four stages.
    static var widths: Self {
        Self("A,B,C,D", write: { $0.map(String.init).joined(separator: ",") }) { word throws(UnusableValue) in
            let widths = word.split(separator: ",").compactMap { Int($0) }
            guard widths.count == 4, widths.allSatisfy({ $0 > 0 && $0 <= 1024 && $0 % 8 == 0 }) else {
                throw UnusableValue("'\(word)': expected four multiples of 8, such as 24,56,112,208")
            }
            return widths
        }
    }
}

extension Arguments<TrainOptions> {
    /// The architecture's own options, changed as these say; where a run goes on with a model's own network, those for
    /// going on.
    ///
    /// - Parameter network: The network of the model in `--from`, or nil where there is none.
    /// - Throws: ``UsageError`` for an option that counts only with another.
    func trainingOptions(from network: NetworkConfiguration?) throws(UsageError) -> TrainingOptions {
        let (steps, start) = (self.steps, self.start)
        var options = try self.run.base()
        if let network, (self.run.architecture ?? network.architecture) == network.architecture {
            options = TrainingOptions(continuing: network)
            try self.run.apply(to: &options)
        }
        if let value = steps.epochs { options.epochs = value }
        if let value = steps.batch { options.batch = value }
        if let value = steps.learningRate { options.learningRate = Float(value) }
        if let value = steps.dropout { options.network.dropout = Float(value) }
        if let value = steps.widths { options.network.widths = value }
        if let value = steps.labelSmoothing { options.labelSmoothing = Float(value) }
        self.variation.apply(to: &options)
        if let value = steps.disputed {
            guard self.run.labelled.ferplus != nil else {
                throw UsageError(description: "--disputed counts only with FER+'s votes: --ferplus FILE")
            }
            options.disputingVotes = value
        }
        for (name, values) in [
            ("teacher-share", start.teacherShare), ("teacher-share-wrong", start.teacherShareWrong),
        ] where start.teacher == nil && values != nil {
            throw UsageError(description: "--\(name) counts only with --teacher MODEL")
        }
        if start.teacher != nil {
            try self.run.set("teacher-share", start.teacherShare ?? [0.5], \.teacherShare, in: &options)
            let wrong = start.teacherShareWrong ?? start.teacherShare ?? [0.5]
            try self.run.set("teacher-share-wrong", wrong, \.wrongTeacherShare, in: &options)
        }
        if let value = steps.ferplusWeight {
            guard options.network.heads.contains(.ferplus) else {
                throw UsageError(
                    description: "--ferplus-weight counts only with FER+'s head: --architecture raut")
            }
            options.ferplusWeight = Float(value)
        }
        return options
    }
}

extension Arguments<AugmentationOptions> {
    /// Changes how images are varied: the factor first, then what is set by itself.
    func apply(to options: inout TrainingOptions) {
        if let value = self.augmentation {
            let usual = TrainingOptions(options.network.architecture).augmentation
            options.augmentation = usual.scaled(by: Float(value))
        }
        if self.noAugmentation { options.augmentation = .none }
        if let value = self.rotation { options.augmentation.rotation = Float(value) }
        if let value = self.shift { options.augmentation.shift = Float(value) }
        if let value = self.zoom { options.augmentation.zoom = Float(value) }
        if let value = self.contrast { options.augmentation.contrast = Float(value) }
        if let value = self.brightness { options.augmentation.brightness = Float(value) }
        if let value = self.gamma { options.augmentation.gamma = Float(value) }
        if let value = self.erasing { options.augmentation.erasing = Float(value) }
        if let value = self.degradation {
            if options.augmentation.degradation == .none { options.augmentation.degradation = .webcam }
            options.augmentation.degradation.chance = Float(value)
        }
        if let value = self.jitter { options.augmentation.jitter = Float(value) }
        if let value = self.settling { options.settlingEpochs = value }
        if let value = self.mixup { options.mixupShare = Float(value) }
        if let value = self.cutMix { options.cutMixShare = Float(value) }
        if self.noFlip { options.augmentation.flip = false }
    }
}
