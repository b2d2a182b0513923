import Faces
import EmotionRecognition
import Foundation
import Imaging
import NeuralNetwork
import Testing

import raut

@Suite("raut train and evaluate on folders of pictures")
final class TrainCommandTests {
    private let folder = FileManager.default.temporaryDirectory.appendingPathComponent(UUID().uuidString).path

    init() throws {
        // Each of six people's faces is a pattern of the emotion, lighter or darker by the person.
        for person in 0..<6 {
            for (name, step) in [("happy", 3), ("neutral", 11), ("contempt", 5)] {
                var image = GrayImage(width: 48, height: 48)
                for place in image.pixels.indices {
                    image.pixels[place] = UInt8((place / 48 * step + place % 48) % 160 + person * 12)
                }
                let path = "\(folder)/faces/\(name)"
                try FileManager.default.createDirectory(atPath: path, withIntermediateDirectories: true)
                for number in 0..<3 {
                    try ImageFile.writePNG(image, path: "\(path)/person\(person)_\(number).png")
                }
            }
        }
        var configuration = NetworkConfiguration(.raut)
        configuration.widths = [8, 8, 16, 16]
        configuration.hidden = 16
        try EmotionNetwork(configuration, seed: 3).modelFile().write(to: "\(folder)/small.safetensors")
    }

    deinit { try? FileManager.default.removeItem(atPath: folder) }

    private func evaluate(_ words: [String]) throws -> [[String: Any]] {
        let (text, status) = try EvaluateCommand.judge(
            Arguments(words + ["--json", "--threads", "1"], for: EvaluateCommand.command))
        #expect(status == 0)
        return try text.split(separator: "\n").map {
            try #require(try JSONSerialization.jsonObject(with: Data($0.utf8)) as? [String: Any])
        }
    }

    @Test("going on from the model that ships, a few people's faces are learned in seconds")
    func fineTuning() throws {
        let models = URL(fileURLWithPath: #filePath).appendingPathComponent("../../../models")
            .standardizedFileURL
        let words = ["train", "--data", "\(folder)/faces", "--from", "\(models.path)/raut.safetensors"]
        let own = ["--output", "\(folder)/run", "--threads", "2", "--batch", "8", "--no-pictures"]
        #expect(CommandLineInterface.main(words + own) == 0)
        let file = try SafeTensors(path: "\(folder)/run/model.safetensors")
        // It keeps the network of the model that it began at.
        #expect(file.metadata["widths"] == "24,56,112,208" && file.metadata["architecture"] == "raut")
        let gains = try #require(file.metadata["gains"])
        #expect(gains.hasPrefix("\(folder)/faces, 6 faces held out, heads joined: "))
        #expect(gains.contains("100.0 % now: gained "))
        let results = try evaluate([
            "--model", "\(folder)/run/model.safetensors", "--data", "\(folder)/faces", "--usage",
            "PrivateTest",
        ])
        let result = try #require(results.first)
        #expect(result["accuracy"] as? Double == 1)
        // The faces that were cut are kept beside the model.
        let files = try FileManager.default.contentsOfDirectory(atPath: "\(folder)/run")
        #expect(files.contains { $0.hasPrefix("faces-faces-") && $0.hasSuffix(".cache") })
    }

    @Test("a search varies any option that sets a value of a run, and its trials are reported side by side")
    func search() throws {
        for (step, emotion) in Emotion.allCases.enumerated() {
            let path = "\(folder)/all/\(emotion)"
            try FileManager.default.createDirectory(atPath: path, withIntermediateDirectories: true)
            for person in 0..<6 {
                var image = GrayImage(width: 48, height: 48)
                for place in image.pixels.indices {
                    image.pixels[place] = UInt8((place / 48 * (step + 2) + place % 48) % 160 + person * 12)
                }
                try ImageFile.writePNG(image, path: "\(path)/person\(person)_0.png")
            }
        }
        try "label-smoothing 0 0.2\n".write(toFile: "\(folder)/grid", atomically: true, encoding: .utf8)
        let words = ["search", "--data", "\(folder)/all", "--architecture", "cnn", "--epochs", "1"]
        let own = ["--output", "\(folder)/search", "--threads", "1", "--grid"]
        #expect(CommandLineInterface.main(words + own + ["\(folder)/grid"]) == 0)
        let table = try String(contentsOfFile: "\(folder)/search/trials.csv", encoding: .utf8)
        #expect(table.split(separator: "\n").count == 3 && table.contains(",label_smoothing,"))
        let trials = ["\(folder)/search/trial-001", "\(folder)/search/trial-002"]
        let losses = try trials.map { trial in
            try String(contentsOfFile: "\(trial)/log.csv", encoding: .utf8)
        }
        #expect(losses[0] != losses[1])
        #expect(CommandLineInterface.main(["report"] + trials + ["--output", "\(folder)/page"]) == 0)
        #expect(FileManager.default.fileExists(atPath: "\(folder)/page/report.html"))
        // One that is none is named, beside those that are.
        let failure = #expect(throws: Failure.self) {
            _ = try ReportCommand.command.run(trials + ["\(folder)/none", "--output", "\(folder)/page"])
        }
        #expect(failure?.description.hasPrefix("\(folder)/none: no folder of 'raut train'") == true)
        try "no-flip 1\n".write(toFile: "\(folder)/grid", atomically: true, encoding: .utf8)
        #expect(CommandLineInterface.main(words + own + ["\(folder)/grid"]) == 1)
    }

