import EmotionRecognition
import NeuralNetwork
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

    let epochs = TrainingSetting(
        "epochs", .whole("N", 1...100_000), help: "passes over the training images", \.epochs)
    let batch = TrainingSetting("batch", .whole("N", 2...4096), help: "images a step", \.batch)
    let learningRate = TrainingSetting(
        "learning-rate", .number("RATE", 1e-8...10), help: "the learning rate, at its peak", \.learningRate)
    let widths = TrainingSetting("widths", .widths, help: "output channels of the four stages") {
        widths, options in
        options.network.widths = widths
    }
    let dropout = TrainingSetting(
        "dropout", .number("P", 0...0.95), help: "how often features before the last layer are dropped",
        \.network.dropout)
    let heads = TrainingSetting(
        "heads", .heads,
        help:
            "what the network names: fer2013, FER2013's labels; ferplus, FER+'s votes; combined, labels, votes and "
            + "photographs alike, which joined answers lean on"
    ) { heads, options in options.network.heads = heads }
    let combinedLabel = TrainingSetting(
        "combined-label", .number("PART", 0...1),
        help: "how much of the combined head's target is FER2013's label where a face has votes, too",
        \.combinedLabelShare)
    let ferplusWeight = TrainingSetting(
        "ferplus-weight", .number("FACTOR", 0...100), help: "how much FER+'s head counts beside FER2013's",
        \.ferplusWeight)
    let consistency = TrainingSetting(
        "consistency", .number("FACTOR", 0...100),
        help: "show each image twice a step, varied otherwise, and count so much where both looks are "
            + "answered otherwise",
        \.consistency)
    let labelSmoothing = TrainingSetting(
        "label-smoothing", .number("PART", 0...0.9),
        help: "the part of a label that is spread over all classes of the first head", \.labelSmoothing)
    let precision = TrainingSetting(
        "precision", OptionFormat<ProductPrecision>.choice("PRECISION"),
        help: "how the operands of matrix products are kept: float, 32 bits, unless given; bf16, 16 bits, "
            + "takes less time where the processor has an instruction for it (avx512_bf16), more elsewhere"
    ) { precision, options in options.precision = precision }
    let disputed = TrainingSetting(
        "disputed", .whole("VOTES", 1...10),
        help: "leave FER2013's label out where so many of FER+'s ten annotators agree on another emotion"
    ) { votes, options in options.disputingVotes = votes }
}

/// How training images are varied.
struct AugmentationOptions: OptionGroup {
    static let title = "how images are varied"

