import EmotionRecognition
import Foundation
import Imaging
import NeuralNetwork
import Testing
import Training

import raut

@Suite("raut calibrate")
final class CalibrateCommandTests {
    private let folder = FileManager.default.temporaryDirectory.appendingPathComponent(UUID().uuidString).path

    init() throws {
        try FileManager.default.createDirectory(atPath: folder, withIntermediateDirectories: true)
        var (images, votes) = ("emotion,pixels,Usage\n", "Usage,neutral,happiness,surprise,sadness,anger,")
        votes += "disgust,fear,contempt,unknown,NF\n"
        let parts = ["Training", "Training"] + [String](repeating: "PublicTest", count: 6)
        // Three in four are happy.
        for (usage, number) in zip(parts, [0, 1, 2, 3, 4, 6, 8, 10]) {
            let pixels = (0..<48 * 48).map { "\(($0 * 7 + number * 31) % 256)" }
            images += "\(number % 2 == 0 ? 3 : 6),\(pixels.joined(separator: " ")),\(usage)\n"
            votes += "\(usage),\(number % 2 == 0 ? "1,9" : "10,0"),0,0,0,0,0,0,0,0\n"
        }
        try images.write(toFile: "\(folder)/images.csv", atomically: true, encoding: .utf8)
        try votes.write(toFile: "\(folder)/votes.csv", atomically: true, encoding: .utf8)
    }

    deinit { try? FileManager.default.removeItem(atPath: folder) }

    private func model(seed: UInt64, split: String = "official", history: String? = nil) throws -> String {
        let path = "\(folder)/\(seed).safetensors"
        let network = EmotionNetwork(NetworkConfiguration(.raut), seed: seed)
        // Its second head never says happy.
        network.parameters.first { $0.name == "head_ferplus.bias" }?.value.elements[3] = -20
        var file = network.modelFile(extra: [
            "seed": "\(seed)", "test_accuracy": "0.5", "posterior_label_smoothing": "0.1", "split": split,
        ])
        file.metadata["history"] = history
        try file.write(to: path)
        return path
    }

    private func calibrate(_ models: [String], votes: Bool = true, more: [String] = []) -> Int32 {
        CommandLineInterface.main(
            [
                "calibrate", "--data", "\(folder)/images.csv", "--output", "\(folder)/mean.safetensors",
                "--replace",
            ]
                + (votes ? ["--ferplus", "\(folder)/votes.csv"] : []) + more + models)
    }

    @Test("the mean is a model with a posterior of its own, and no test accuracy that it never had")
    func mean() throws {
        #expect(try calibrate([model(seed: 4), model(seed: 5)]) == 0)
        let file = try SafeTensors(path: "\(folder)/mean.safetensors")
        let recognizer = try EmotionRecognizer(modelAt: "\(folder)/mean.safetensors")
        #expect(recognizer.posterior.labelSmoothing == 0.1)
        #expect(recognizer.posterior.frequencyExponent == Posterior.standardFrequencyExponent)
        #expect(recognizer.posterior.ferplusShare == Posterior.standardFERPlusShare(beside: []))
        #expect(file.metadata["seed"] == "4 | 5")
        #expect(file.metadata["averaged_models"] == "2")
        #expect(file.metadata["test_accuracy"] == nil)
        #expect(Double(file.metadata["validation_accuracy"] ?? "") != nil)
    }

    @Test("models count by their shares, pictures are calibrated on too, and what was chosen is in the file")
    func choices() throws {
        for person in 0..<10 {
            var image = GrayImage(width: 48, height: 48)
            for place in image.pixels.indices { image.pixels[place] = UInt8(place * (person + 3) % 251) }
            let path = "\(folder)/pictures/\(person % 2 == 0 ? "happy" : "neutral")"
            try FileManager.default.createDirectory(atPath: path, withIntermediateDirectories: true)
            try ImageFile.writePNG(image, path: "\(path)/person\(person)_1.png")
        }
        let models = try [model(seed: 4), model(seed: 5)]
        let pictures = ["--data", "\(folder)/pictures", "--whole"]
        var chosen = ["--shares", "0,2", "--ferplus-share", "0.6", "--frequency-exponent", "0.25"]
        chosen += ["--temperature", "1.5"]
        #expect(calibrate(models, more: pictures + chosen) == 0)
        let file = try SafeTensors(path: "\(folder)/mean.safetensors")
        let second = try SafeTensors(path: models[1])
        for entry in second.entries where entry.name != "head_ferplus.bias" {
            #expect(file.entry(entry.name)?.values == entry.values)
        }
        let posterior = try Posterior(metadata: file.metadata, path: "")
        #expect(posterior.ferplusShare == 0.6 && posterior.frequencyExponent == 0.25)
        #expect(posterior.temperature == 1.5)
        #expect(file.metadata["shares"] == "0.0,2.0")
        // Class frequencies are those of the first --data: three in four of its faces to be trained on are happy.
        #expect(calibrate([models[1]], more: pictures) == 0)
        let both = try SafeTensors(path: "\(folder)/mean.safetensors").metadata["posterior_frequencies"]
        #expect(calibrate([models[1]]) == 0)
        #expect(try SafeTensors(path: "\(folder)/mean.safetensors").metadata["posterior_frequencies"] == both)

        #expect(calibrate(models, more: ["--shares", "1"]) == 2)
        #expect(calibrate(models, more: ["--shares", "0,0"]) == 2)
        #expect(calibrate(models, more: ["--ferplus-share", "1.5"]) == 2)
    }

    @Test("a single model keeps its weights; only the second head's offsets move")
    func single() throws {
        let path = try model(seed: 4)
        #expect(calibrate([path]) == 0)
        let (before, after) = (
            try SafeTensors(path: path), try SafeTensors(path: "\(folder)/mean.safetensors")
        )
        for entry in before.entries where entry.name != "head_ferplus.bias" {
            #expect(after.entry(entry.name) == entry)
        }
        let offsets = zip(
            after.entry("head_ferplus.bias")?.values ?? [], before.entry("head_ferplus.bias")?.values ?? [])
        #expect(offsets.map { $0 - $1 }.prefix(7).max() ?? 0 > 1)
    }

    @Test(
        "no model, a checkpoint, one that learned PublicTest's faces, a second head without votes: refused, nothing written"
    )
    func refused() throws {
        #expect(calibrate([]) == 2)
        #expect(calibrate([try model(seed: 4)], votes: false) == 1)
        #expect(try calibrate([model(seed: 5, split: "random")]) == 1)
        #expect(try calibrate([model(seed: 6, history: "epoch")]) == 1)
        #expect(!FileManager.default.fileExists(atPath: "\(folder)/mean.safetensors"))
    }
}
