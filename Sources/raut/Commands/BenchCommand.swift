import Analysis
import EmotionRecognition
import FaceDetection
import Foundation
import Pipeline

/// `raut bench`: how long each stage takes on this machine.
enum BenchCommand {
    struct Options: OptionGroup {
        let json = Option("json", help: "one JSON object a stage")
        let cascade = Option(
            "cascade", .path("CASCADE"), standard: "alt2", help: "OpenCV's cascade file, or its name")
        let frames = Option(
            "frames", .whole("N", 1...1_000_000), standard: 300,
            help: "frames of the demo at 640×480 to work on")
        let recognition = ModelOptions()
    }

    static let command = Command(
        name: "bench", summary: "time each stage on this machine", options: Options.self,
        example: "raut bench --frames 600"
    ) { arguments in
        let recognizer = try EmotionRecognizer(
            modelAt: Locations.model(arguments.recognition.model),
            precision: arguments.recognition.precision)
        let detector = try FaceDetector(cascadeAt: Locations.cascade(arguments.cascade))
        let stages = try StageBenchmark(detector: detector, recognizer: recognizer).run(
            frames: arguments.frames)
        for stage in stages {
            let text = arguments.json ? json : row
            try StandardOutput.write(text(stage, recognizer.precision))
        }
        return 0
    }

    private static func json(_ stage: StageBenchmark.Timing, _ precision: Precision) -> String {
        #"{"stage":"\#(stage.name)","median_ms":\#(decimal(stage.median, 3)),"p95_ms":\#(decimal(stage.percentile95, 3)),"#
            + #""count":\#(stage.count)"#
            + (stage.name == "classify" ? #","precision":"\#(precision)""# : "") + "}\n"
    }

    private static func row(_ stage: StageBenchmark.Timing, _ precision: Precision) -> String {
        func column(_ text: String, _ width: Int) -> String {
            String(repeating: " ", count: max(0, width - text.count)) + text
        }
        let name = stage.name + String(repeating: " ", count: max(0, 14 - stage.name.count))
        return name + column("\(decimal(stage.median, 3)) ms", 12)
            + column("\(decimal(stage.percentile95, 3)) ms p95", 16)
            + "   \(StageBenchmark.explanations[stage.name] ?? "")"
            + (stage.name == "classify" ? ", in \(precision)" : "") + "\n"
    }
}
