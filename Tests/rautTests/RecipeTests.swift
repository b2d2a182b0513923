import EmotionRecognition
import Faces
import Foundation
import Imaging
import NeuralNetwork
import Testing

import raut

@Suite("a recipe")
final class RecipeTests {
    private let folder = FileManager.default.temporaryDirectory.appendingPathComponent(UUID().uuidString).path

    init() throws {
        try FileManager.default.createDirectory(atPath: folder, withIntermediateDirectories: true)
    }

    deinit { try? FileManager.default.removeItem(atPath: folder) }

    private let commands = Recipe.Commands(train: TrainCommand.command, mean: CalibrateCommand.command)

    private func message(_ text: String) -> String? {
        do {
            _ = try Recipe(text: text, path: "r", output: "out", commands: commands)
            return nil
        } catch {
            return "\(error)"
        }
    }

    @Test("stages name each other's models, and a mean is fitted")
    func stages() throws {
        let text = """
            # two stages and their mean
            [first]
            epochs = 3
            [second]
            use 1
            from first
            teacher = first, other.safetensors   
            teacher-share 0.5
            [raut]
            mean = first,second
            """
        let stages = try Recipe(text: text, path: "r", output: "out", commands: commands).stages
        #expect(stages.map(\.name) == ["first", "second", "raut"])
        #expect(stages.map(\.isMean) == [false, false, true])
        #expect(stages[0].words == ["--epochs=3"] && stages[0].sources == nil)
        #expect(stages[1].sources == [1])
        #expect(
            stages[1].words == [
                "--from=out/first/model.safetensors",
                "--teacher=out/first/model.safetensors,other.safetensors", "--teacher-share=0.5",
            ])
        #expect(stages[2].words == ["out/first/model.safetensors", "out/second/model.safetensors"])
    }

    @Test(
        "what is wrong is named with its line",
        arguments: [
            ("", "r: no stage in it: [first]"),
            ("epochs 3", "r, line 1: a stage begins with its name: [first]"),
            ("[a]\n[a]", "r, line 2: 'a' is no new name of a stage"),
            ("[../a]", "r, line 1: '../a' is no new name of a stage"),
            ("[a]\n\nepochs many", "r, line 3: --epochs 'many': expected a whole number from 1 to 100000"),
            ("[a]\nepoch 3", "r, line 2: unknown option --epoch: did you mean --epochs?"),
            ("[a]\noutput x", "r, [a]: --output=x belongs to the command line"),
            ("[a]\nuse x", "r, line 2: use 'x': expected which --data, such as 1 or 1,2"),
        ])
    func wrong(_ text: String, _ reason: String) { #expect(message(text) == reason) }

    @Test("stages are made one after the other; called again, only what is missing is made")
    func made() throws {
        let faces = try writeFaces(to: "\(folder)/faces.csv")
        let common = "architecture cnn-bilstm\nsplit official\nwidths 8,8,16,16\nepochs 1\nno-pictures\n"
        let recipe = "\(folder)/recipe"
        func write(_ last: String) throws {
            let text = "[a]\n\(common)[b]\n\(common)from a\n[mean]\nmean a,b\n\(last)"
            try text.write(toFile: recipe, atomically: true, encoding: .utf8)
        }
        func make(_ more: [String] = []) -> Int32 {
            CommandLineInterface.main(
                ["train", "--recipe", recipe, "--data", faces, "--output", "\(folder)/out"]
                    + more)
        }
        try write("")
        #expect(make(["--epochs", "3"]) == 2)
        #expect(make() == 0)
        func date(_ name: String) throws -> Date? {
            try FileManager.default.attributesOfItem(atPath: "\(folder)/out/\(name)")[.modificationDate]
                as? Date
        }
        let before = try date("a/model.safetensors")
        let file = try SafeTensors(path: "\(folder)/out/mean.safetensors")
        #expect(file.metadata["averaged_models"] == "2")
        // Without --resume what is there is not written over.
        #expect(make() == 1)
        try FileManager.default.removeItem(atPath: "\(folder)/out/mean.safetensors")
        #expect(make(["--resume"]) == 0)
        #expect(try date("a/model.safetensors") == before && date("mean.safetensors") != nil)
        try write("threads 1\n")
        #expect(make(["--resume"]) == 1)
    }
}
