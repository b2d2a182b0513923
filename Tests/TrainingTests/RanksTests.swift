import EmotionRecognition
import Foundation
import NeuralNetwork
import System
import Testing
import Training

/// Ranks that are threads of this process.
private final class Ranks: Sendable {
    private struct State {
        var given: [Int: [UInt8]] = [:]
        var round = 0
        var all: [[UInt8]] = []
    }

    private let state = Guarded(State())
    let size: Int

    init(_ size: Int) { self.size = size }

    /// What each gives, once all have.
    func exchange(_ bytes: [UInt8], rank: Int) -> [[UInt8]] {
        let mine = state.change { state in
            state.given[rank] = bytes
            if state.given.count == size {
                state.all = (0..<size).map { state.given[$0] ?? [] }
                state.given = [:]
                state.round += 1
                return state.round
            }
            return state.round + 1
        }
        let all = state.wait(until: .after(60)) { $0.round >= mine ? $0.all : nil }
        return all ?? []
    }

    /// Runs `body` once a rank, on a thread each, and gives the results in the ranks' order.
    func run<Result: Sendable>(_ body: @escaping @Sendable (Rank) throws -> Result) throws -> [Result] {
        let results = Guarded<[Int: Swift.Result<Result, any Error>]>([:])
        let threads = try (0..<size).map { rank in
            try JoinableThread(name: "rank-\(rank)") {
                let result = Swift.Result { try body(Rank(self, rank)) }
                results.withLock { $0[rank] = result }
            }
        }
        for thread in threads { #expect(thread.join(until: .after(120))) }
        return try (0..<size).map { rank in try #require(results.withLock { $0[rank] }).get() }
    }
}

private final class Rank: Communicator {
    private let ranks: Ranks
    let rank: Int
    var size: Int { ranks.size }

    init(_ ranks: Ranks, _ rank: Int) {
        self.ranks = ranks
        self.rank = rank
    }

    func sum(_ values: inout [Float]) { values = added(values) }
    func sum(_ values: inout [Double]) { values = added(values) }
    func gather(_ bytes: [UInt8]) -> [[UInt8]] { ranks.exchange(bytes, rank: rank) }

    private func added<Number: AdditiveArithmetic & BitwiseCopyable>(_ values: [Number]) -> [Number] {
        let all = ranks.exchange(values.withUnsafeBytes { Array($0) }, rank: rank)
        var sums = [Number](repeating: .zero, count: values.count)
        for bytes in all {
            bytes.withUnsafeBytes { bytes in
                for index in sums.indices {
                    sums[index] += bytes.loadUnaligned(
                        fromByteOffset: index * MemoryLayout<Number>.stride, as: Number.self)
                }
            }
        }
        return sums
    }
}

@Suite("Training on several ranks")
struct RanksTests {
    private static func options(
        _ architecture: Architecture = .raut, batch: Int = 16, learningRate: Float? = nil
    ) -> TrainingOptions {
        var options = TrainingOptions(architecture)
        if let learningRate { options.learningRate = learningRate }
        options.network.widths = [8, 8, 16, 16]
        options.network.hidden = 16
        options.epochs = 3
        options.batch = batch
        // Ranks are threads here already.
        options.threads = 1
        options.mixupShare = 0.5
        options.cutMixShare = 0.5
        return options
    }

    private struct Outcome: Sendable {
        var losses: [Double]
        var validation: [Double]
        var weights: [UInt32]
    }

    private static func train(
        _ options: TrainingOptions, _ count: Int, communicator: (any Communicator)? = nil
    ) throws -> Outcome {
        let data = faces((0..<count).map { $0 % 7 })
        let trainer = try Trainer(
            options, training: data, validation: data, communicator: communicator)
        try trainer.checkRanks()
        _ = try trainer.run()
        return Outcome(
            losses: trainer.history.epochs.map(\.trainLoss),
            validation: trainer.history.epochs.map(\.validationLoss),
            weights: trainer.network.parameters.flatMap { $0.value.elements.map(\.bitPattern) })
    }

    @Test(
        "the parts of a batch are all of it, once each, and partners stay together",
        arguments: [(2, 1), (3, 1), (7, 3), (16, 2), (64, 4), (65, 4), (33, 16)])
    func parts(total: Int, size: Int) throws {
        var places: [Int] = []
        for rank in 0..<size {
            let part = try #require(SharedBatch(total: total, rank: rank, size: size))
            let own = (0..<part.count).map(part.place)
            for (index, place) in own.enumerated() {
                #expect(own[part.count - 1 - index] == total - 1 - place)
            }
            places += own
        }
        #expect(places.sorted() == Array(0..<total))
        #expect(SharedBatch(total: 2 * size - 1, rank: 0, size: size) == nil || size == 0)
    }

    @Test(
        "two and four ranks learn as one does: losses within 1e-4, the same weights on each rank and on every run",
        arguments: [Architecture.raut, .cnnBiLSTM], [2, 4])
    func asOne(architecture: Architecture, size: Int) throws {
        // 71 images in batches of 16: the last batch has seven, three pairs.
        // At a low rate: a maximum between equals falls by rounding, and what follows from it would grow from step to step.
        let options = Self.options(architecture, learningRate: 1e-4)
        let alone = try Self.train(options, 71)
        let first = try Ranks(size).run { try Self.train(options, 71, communicator: $0) }
        for (one, several) in zip(alone.losses + alone.validation, first[0].losses + first[0].validation) {
            #expect(abs(one - several) < 1e-4, "\(one) alone, \(several) together")
        }
        #expect(Set(first.map(\.weights)).count == 1)
        let second = try Ranks(size).run { try Self.train(options, 71, communicator: $0) }
        #expect(second[0].weights == first[0].weights)
    }

    @Test("ranks with other options or data are refused before the first step, by what differs")
    func differing() throws {
        let error = #expect(throws: TrainingError.self) {
            _ = try Ranks(2).run { rank in
                var options = Self.options()
                if rank.rank == 1 { options.learningRate = 0.5 }
                return try Self.train(options, 32, communicator: rank)
            }
        }
        guard case .otherRank(1, let reason) = error else {
            return #expect(Bool(false), "\(String(describing: error))")
        }
        #expect(reason.contains("learningRate is 0.5 there"))
        #expect(
            throws: TrainingError.self,
            performing: {
                _ = try Ranks(2).run { rank in
                    try Self.train(Self.options(), 32 + rank.rank, communicator: rank)
                }
            })
    }

