import Analysis
import Capture
import EmotionRecognition
import Faces
import FaceDetection
import Foundation
import Pipeline
import System

/// `raut video`: the faces of videos as a table, an annotated copy, and a page.
enum VideoCommand {
    struct Options: OptionGroup {
        static let title = "what is written"

        let csv = Option(
            "csv", .path("FILE"), help: "a table with a row a frame and face; - is standard output")
        let json = Option(
            "json", .path("FILE"), help: "a JSON object a line for each frame; - is standard output")
        let output = Option("output", .path("DIR"), help: "annotated copies there, with their sound")
        let report = Option("report", .path("FILE.html"), help: "a page: timeline, moments, shares")
        let replace = ReplaceOptions().replace
        let detection = DetectionOptions()
        let search = LiveSearchOptions()
        let recognition = ModelOptions()
    }

    static let command = Command(
        name: "video", summary: "the faces of videos as a table, an annotated copy, a page",
        operands: "FILE…", options: Options.self,
        notes: [
            "The columns of the table: file, frame, seconds (from the beginning), face, x, y, width, height (pixels),",
            "tilt (degrees), emotion, confidence, a column an emotion (smoothed over time), and raw_… for the same",
            "of the frame alone. The faces are those of 'raut run --events frames --as-fast-as-possible'.",
        ],
        example: "raut video holiday.mp4 --csv faces.csv --report holiday.html", run: run)

    private static func run(_ arguments: Arguments<Options>) throws -> Int32 {
        if arguments.csv == "-", arguments.json == "-" {
            throw UsageError(description: "--csv - and --json - both want standard output")
        }
        let outputs = try outputs(arguments)
        var configuration = Pipeline.Configuration()
        configuration.detection = try arguments.detection.parameters(configuration.detection)
        configuration.detection.threads = arguments.search.threads
        configuration.searchesWholly = arguments.search.fullScan
        // What it says of a frame is of that frame, however long it takes.
        configuration.looksAtEachFrame = true
        configuration.isPlayback = true
        let run = try VideoRun(
            configuration: configuration, cascade: Locations.cascade(arguments.detection.cascade),
            recognizer: EmotionRecognizer(
                modelAt: Locations.model(arguments.recognition.model),
                precision: arguments.recognition.precision ?? .float),
            outputs: outputs,
            printsSummary: arguments.csv != "-" && arguments.json != "-")
        let stop = EndRequest()
        try StopSignals.take(
            onHangUp: {
                stop.request()
                return true
            },
            onStop: {
                stop.request()
                StandardOutput.ending.raise()
            })
        return try run.perform(arguments.operands, until: stop)
    }

    /// Begins all files, so that one which can't be written is told before the work.
    private static func outputs(_ arguments: Arguments<Options>) throws(Failure) -> VideoRun.Outputs {
        let begin = { (path: String?) throws(Failure) in
            try path.map { path throws(Failure) in
                try OutputFile(path, replaces: arguments.replace, inputs: arguments.operands)
            }
        }
        return VideoRun.Outputs(
            table: try begin(arguments.csv), lines: try begin(arguments.json), copies: arguments.output,
            page: try begin(arguments.report), replacesCopies: arguments.replace)
    }
}