    @Test("evaluate's JSON has the fields that scripts rely on, and says of several models their mean")
    func json() throws {
        let model = "\(folder)/small.safetensors"
        try FileManager.default.copyItem(atPath: "\(folder)/faces", toPath: "\(folder)/again")
        let results = try evaluate([
            "--model", "\(model),\(model)", "--data", "\(folder)/faces", "--data", "\(folder)/again",
            "--whole",
        ])
        #expect(results.count == 2)
        let result = try #require(results.first)
        #expect(result["model"] as? String == "small,small")
        #expect(result["data"] as? String == "\(folder)/faces" && result["usage"] as? String == "all")
        #expect(result["count"] as? Int == 36 && result["missed"] as? Int == 0)
        #expect(
            result["labels"] as? [String] == [
                "angry", "disgust", "fear", "happy", "sad", "surprise", "neutral",
            ])
        let confusion = try #require(result["confusion"] as? [[Int]])
        #expect(confusion.count == 7 && confusion.allSatisfy { $0.count == 7 })
        #expect(confusion[3].reduce(0, +) == 18 && confusion[6].reduce(0, +) == 18)
        let recall = try #require(result["recall"] as? [Any])
        #expect(recall.count == 7 && recall[0] is NSNull && recall[3] is Double)
        let joined = try #require(result["joined"] as? [String: Double])
        #expect(Set(joined.keys) == ["accuracy", "mean_recall", "loss", "calibration_error"])
        for key in ["accuracy", "macro_f1", "loss", "calibration_error", "mean_recall"] {
            #expect(result[key] is Double, "\(key)")
        }
        let alone = try #require(
            try evaluate(["--model", model, "--data", "\(folder)/faces", "--whole"]).first)
        #expect(alone["confusion"] as? [[Int]] == confusion)
    }

    @Test("faces of a folder are looked at as those of pictures are, of FER2013 once, unless told otherwise")
    func looks() throws {
        let table = "\(folder)/table.csv"
        let pixels = (0..<48 * 48).map { "\($0 * 7 % 256)" }.joined(separator: " ")
        try "emotion,pixels,Usage\n3,\(pixels),PrivateTest\n".write(
            toFile: table, atomically: true, encoding: .utf8)
        let words = ["--model", "\(folder)/small.safetensors", "--whole", "--head", "joined"]
        let both = ["--data", table, "--data", "\(folder)/faces"]
        func losses(_ more: [String]) throws -> (looks: [Int], losses: [Double]) {
            let results = try evaluate(words + both + more)
            return (
                results.compactMap { $0["looks"] as? Int }, results.compactMap { $0["loss"] as? Double }
            )
        }
        let (standard, one, two) = (
            try losses([]), try losses(["--looks", "1"]), try losses(["--looks", "2"])
        )
        #expect(standard.looks == [1, 2] && one.looks == [1, 1] && two.looks == [2, 2])
        #expect(standard.losses == [one.losses[0], two.losses[1]])
        #expect(one.losses[0] != two.losses[0] && one.losses[1] != two.losses[1])
        #expect(try losses(["--mirror"]).looks == [1, 1])
        let failure = #expect(throws: UsageError.self) { try losses(["--mirror", "--looks", "2"]) }
        #expect(failure?.description.contains("--looks") == true)
        #expect(throws: UsageError.self) { try losses(["--looks", "3"]) }
    }

    @Test("lists of weights are checked against the number of --data")
    func lists() {
        let words = ["train", "--data", "\(folder)/faces", "--data", "x.csv", "--output", "\(folder)/run"]
        #expect(CommandLineInterface.main(words + ["--data-weight", "1,2,3"]) == 2)
        #expect(CommandLineInterface.main(words + ["--data-weight", "1,-2"]) == 2)
        #expect(CommandLineInterface.main(words + ["--class-weights", "joy=2"]) == 2)
        #expect(CommandLineInterface.main(words + ["--heads", "ferplus"]) == 2)
        #expect(CommandLineInterface.main(words + ["--heads", "fer2013", "--combined-label", "0.5"]) == 2)
        #expect(CommandLineInterface.main(words + ["--teacher-share-wrong", "0"]) == 2)
        // The options are right, x.csv is not there.
        #expect(CommandLineInterface.main(words + ["--data-weight", "1,2"]) == 1)
    }

    @Test("what counts only with a head is refused without it, at its standard, too")
    func headsOwn() throws {
        let words = ["train", "--data", "none.csv", "--output", "none", "--architecture", "cnn"]
        for (option, standard) in [("--combined-label", "0.6"), ("--ferplus-weight", "1")] {
            let ran = try Ran(words + [option, standard])
            #expect(
                ran.status == 2 && ran.errors.hasPrefix("raut: \(option) counts only with "), "\(ran.errors)")
        }
    }

    @Test("a table without the part that is judged says what else it has; no precision is made up")
    func otherParts() throws {
        let pixels = (0..<2304).map { "\($0 % 256)" }.joined(separator: " ")
        let table = "\(folder)/train.csv"
        try "emotion,pixels\n3,\(pixels)\n6,\(pixels)\n".write(
            toFile: table, atomically: true, encoding: .utf8)
        let words = ["--model", "\(folder)/small.safetensors", "--threads", "1", "--data", table]
        let failure = #expect(throws: Failure.self) {
            try EvaluateCommand.judge(Arguments(words, for: EvaluateCommand.command))
        }
        #expect(
            failure?.description
                == "\(table): no image with the Usage PrivateTest; --usage Training for its 2 of that")
        let (text, _) = try EvaluateCommand.judge(
            Arguments(words + ["--usage", "Training"], for: EvaluateCommand.command))
        // Both faces are one picture: it is called one emotion, and six are never called.
        #expect(text.split(separator: "\n").count { $0.hasSuffix("–") } == 6)
    }

    @Test("a run or a search that is there is told before a face is cut")
    func taken() throws {
        let run = "\(folder)/run"
        try FileManager.default.createDirectory(atPath: run, withIntermediateDirectories: true)
        for name in ["checkpoint.safetensors", "trials.csv"] {
            try "kept".write(toFile: "\(run)/\(name)", atomically: true, encoding: .utf8)
        }
        let words = ["--data", "\(folder)/faces", "--output", run, "--architecture", "cnn"]
        for command in [["train"], ["search", "--random", "1"]] {
            #expect(CommandLineInterface.main(command + words) == 1)
            let files = try FileManager.default.contentsOfDirectory(atPath: run)
            #expect(!files.contains { $0.hasSuffix(".cache") })
        }
        #expect(try String(contentsOfFile: "\(run)/trials.csv", encoding: .utf8) == "kept")
    }
}
