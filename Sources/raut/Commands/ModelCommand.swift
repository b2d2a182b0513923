import Analysis
import EmotionRecognition
import Events
import Faces
import Foundation
import NeuralNetwork

/// `raut model`: what a model file holds, and the same network for other programs.
enum ModelCommand {
    struct Options: OptionGroup {
        let json = Option("json", help: "one JSON object")
        let export = Option(
            "export", .path("FILE"), help: "write the network as ONNX, for other programs: FILE.onnx")
        let replace = ReplaceOptions().replace
    }

    static let command = Command(
        name: "model", summary: "what a model file holds", operands: "MODEL", options: Options.self,
        example: "raut model raut", run: run)

    private static func run(_ arguments: Arguments<Options>) throws -> Int32 {
        let path = try Locations.model(arguments.operands.first)
        let file = try SafeTensors(path: path)
        let network = try EmotionNetwork(file, path: path)
        let own = Set(network.configuration.metadata.keys).union(checkpointKeys).union([
            Quantization.weightsKey
        ])
        let facts = file.metadata.filter { !own.contains($0.key) }
        let size = (try? FileManager.default.attributesOfItem(atPath: path)[.size] as? Int) ?? nil
        if let target = arguments.export {
            try OutputFile.guardFree(target, replaces: arguments.replace, content: .bytes)
            try network.exportONNX(to: target, facts: facts)
            Program.report("\(target): written as ONNX, operator set 17")
            guard arguments.json else { return 0 }
        }
        let isCheckpoint = file.metadata["history"] != nil
        try StandardOutput.write(
            arguments.json
                ? json(path, size, network, facts, isCheckpoint)
                : text(path, size, network, facts, isCheckpoint))
        return 0
    }

    /// What only a checkpoint has: where its run stands.
    private static let checkpointKeys = ["history", "position", "run", "optimizer_step", "average_step"]

    private static func json(
        _ path: String, _ size: Int?, _ network: EmotionNetwork, _ facts: [String: String],
        _ isCheckpoint: Bool
    ) -> String {
        let configuration = network.configuration
        var line = JSONLine()
        line.begin()
        line.member("file", path)
        if let size { line.member("bytes", size) }
        line.member("architecture", configuration.architecture.rawValue)
        line.key("widths")
        line.array(configuration.widths) { $0.element($1) }
        line.member("hidden", configuration.hidden)
        line.key("heads")
        line.array(configuration.heads) { line, head in
            line.openObject()
            line.member("name", head.rawValue)
            line.member("classes", head.classes)
            line.closeObject()
        }
        line.key("labels")
        line.array(Emotion.allCases) { $0.string($1.description) }
        line.key("input")
        line.openObject()
        line.member("width", NetworkConfiguration.side)
        line.member("height", NetworkConfiguration.side)
        line.member("channels", 1)
        line.member("preprocessing", configuration.preprocessing.rawValue)
        line.closeObject()
        line.member("parameters", network.parameterCount)
        line.member("multiply_adds", network.multiplyAdds)
        line.member("kind", isCheckpoint ? "checkpoint" : "model")
        line.key("facts")
        line.openObject()
        for (key, value) in facts.sorted(by: { $0.key < $1.key }) { line.member(key, value) }
        line.closeObject()
        line.end()
        return line.text
    }

    private static func text(
        _ path: String, _ size: Int?, _ network: EmotionNetwork, _ facts: [String: String],
        _ isCheckpoint: Bool
    ) -> String {
        let configuration = network.configuration
        var rows: [(String, String)] = [
            ("file", path + (size.map { ", \(decimal(Double($0) / 1e6, 2)) MB" } ?? "")),
            ("architecture", configuration.architecture.rawValue),
            ("widths", configuration.widths.map(String.init).joined(separator: ", ")),
            ("hidden", "\(configuration.hidden)"),
            (
                "heads",
                configuration.heads.map { "\($0.rawValue) (\($0.classes) classes)" }.joined(separator: ", ")
            ),
            ("labels", Emotion.allCases.map(\.description).joined(separator: ", ")),
            ("input", "48×48 grey, \(configuration.preprocessing.rawValue)"),
            ("parameters", "\(network.parameterCount)"),
            ("multiply-adds", "\(decimal(Double(network.multiplyAdds) / 1e6, 1)) million a face"),
        ]
        for (key, value) in facts.sorted(by: { $0.key < $1.key }) {
            rows.append((key.replacingOccurrences(of: "_", with: " "), value))
        }
        if isCheckpoint { rows.append(("checkpoint", "of a run: made by raut train to go on from")) }
        let width = rows.map(\.0.count).max() ?? 0
        let lines = rows.map {
            $0.0.padding(toLength: width + 2, withPad: " ", startingAt: 0) + printable($0.1) + "\n"
        }
        return lines.joined()
    }

    /// A value from the file on one line, cut where it is very long.
    private static func printable(_ text: String) -> String {
        let line = String(text.map { $0.isNewline || $0 == "\u{1B}" ? " " : $0 })
        return line.count > 400 ? "\(line.prefix(400))…" : line
    }
}
