import EmotionRecognition
import FaceDetection
import Foundation
import Pipeline

/// `raut bench`: how long each stage takes on this machine.
enum BenchCommand {
    static let command = Command(
        name: "bench", summary: "time each stage on this machine",
        options: [
            Option("json", help: "one JSON object a stage"),
            Option("model", "MODEL", help: "the network, a file or its name"),
            Option("cascade", "CASCADE", standard: "alt2", help: "OpenCV's cascade file, or its name"),
            Option("frames", "N", standard: "300", help: "frames of the demo at 640×480 to work on"),
        ],
        example: "raut bench --frames 600"
    ) { arguments in
        let frames = try arguments.int("frames", in: 1...1_000_000) ?? 300
        let recognizer = try EmotionRecognizer(modelAt: Locations.model(arguments.string("model")))
        let detector = try FaceDetector(cascadeAt: Locations.cascade(arguments.string("cascade")))
        let stages = try StageBenchmark(detector: detector, recognizer: recognizer).run(frames: frames)
        for stage in stages { try StandardOutput.write(arguments.flag("json") ? json(stage) : row(stage)) }
        return 0
    }

    private static func json(_ stage: StageBenchmark.Stage) -> String {
        #"{"stage":"\#(stage.name)","median_ms":\#(decimal(stage.median)),"p95_ms":\#(decimal(stage.percentile95)),"#
            + #""count":\#(stage.count)}"# + "\n"
    }

    private static func row(_ stage: StageBenchmark.Stage) -> String {
        func column(_ text: String, _ width: Int) -> String {
            String(repeating: " ", count: max(0, width - text.count)) + text
        }
        let name = stage.name + String(repeating: " ", count: max(0, 14 - stage.name.count))
        return name + column("\(decimal(stage.median)) ms", 12)
            + column("\(decimal(stage.percentile95)) ms p95", 16)
            + "   \(StageBenchmark.explanations[stage.name] ?? "")\n"
    }

    private static func decimal(_ value: Double) -> String { String(format: "%.3f", value) }
}