    let augmentation = TrainingSetting(
        "augmentation", .number("FACTOR", 0...4),
        help: "multiply every strength of the architecture's own augmentation by this; 1 unless given, "
            + "\(TrainingOptions.continuingAugmentation) where a run goes on with --from"
    ) { factor, options in
        let usual = TrainingOptions(options.network.architecture).augmentation
        options.augmentation = usual.scaled(by: Float(factor))
    }
    let noAugmentation = TrainingSetting(flag: "no-augmentation", help: "train on the images as they are") {
        $0.augmentation = .none
    }
    let rotation = TrainingSetting(
        "rotation", .number("DEGREES", 0...180), help: "turn images by up to this", \.augmentation.rotation)
    let shift = TrainingSetting(
        "shift", .number("PART", 0...1), help: "move images by up to this part of their side",
        \.augmentation.shift)
    let zoom = TrainingSetting(
        "zoom", .number("PART", 0...0.9), help: "scale images by up to this part", \.augmentation.zoom)
    let contrast = TrainingSetting(
        "contrast", .number("PART", 0...1), help: "change contrast by up to this part",
        \.augmentation.contrast)
    let brightness = TrainingSetting(
        "brightness", .number("PART", 0...1), help: "change brightness by up to this part of the range",
        \.augmentation.brightness)
    let gamma = TrainingSetting(
        "gamma", .number("G", 0...3),
        help: "bend the grey levels of half of the images: a power of e^-G to e^G",
        \.augmentation.gamma)
    let erasing = TrainingSetting(
        "erasing", .number("P", 0...1), help: "chance that a rectangle is erased", \.augmentation.erasing)
    let mixup = TrainingSetting(
        "mixup", .number("PART", 0...1), help: "mix the images of this part of the batches in pairs",
        \.mixupShare)
    let mixupAlpha = TrainingSetting(
        "mixup-alpha", .number("ALPHA", 0.01...1),
        help: "how evenly pairs are mixed: the parameter of the beta distribution of their shares",
        \.mixupAlpha)
    let cutMix = TrainingSetting(
        "cutmix", .number("PART", 0...1),
        help: "exchange a rectangle of the images of this part of the batches in pairs", \.cutMixShare)
    let degradation = TrainingSetting(
        "degradation", .number("P", 0...1),
        help: "chance of each way to spoil an image as a webcam does: side light, blur, noise, JPEG"
    ) { chance, options in
        if options.augmentation.degradation == .none { options.augmentation.degradation = .webcam }
        options.augmentation.degradation.chance = Float(chance)
    }
    let jitter = TrainingSetting(
        "jitter", .number("FACTOR", 0...4),
        help: "how far faces found in pictures are cut otherwise than found, as a detector's boxes differ",
        \.augmentation.jitter)
    let settling = TrainingSetting(
        "settling", .whole("EPOCHS", 0...100_000),
        help: "neither mix nor erase nor spoil images in so many last epochs", \.settlingEpochs)
    let noFlip = TrainingSetting(flag: "no-flip", help: "never mirror images") {
        $0.augmentation.flip = false
    }
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

    let recipe = Option(
        "recipe", .path("FILE"),
        help: "make a model in stages, as this file says; 'raut train' options below the [name] of each stage"
    )
    let noPictures = Option("no-pictures", help: "leave faces out of the report")
    let resume = Option("resume", help: "take up the run where its checkpoint left it")
}

extension OptionFormat where Value == [Head] {
    /// The heads of a network.
    static var heads: Self {
        Self("HEAD,…", write: { $0.map(\.rawValue).joined(separator: ",") }) { word throws(UnusableValue) in
            guard let heads = NetworkConfiguration.heads(named: word) else {
                throw UnusableValue(
                    "'\(word)': expected fer2013, fer2013,ferplus or fer2013,ferplus,combined")
            }
            return heads
        }
    }
}

extension OptionFormat where Value == [Int] {
    /// The output channels of four stages.
    static var widths: Self {
        Self("A,B,C,D", write: { $0.map(String.init).joined(separator: ",") }) { word throws(UnusableValue) in
            let widths = word.split(separator: ",").compactMap { Int($0) }
            guard widths.count == 4, widths.allSatisfy({ $0 > 0 && $0 <= 1024 && $0 % 8 == 0 }) else {
                throw UnusableValue(
                    "'\(word)': expected four multiples of 8 up to 1024, such as 24,56,112,208")
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
        let start = self.start
        var options = try self.run.base()
        if let network, (self.run.architecture ?? network.architecture) == network.architecture {
            options = TrainingOptions(continuing: network)
            try self.run.apply(to: &options)
        }
        self.applySettings(to: &options)
        if options.disputingVotes != nil, self.run.labelled.ferplus == nil {
            throw UsageError(description: "--disputed counts only with FER+'s votes: --ferplus FILE")
        }
        if isGiven(\.steps.ferplusWeight), !options.network.heads.contains(.ferplus) {
            throw UsageError(
                description: "--ferplus-weight counts only with FER+'s head: --architecture raut")
        }
        if isGiven(\.steps.combinedLabel), !options.network.heads.contains(.combined) {
            throw UsageError(
                description: "--combined-label counts only with --heads fer2013,ferplus,combined")
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
        return options
    }
}
