import EmotionRecognition
import Foundation
import NeuralNetwork
import TestSupport
import Testing
import Training

@Suite("Hyperparameter search")
struct SearchTests {
    private let data = faces((0..<40).map { $0 % 7 })

    /// A network so narrow that a trial takes a fraction of a second.
    private func base(epochs: Int = 2) -> TrainingOptions {
        var options = TrainingOptions(.cnn)
        options.network.widths = [8, 8, 8, 8]
        options.network.hidden = 8
        options.epochs = epochs
        options.threads = 1
        return options
    }

    private func plan(_ text: String) throws -> SearchPlan {
        try SearchPlan(grid: text, path: "grid.txt", base: base())
    }

    private func search(
        _ plan: SearchPlan, in folder: TemporaryFolder, epochs: Int = 2, resume: Bool = false,
        facts: [String: String] = [:]
    ) throws -> HyperparameterSearch {
        try HyperparameterSearch(
            plan, base: base(epochs: epochs), training: data, validation: data, facts: facts,
            folder: folder.path, resume: resume)
    }

    @Test("a grid is every combination, the first line slowest; the rest stays as it is")
    func grid() throws {
        let trials = try plan("# two by two\n\nlearning-rate = 0.001, 0.01 # high\nbatch\t8 16\n").trials
        #expect(trials.map(\.learningRate) == [0.001, 0.001, 0.01, 0.01])
        #expect(trials.map(\.batch) == [8, 16, 8, 16])
        #expect(trials.allSatisfy { $0.dropout == 0.4 && $0.augmentation == 1 })
        #expect(trials[1].words == "--learning-rate 0.001 --batch 16 --dropout 0.4 --augmentation 1.0")
    }

    @Test(
        "a wrong grid is named with its row",
        arguments: [
            (
                "rate 1",
                ", row 1: no hyperparameter 'rate'; they are learning-rate, batch, dropout, augmentation, "
                    + "and every other option of 'raut train' that sets a value of a run"
            ),
            ("\nbatch 1", ", row 2: batch is '1', not a whole number from 2 to 4096"),
            ("batch 32.5", ", row 1: batch is '32.5', not a whole number from 2 to 4096"),
            ("dropout 0.2 nan", ", row 1: dropout is 'nan', not a number from 0 to 0.95"),
            ("learning-rate -1", ", row 1: learning-rate is '-1', not a number from 1e-8 to 10"),
            ("augmentation 5", ", row 1: augmentation is '5', not a number from 0 to 4"),
            ("batch =", ", row 1: batch has no values"),
            ("batch 8\nbatch 16", ", row 2: batch is there twice"),
            ("# nothing\n", ": no values to try in it"),
        ])
    func wrongGrid(_ text: String, _ reason: String) {
        #expect(message { try plan(text) } == "grid.txt\(reason)")
    }

