import EmotionRecognition
import Foundation
import NeuralNetwork
import Testing

import raut

@Suite("raut quantize")
final class QuantizeCommandTests {
    private let folder = FileManager.default.temporaryDirectory.appendingPathComponent(UUID().uuidString).path
    private var model: String { "\(folder)/model.safetensors" }
    private var output: String { "\(folder)/int8.safetensors" }

    init() throws {
        try FileManager.default.createDirectory(atPath: folder, withIntermediateDirectories: true)
        var images = "emotion,pixels,Usage\n"
        for (number, usage) in ["Training", "Training", "Training", "PublicTest", "PublicTest"].enumerated() {
            let pixels = (0..<48 * 48).map { "\(($0 * 7 + number * 31) % 256)" }
            images += "\(number % 2 == 0 ? 3 : 6),\(pixels.joined(separator: " ")),\(usage)\n"
        }
        try images.write(toFile: "\(folder)/images.csv", atomically: true, encoding: .utf8)
        try network.modelFile(extra: ["seed": "4"]).write(to: model)
    }

    deinit { try? FileManager.default.removeItem(atPath: folder) }

    private var network: EmotionNetwork { EmotionNetwork(NetworkConfiguration(.raut), seed: 4) }

    private func quantize(_ more: [String] = []) -> Int32 {
        CommandLineInterface.main(
            ["quantize", model, "--data", "\(folder)/images.csv", "--output", output] + more)
    }

    @Test("the weights and what is known of the model stay, and it works in integers")
    func quantizes() throws {
        #expect(quantize() == 0)
        let (before, after) = (try SafeTensors(path: model), try SafeTensors(path: output))
        for entry in before.entries { #expect(after.entry(entry.name) == entry) }
        #expect(after.metadata["seed"] == "4")
        #expect(after.metadata["int8_faces"] == "3")
        #expect(try EmotionRecognizer(modelAt: output, precision: .int8).precision == .int8)
        // What is there is not written over unasked.
        #expect(quantize() == 1)
        #expect(quantize(["--replace", "--faces", "2"]) == 0)
        #expect(try SafeTensors(path: output).metadata["int8_faces"] == "2")
    }

    @Test("a model that is made of others has no ranges: they would be of other weights")
    func mean() throws {
        #expect(quantize() == 0)
        let mean = "\(folder)/mean.safetensors"
        #expect(
            CommandLineInterface.main([
                "calibrate", "--data", "\(folder)/images.csv", "--output", mean, "--temperature", "1", output,
            ]) == 0 || FileManager.default.fileExists(atPath: mean) == false)
        guard FileManager.default.fileExists(atPath: mean) else { return }
        #expect(try SafeTensors(path: mean).metadata["int8_faces"] == nil)
        #expect(try EmotionRecognizer(modelAt: mean, precision: nil).precision == .float)
    }

    @Test("a checkpoint, and data without a training part, are refused")
    func refuses() throws {
        try network.modelFile(extra: ["history": ""]).write(to: model)
        #expect(quantize() == 1)
        try network.modelFile().write(to: model)
        let text = try String(contentsOfFile: "\(folder)/images.csv", encoding: .utf8)
        try text.replacingOccurrences(of: "Training", with: "PublicTest")
            .write(toFile: "\(folder)/images.csv", atomically: true, encoding: .utf8)
        #expect(quantize() == 1)
        #expect(!FileManager.default.fileExists(atPath: output))
    }
}
