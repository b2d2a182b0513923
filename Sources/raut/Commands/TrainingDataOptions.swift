import EmotionRecognition
import Foundation
import Training

/// The options that `train` and `search` share: the data, how they are parted, and what every run fixes.
struct TrainingDataOptions: OptionGroup {
    static let title = "the data and the network"

    let data = Option(
        required: "data", .path("FILE"), help: "FER2013 in its published layout (fer2013.csv), plain or .xz")
    let ferplus = Option(
        "ferplus", .path("FILE"), help: "FER+'s votes (fer2013new.csv), for the second head of raut")
    let architecture = Option<Architecture?>(
        "architecture", .choice("NAME"), help: "the network; cnn-bilstm unless given")
    let output = Option(required: "output", .path("DIR"), help: "where all that comes of it goes")
    let split = Option<Split?>(
        "split", .choice("NAME"),
        help: "how images are parted; random for cnn and cnn-bilstm, official for raut unless given")
    let balance = Option<Balance?>(
        "balance", .choice("NAME"), help: "how classes are brought to equal weight; none unless given")
    let seed = Option("seed", .whole("N", 0...Int.max), help: "seeds everything random; 1 unless given")
    let threads = Option(
        "threads", .whole("N", 1...256),
        help: "threads that share a batch; as many as processors unless given")

    /// Reads the faces, and the votes that a second head learns from.
    static func faces(
        at path: String, votes: String?, for network: NetworkConfiguration
    ) throws -> FaceDataSet {
        if votes == nil, network.heads.contains(.ferplus) {
            throw Failure(
                description: "\(network.architecture.rawValue) has a second head: give --ferplus FILE")
        }
        var data = try FER2013.read(path: path)
        if let votes { try FERPlus.read(path: votes, into: &data) }
        return data
    }
}

extension Arguments<TrainingDataOptions> {
    /// The architecture's own options, with the seed and the threads that were given.
    var base: TrainingOptions {
        var options = TrainingOptions(self.architecture ?? .cnnBiLSTM)
        options.threads = self.threads ?? ProcessInfo.processInfo.activeProcessorCount
        if let seed = self.seed { options.seed = UInt64(seed) }
        return options
    }

    /// How images are parted: as asked for, else as the architecture's results are told.
    func split(for options: TrainingOptions) -> Split {
        self.split ?? (options.network.architecture.recipe == .shipped ? .official : .random)
    }

    /// How classes are brought to equal weight.
    var classBalance: Balance { self.balance ?? .none }

    /// Reads the data and parts them.
    func read(for options: TrainingOptions) throws -> TrainingData {
        try TrainingData(
            TrainingDataOptions.faces(at: self.data, votes: self.ferplus, for: options.network),
            path: self.data, split: split(for: options), balance: classBalance, seed: options.seed,
            threads: options.threads)
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
