import EmotionRecognition
import Faces
import Foundation
import NeuralNetwork

/// `raut model`: what a model file holds.
enum ModelCommand {
    static let command = Command(
        name: "model", summary: "what a model file holds", operands: "MODEL", options: NoOptions.self,
        example: "raut model raut", run: run)

    private static func run(_ arguments: Arguments<NoOptions>) throws -> Int32 {
        let path = try Locations.model(arguments.operands.first)
        let file = try SafeTensors(path: path)
        let network = try EmotionNetwork(file, path: path)
        let configuration = network.configuration
        let size = (try? FileManager.default.attributesOfItem(atPath: path)[.size] as? Int) ?? nil
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
        let shown = Set(configuration.metadata.keys)
        for (key, value) in file.metadata.sorted(by: { $0.key < $1.key })
        where !shown.contains(key) && key != "history" {
            rows.append((key.replacingOccurrences(of: "_", with: " "), value))
        }
        if file.metadata["history"] != nil {
            rows.append(("checkpoint", "of a run: made by raut train to go on from"))
        }
        let width = rows.map(\.0.count).max() ?? 0
        let lines = rows.map {
            $0.0.padding(toLength: width + 2, withPad: " ", startingAt: 0) + printable($0.1) + "\n"
        }
        try StandardOutput.write(lines.joined())
        return 0
    }

    /// A value from the file on one line, cut where it is very long.
    private static func printable(_ text: String) -> String {
        let line = String(text.map { $0.isNewline || $0 == "\u{1B}" ? " " : $0 })
        return line.count > 400 ? "\(line.prefix(400))…" : line
    }
}
