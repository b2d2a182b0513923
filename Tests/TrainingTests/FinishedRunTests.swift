import EmotionRecognition
import Foundation
import NeuralNetwork
import TestSupport
import Testing
import Training

@Suite("The end of a run")
struct FinishedRunTests {
    private let folder: TemporaryFolder
    private let sources: DataSources
    private let data: TrainingData
    private var options: TrainingOptions

    init() throws {
        folder = TemporaryFolder()
        var rows = ["emotion,pixels,Usage"]
        for label in 0..<7 {
            for number in 0..<4 { rows.append(row("\(label)", label * 9 + number)) }
            rows.append(row("\(label)", label * 9 + 7, "PublicTest"))
            rows.append(row("\(label)", label * 9 + 8, "PrivateTest"))
        }
        let table = try folder.file("small.csv", rows.joined(separator: "\n") + "\n")
        sources = try DataSources([table], finder: { FaceFinder(identity: "none") { { _ in [] } } })
        data = try TrainingData(
            sources.faces, path: table, split: .official, balance: .none, seed: 1, threads: 1)
        options = TrainingOptions(.cnn)
        options.network.widths = [8, 8, 16, 16]
        options.epochs = 1
        options.batch = 14
        options.threads = 1
        options.augmentation.gamma = 0.25
    }

    private func finish(_ name: String, from origin: RunOrigin) throws -> (run: RunFolder, end: FinishedRun) {
        let run = try RunFolder("\(folder.path)/\(name)")
        let trainer = try Trainer(options, training: data.training, validation: data.validation)
        #expect(try run.train(trainer))
        return (run, try run.finish(trainer, on: sources, data, from: origin))
    }

    @Test(
        "model, answers and report are written without a command, and the model tells every option of its run"
    )
    func written() throws {
        let origin = RunOrigin(split: .official, balance: .none, data: ["\(folder.path)/small.csv"])
        let (run, end) = try finish("first", from: origin)
        #expect(end.gains.isEmpty && (0...1).contains(end.testAccuracy) && end.testLoss.isFinite)
        #expect(FileManager.default.fileExists(atPath: end.report))
        let facts = try SafeTensors(path: run.model).metadata
        #expect(facts["data"] == "small.csv" && facts["split"] == "official" && facts["from"] == "")
        #expect(facts["test_accuracy"] == "\(end.testAccuracy)")
        #expect(facts["learning_rate"] == "\(options.learningRate)" && facts["clip"] == "none")
        #expect(facts["augmentation"]?.contains("gamma: 0.25") == true)
        // What is added to the options is told without a word anywhere else.
        let own = Mirror(reflecting: options).children.compactMap(\.label).filter { $0 != "network" }
        #expect(own.count > 15 && options.facts.count == own.count - 1)
        #expect(options.facts.allSatisfy { facts[$0.key] == $0.value })
        let table = "\(run.path)/predictions.csv"
        let answers = try PredictionTable(csv: String(contentsOfFile: table, encoding: .utf8), path: table)
        #expect(answers.rows.count == 14 && answers.rows.count(where: \.isTest) == 7)
    }

    @Test("a run that began at a model tells what was gained since")
    func gained() throws {
        var origin = RunOrigin(split: .official, balance: .none, data: [])
        let (first, _) = try finish("first", from: origin)
        origin.from = ["some/where/first"]
        origin.models = [(try SafeTensors(path: first.model), first.model)]
        let (second, end) = try finish("second", from: origin)
        let gain = try #require(end.gains.first)
        #expect(end.gains.count == 1)
        #expect(gain.hasPrefix("\(folder.path)/small.csv, 7 faces of PublicTest, heads joined: "))
        #expect(gain.hasSuffix(" lost)") || gain.hasSuffix(" lost: that may be chance)"))
        let facts = try SafeTensors(path: second.model).metadata
        #expect(facts["gains"] == gain && facts["from"] == "first")
        #expect(end.unjudged == nil)
    }

    @Test("a run on a folder alone that began at a model says how to learn what it lost on PublicTest")
    func unjudged() throws {
        for person in 0..<20 {
            for emotion in ["happy", "sad"] {
                try folder.picture("faces/\(emotion)/person\(person)_0.png", side: 48, number: person)
            }
        }
        let faces = "\(folder.path)/faces"
        let sources = try DataSources([faces], finder: { .wholePictures })
        let data = try TrainingData(
            sources.faces, path: faces, split: .official, balance: .none, keptSources: [0],
            needsEveryClass: false, seed: 1, threads: 1)
        func end(_ name: String, _ origin: RunOrigin) throws -> (FinishedRun, model: String) {
            let run = try RunFolder("\(folder.path)/\(name)")
            let trainer = try Trainer(options, training: data.training, validation: data.validation)
            #expect(try run.train(trainer))
            return (try run.finish(trainer, on: sources, data, from: origin, showsFaces: false), run.model)
        }
        var origin = RunOrigin(split: .official, balance: .none, data: [])
        let (first, model) = try end("first", origin)
        #expect(first.unjudged == nil)
        origin.models = [(try SafeTensors(path: model), model)]
        let (second, _) = try end("second", origin)
        #expect(second.gains.count == 1 && second.gains[0].contains(" held out, heads joined: "))
        #expect(second.gains[0].contains(" won, "))
        #expect(second.unjudged?.contains("--usage PublicTest --data fer2013.csv") == true)
    }
}
