import EmotionRecognition
import Faces
import Foundation
import Training

/// The options that `train` and `search` share: the data, how they are parted, and what every run fixes.
struct TrainingDataOptions: OptionGroup {
    static let title = "the network and the run"

    let architecture = Option<Architecture?>(
        "architecture", .choice("NAME"),
        help: "the network; that of --from, else cnn-bilstm, unless given")
    let output = Option(required: "output", .path("DIR"), help: "where all that comes of it goes")
    let split = Option<Split?>(
        "split", .choice("NAME"),
        help:
            "how FER2013's images are parted; official for raut, random for the others unless given. "
            + "Pictures are parted by their folders train, validation and test, else by person")
    let balance = Option<Balance?>(
        "balance", .choice("NAME"), help: "how classes are brought to equal weight; none unless given")
    let seed = Option("seed", .whole("N", 0...Int.max), help: "seeds everything random; 1 unless given")
    let threads = Option(
        "threads", .whole("N", 1...256),
        help: "threads that share a batch; as many as processors unless given")
    let labelled = LabelledDataOptions()
    let weighing = WeighingOptions()
}

/// How the faces of each `--data` count.
struct WeighingOptions: OptionGroup {
    static let title = "how faces count (one value for each --data in its order, or one for all)"

    let weight = Option(
        "data-weight", .numbers("W,…", 0...1000), help: "how much each face counts; 1 unless given")
    let rare = Option(
        "data-rare", .numbers("W,…", 0...1000),
        help:
            "how much a face counts whose emotion less than a tenth of its --data shows, times the weight; 1 "
            + "unless given")
    let label = Option(
        "data-label", .numbers("W,…", 0...1000),
        help:
            "how much its label counts on the first head, times the weight; 1 unless given, 0 for not at all")
    let votes = Option(
        "data-votes", .numbers("W,…", 0...1000),
        help: "how much the label of a face without votes counts on FER+'s head, times the weight; 1 unless "
            + "given")
    let neutral = Option(
        "data-neutral", .numbers("PART,…", 0...1),
        help: "the part of that label on FER+'s head that goes to neutral; 0 unless given")
    let smoothing = Option(
        "data-smoothing", .numbers("PART,…", 0...1),
        help: "the part of that label that is spread over all of FER+'s classes; 0 unless given")
    let prior = Option(
        "data-prior", .numbers("TAU,…", 0...10),
        help: "how far a --data's own share of each emotion is kept from what is learned, against the first "
            + "--data's (logit adjustment); 0 unless given")
    let classWeights = Option(
        "class-weights", .emotionWeights,
        help: "how much the faces of some emotions count, such as disgust=2,fear=1.5; the others 1")
}

extension TrainingDataOptions {
    /// Refuses FER2013 without the votes that a second head learns from.
    static func requireVotes(_ votes: String?, for network: NetworkConfiguration) throws(Failure) {
        guard votes != nil || !network.heads.contains(.ferplus) else {
            throw Failure(
                description:
                    "a network with FER+'s head, as architecture \(network.architecture.rawValue) has, needs its "
                    + "votes: give --ferplus FILE")
        }
    }

    /// Reads FER2013, and the votes that a second head learns from.
    static func faces(
        at path: String, votes: String?, for network: NetworkConfiguration
    ) throws -> FaceDataSet {
        try requireVotes(votes, for: network)
        var data = try FER2013.read(path: path)
        if let votes { try FERPlus.read(path: votes, into: &data) }
        return data
    }
}

extension Arguments<TrainingDataOptions> {
    /// The architecture's own options, with what was given of these.
    func base() throws(UsageError) -> TrainingOptions {
        var options = TrainingOptions(self.architecture ?? .cnnBiLSTM)
        try apply(to: &options)
        return options
    }

    /// Sets the seed, the threads and what each face counts.
    ///
    /// - Throws: ``UsageError`` where a list is not as long as there are `--data`.
    func apply(to options: inout TrainingOptions) throws(UsageError) {
        options.threads = self.threads ?? ProcessInfo.processInfo.activeProcessorCount
        if let seed = self.seed { options.seed = UInt64(seed) }
        options.targets = [SourceTargets](repeating: SourceTargets(), count: max(1, self.labelled.data.count))
        let weighing = self.weighing
        try set("data-weight", weighing.weight, \.weight, in: &options)
        try set("data-rare", weighing.rare, \.rareWeight, in: &options)
        try set("data-label", weighing.label, \.labelWeight, in: &options)
        try set("data-votes", weighing.votes, \.votesWeight, in: &options)
        try set("data-neutral", weighing.neutral, \.votesNeutral, in: &options)
        try set("data-smoothing", weighing.smoothing, \.votesSmoothing, in: &options)
        try set("data-prior", weighing.prior, \.prior, in: &options)
        options.emotionWeights = weighing.classWeights
    }