    @Test(
        "ranks that are told different things are refused before they read data, by what differs",
        arguments: [
            // Of another command's options nothing is said.
            ("train", false, 2, "command is train there, search here"),
            ("search", false, 1, "resume is not given there, given here"),
            ("search", true, 2, "seed is 2 there, 1 here"),
        ])
    func differingTasks(command: String, resumes: Bool, seed: UInt64, reason: String) throws {
        let told = #expect(throws: TrainingError.self) {
            _ = try Ranks(2).run { rank in
                var options = Self.options()
                if rank.rank == 1 { options.seed = seed }
                let task = RankTask(
                    program: "raut 1", command: rank.rank == 1 ? command : "search",
                    resumes: rank.rank == 0 || resumes, options: options)
                try task.check(rank)
            }
        }
        #expect(told == .otherRank(1, reason: reason))
    }

    @Test("ranks of a search that have other trials are refused by the trial")
    func differingTrials() throws {
        func plan(_ rates: String) throws -> SearchPlan {
            try SearchPlan(grid: "learning-rate = \(rates)", path: "grid", base: Self.options())
        }
        let plans = [try plan("0.001, 0.01"), try plan("0.001, 0.02")]
        let told = #expect(throws: TrainingError.self) {
            _ = try Ranks(2).run { rank in
                let task = RankTask(
                    program: "raut 1", command: "search", resumes: false, options: Self.options(),
                    plan: plans[rank.rank])
                try task.check(rank)
            }
        }
        #expect("\(String(describing: told))".contains("trial 2 is '--learning-rate 0.02"))
        // What is the same goes on.
        _ = try Ranks(2).run { rank in
            try RankTask(
                program: "raut 1", command: "search", resumes: false, options: Self.options(), plan: plans[0]
            ).check(rank)
        }
    }

    @Test("a batch without a pair for each rank is refused, and a last one is everybody's")
    func smallBatches() throws {
        #expect(throws: TrainingError.smallBatch(images: 4, ranks: 3)) {
            _ = try Ranks(3).run { try Self.train(Self.options(batch: 4), 32, communicator: $0) }
        }
        // The last batch of 18 has two.
        let alone = try Self.train(Self.options(), 18)
        let together = try Ranks(4).run { try Self.train(Self.options(), 18, communicator: $0) }
        #expect(abs(alone.losses[2] - together[0].losses[2]) < 1e-4)
        #expect(Set(together.map(\.weights)).count == 1)
    }

    @Test("a run that was stopped on two ranks goes on with three, and with one, from rank 0's checkpoint")
    func otherNumber() throws {
        let folder = FileManager.default.temporaryDirectory.appendingPathComponent(UUID().uuidString)
        defer { try? FileManager.default.removeItem(at: folder) }
        let path = try RunFolder(folder.path).checkpoint
        let data = faces((0..<64).map { $0 % 7 })
        let options = Self.options(learningRate: 1e-4)
        let whole = try Self.train(options, 64)
        let stopped = try Ranks(2).run { rank in
            let trainer = try Trainer(
                options, training: data, validation: data, communicator: rank)
            var steps = 0
            // Rank 1 alone is told to end.
            let finished = try trainer.run(
                shouldStop: { rank.rank == 1 && steps >= 5 }, onStep: { _ in steps += 1 })
            if rank.rank == 0 { try trainer.saveCheckpoint(to: path) }
            return [finished ? 1 : 0, steps]
        }
        #expect(stopped[0] == stopped[1] && stopped[0][0] == 0)
        let resumed = try Ranks(3).run { rank in
            let trainer = try Trainer(
                options, training: data, validation: data, communicator: rank)
            try trainer.resumeTogether(from: rank.rank == 0 ? path : "/nowhere")
            try trainer.checkRanks()
            _ = try trainer.run()
            return trainer.history.epochs.map(\.trainLoss)
        }
        let alone = try Trainer(options, training: data, validation: data)
        try alone.resumeTogether(from: path)
        _ = try alone.run()
        for losses in resumed + [alone.history.epochs.map(\.trainLoss)] {
            #expect(zip(losses, whole.losses).allSatisfy { abs($0 - $1) < 1e-4 })
        }
    }
}
