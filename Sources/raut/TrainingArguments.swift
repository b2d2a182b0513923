import EmotionRecognition
import Foundation
import Training

/// The options that `train` and `search` share: the data, how they are parted, and what every run fixes.
enum TrainingArguments {
    static let options = [
        Option(
            "data", "FILE", required: true,
            help: "FER2013 in its published layout (fer2013.csv), plain or .xz"),
        Option("ferplus", "FILE", help: "FER+'s votes (fer2013new.csv), for the second head of raut"),
        Option(
            "architecture", "NAME", choices: Architecture.allCases.map(\.rawValue),
            help: "the network; cnn-bilstm unless given"),
        Option("output", "DIR", required: true, help: "where all that comes of it goes"),
        Option(
            "split", "NAME", choices: Split.allCases.map(\.rawValue),
            help: "how images are parted; random for cnn and cnn-bilstm, official for raut unless given"),
        Option(
            "balance", "NAME", choices: Balance.allCases.map(\.rawValue),
            help: "how classes are brought to equal weight; none unless given"),
        Option("seed", "N", help: "seeds everything random; 1 unless given"),
        Option("threads", "N", help: "threads that share a batch; as many as processors unless given"),
    ]

    /// The architecture's own options, with the seed and the threads that were given.
    static func base(_ arguments: Arguments) throws(UsageError) -> TrainingOptions {
        var options = TrainingOptions(
            arguments.string("architecture").flatMap { Architecture(rawValue: $0) } ?? .cnnBiLSTM)
        options.threads =
            try arguments.int("threads", in: 1...256) ?? ProcessInfo.processInfo.activeProcessorCount
        if let value = try arguments.int("seed", in: 0...Int.max) { options.seed = UInt64(value) }
        return options
    }

    static func split(_ arguments: Arguments, _ options: TrainingOptions) -> Split {
        arguments.string("split").flatMap { Split(rawValue: $0) }
            ?? (options.network.architecture == .raut ? .official : .random)
    }

    static func balance(_ arguments: Arguments) -> Balance {
        arguments.string("balance").flatMap { Balance(rawValue: $0) } ?? .none
    }

    /// Reads the data and parts them.
    static func data(_ arguments: Arguments, _ options: TrainingOptions) throws -> TrainingData {
        try TrainingData(
            faces(arguments, options.network), path: arguments.string("data") ?? "",
            split: split(arguments, options), balance: balance(arguments), seed: options.seed,
            threads: options.threads)
    }

    /// Reads the faces, and the votes that a second head learns from.
    static func faces(_ arguments: Arguments, _ network: NetworkConfiguration) throws -> FaceDataSet {
        let votes = arguments.string("ferplus")
        if votes == nil, network.heads.contains(.ferplus) {
            throw Failure(
                description: "\(network.architecture.rawValue) has a second head: give --ferplus FILE")
        }
        var data = try FER2013.read(path: arguments.string("data") ?? "")
        if let votes { try FERPlus.read(path: votes, into: &data) }
        return data
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