    /// Sets one number of each source from a list that has one for each, or one for all; none where it is nil.
    func set(
        _ name: String, _ values: [Double]?, _ path: WritableKeyPath<SourceTargets, Float>,
        in options: inout TrainingOptions
    ) throws(UsageError) {
        guard let values else { return }
        let count = options.targets.count
        guard values.count == 1 || values.count == count else {
            let words = values.map { "\($0)" }.joined(separator: ",")
            throw UsageError(
                description: "--\(name) '\(words)': expected one number"
                    + (count > 1 ? ", or \(count), one for each --data" : ", as there is one --data"))
        }
        for index in 0..<count {
            options.targets[index][keyPath: path] = Float(values.count == 1 ? values[0] : values[index])
        }
    }

    /// How FER2013's images are parted: as asked for, else as the architecture's results are told.
    func split(for options: TrainingOptions) -> Split {
        self.split ?? (options.network.architecture.recipe == .shipped ? .official : .random)
    }

    /// How classes are brought to equal weight.
    var classBalance: Balance { self.balance ?? .none }

    /// Reads the data and parts them.
    ///
    /// - Parameters:
    ///   - needsEveryClass: Whether each emotion must be among the training images.
    ///   - writes: Whether faces cut from pictures are kept in `--output`.
    func read(
        for options: TrainingOptions, _ display: TrainingDisplay, needsEveryClass: Bool = true,
        writes: Bool = true, shouldStop: () -> Bool
    ) throws -> (sources: DataSources, parted: TrainingData) {
        let labelled = self.labelled
        if labelled.data.contains(where: { !DataSources.isFolder($0) }) {
            try TrainingDataOptions.requireVotes(labelled.ferplus, for: options.network)
        }
        let sources = try labelled.read(
            cache: writes ? self.output : nil, threads: options.threads, display, shouldStop: shouldStop)
        let folders = sources.sources.indices.filter { sources.sources[$0].isFolder }
        let parted = try TrainingData(
            sources.faces, path: labelled.data.joined(separator: ", "), split: split(for: options),
            balance: classBalance, keptSources: Set(folders), needsEveryClass: needsEveryClass,
            seed: options.seed, threads: options.threads)
        return (sources, parted)
    }
}

extension OptionFormat where Value == [Double] {
    /// Numbers parted by commas, each in a range.
    static func numbers(_ placeholder: String, _ range: ClosedRange<Double>) -> Self {
        Self(placeholder, write: { $0.map { "\($0)" }.joined(separator: ",") }) {
            word throws(UnusableValue) in
            let parts = word.split(separator: ",", omittingEmptySubsequences: false)
            let numbers = parts.compactMap { Double($0) }.filter { range.contains($0) }
            guard numbers.count == parts.count else {
                let bounds = "\(Int(range.lowerBound)) to \(Int(range.upperBound))"
                throw UnusableValue("'\(word)': expected numbers from \(bounds), parted by commas")
            }
            return numbers
        }
    }
}

extension OptionFormat where Value == [Float] {
    /// A number for some of the emotions, `disgust=2,fear=1.5`; 1 for the others.
    static var emotionWeights: Self {
        Self(
            "EMOTION=W,…",
            write: { weights in
                zip(Emotion.allCases, weights).map { "\($0)=\($1)" }.joined(separator: ",")
            }
        ) { word throws(UnusableValue) in
            var weights = [Float](repeating: 1, count: Emotion.allCases.count)
            for pair in word.split(separator: ",", omittingEmptySubsequences: false) {
                let parts = pair.split(separator: "=", omittingEmptySubsequences: false)
                guard parts.count == 2, let weight = Float(parts[1]), (0...1000).contains(weight),
                    let emotion = Emotion.allCases.first(where: { "\($0)" == parts[0] })
                else {
                    throw UnusableValue(
                        "'\(pair)': expected an emotion and a number from 0 to 1000, such as fear=1.5")
                }
                weights[emotion.rawValue] = weight
            }
            return weights
        }
    }
}

extension Architecture {
    /// A line for the help of an option whose default depends on the network.
    static func defaults(_ value: (TrainingOptions) -> String) -> String {
        let groups = Dictionary(grouping: allCases) { value(TrainingOptions($0)) }
        if groups.count == 1, let only = groups.keys.first { return only }
        return groups.sorted { $0.value.count > $1.value.count }
            .map { "\($0.key) for \($0.value.map(\.rawValue).joined(separator: " and "))" }
            .joined(separator: ", ")
    }
}