    @Test("any other setting that a reader knows is varied too, has a column, and is found again")
    func others() throws {
        let reader: Hyperparameters.SettingReader = { name in
            guard name == "mixup" else { return nil }
            return { text in
                guard let share = Float(text) else {
                    throw DataError.unreadable(path: text, reason: "no number")
                }
                return Hyperparameters.Setting(name: name, text: text) { $0.mixupShare = share }
            }
        }
        let plan = try SearchPlan(
            grid: "mixup 0 0.5\nbatch 8 16", path: "g", base: base(), settings: reader)
        #expect(plan.trials.map { $0.applied(to: base()).mixupShare } == [0, 0, 0.5, 0.5])
        #expect(plan.trials[2].words.hasSuffix("--batch 8 --dropout 0.4 --augmentation 1.0 --mixup 0.5"))
        let table = SearchTable(plan)
        #expect(table.csv.hasPrefix("trial,learning_rate,batch,dropout,augmentation,mixup,state,"))
        var again = SearchTable(plan)
        try again.restore(csv: table.csv, path: "t")
        #expect(again == table)
        // A finished trial whose numbers no trial has.
        for number in ["nan", "inf", "-inf", "1e308", "-1", "x", ""] {
            let done = table.csv.replacing(",planned,,,,,,,", with: ",done,1,1,1,1,1,1,\(number)")
            #expect(done != table.csv)
            #expect(
                message { try again.restore(csv: done, path: "t") } == "t, row 2: not a trial of a search",
                "\(number)")
        }
        #expect(throws: DataError.self) {
            try SearchPlan(grid: "mixup much", path: "g", base: base(), settings: reader)
        }
    }

    @Test("a grid is read from a pipe, too; a device is told to be one")
    func pipe() throws {
        let path = "\(TemporaryFolder().path)-pipe"
        defer { unlink(path) }
        #expect(mkfifo(path, 0o600) == 0)
        Thread.detachNewThread {
            try? FileHandle(forWritingTo: URL(fileURLWithPath: path)).write(
                contentsOf: Data("dropout = 0, 0.2\nbatch = 8 16\n".utf8))
        }
        #expect(try SearchPlan(grid: path, base: base()).trials.count == 4)
        #expect(
            message { try SearchPlan(grid: "/dev/null", base: base()) }
                == "/dev/null: cannot read it: a device, no file")
    }

    @Test("random trials are the same for a seed, fewer are the first of more, all within their ranges")
    func random() {
        let trials = SearchPlan(random: 200, seed: 1).trials
        #expect(SearchPlan(random: 20, seed: 1).trials == Array(trials.prefix(20)))
        #expect(SearchPlan(random: 20, seed: 2).trials != Array(trials.prefix(20)))
        #expect(trials.allSatisfy { (0.0001...0.01).contains($0.learningRate) })
        #expect(trials.allSatisfy { (0...0.6).contains($0.dropout) && (0...1.5).contains($0.augmentation) })
        #expect(Set(trials.map(\.batch)) == [16, 32, 64, 128])
        // Evenly in the logarithm: about half of them below the middle of it.
        #expect((70...130).contains(trials.count { $0.learningRate < 0.001 }))
    }

    @Test("values go where they belong; augmentation scales every strength, 0 leaves images as they are")
    func applied() {
        var values = Hyperparameters(base())
        values.augmentation = 0.5
        values.dropout = 0.1
        let options = values.applied(to: base())
        #expect(options.augmentation.rotation == 5 && options.augmentation.shift == 0.05)
        #expect(options.augmentation.flip && options.network.dropout == 0.1)
        values.augmentation = 0
        #expect(values.applied(to: base()).augmentation == .none)
    }

    @Test("trials are ranked, and one whose loss is no number is kept apart")
    func ranking() throws {
        let folder = TemporaryFolder()
        var trials = try plan("learning-rate 0.001 0.00000001\nbatch 8").trials
        trials.append(
            Hyperparameters(learningRate: .greatestFiniteMagnitude, batch: 8, dropout: 0, augmentation: 0))
        let search = try search(SearchPlan(trials: trials), in: folder, epochs: 4)
        #expect(try search.run())
        #expect(search.table.rows.map(\.state) == [.done, .done, .diverged])
        #expect(search.table.ranked.map(\.number) == [1, 2])
        let text = try String(contentsOfFile: "\(folder.path)/trials.txt", encoding: .utf8)
        #expect(text == search.table.text)
        #expect(text.split(separator: "\n").count == 4 && text.contains("diverged"))
        #expect(FileManager.default.fileExists(atPath: "\(folder.path)/trial-002/model.safetensors"))
    }

    @Test("a search that was stopped within a trial ends with the table of an unbroken one")
    func resumes() throws {
        let (whole, broken) = (TemporaryFolder(), TemporaryFolder())
        let plan = try plan("learning-rate 0.001 0.003\nbatch 8")
        let unbroken = try search(plan, in: whole)
        #expect(try unbroken.run())
        let first = try search(plan, in: broken)
        var steps = 0
        // 5 steps an epoch: in the second epoch of the second trial.
        #expect(try !first.run(shouldStop: { steps == 17 }, onStep: { _ in steps += 1 }))
        #expect(first.table.finishedCount == 1)
        let second = try search(plan, in: broken, resume: true)
        #expect(second.table.finishedCount == 1)
        var trials: [Int] = []
        #expect(try second.run(onTrial: { trials.append($0.number) }))
        #expect(trials == [2])
        for (a, b) in zip(second.table.rows, unbroken.table.rows) {
            #expect(a.last?.validationLoss == b.last?.validationLoss)
            #expect(a.last?.trainLoss == b.last?.trainLoss && a.bestAccuracy == b.bestAccuracy)
        }
    }

    @Test("a search is neither written over nor mixed with another")
    func otherSearch() throws {
        let folder = TemporaryFolder()
        let plan = try plan("batch 8 16")
        _ = try search(plan, in: folder)
        #expect(message { try search(plan, in: folder) }?.contains("a search is there") == true)
        #expect(
            message { try search(plan, in: folder, epochs: 3, resume: true) }?
                .contains("the search of other data or options") == true)
        #expect(
            message { try search(plan, in: folder, resume: true, facts: ["split": "grouped"]) }?
                .contains("the search of other data or options") == true)
        #expect(
            message { try search(self.plan("batch 8 16 32"), in: folder, resume: true) }?
                .contains("2 trials, this search has 3") == true)
        #expect(
            message { try search(self.plan("batch 8 32"), in: folder, resume: true) }
                == "\(folder.path)/trials.csv, row 3: a trial of another search: give the same grid or seed, or "
                + "another --output")
    }
}
