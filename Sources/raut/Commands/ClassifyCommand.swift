import Analysis
import EmotionRecognition
import Events
import Faces
import Imaging

/// `raut classify`: pictures that already are faces.
enum ClassifyCommand {
    struct Options: OptionGroup {
        let json = Option("json", help: "one JSON object a picture")
        let logits = Option(
            "logits", help: "with --json, also the network's own outputs, a list for each of its heads")
        let repetitions = Option(
            "repeat", .whole("N", 1...1_000_000), standard: 1,
            help: "do the work N times and give median times")
        let recognition = ModelOptions()
    }

    static let command = Command(
        name: "classify", summary: "emotions of pictures that already are face crops", operands: "FILE…",
        options: Options.self, example: "raut classify --json face.png", run: run)

    private static func run(_ arguments: Arguments<Options>) throws -> Int32 {
        guard !arguments.logits || arguments.json else {
            throw UsageError(description: "--logits needs --json")
        }
        let repetitions = arguments.repetitions
        let recognizer = try EmotionRecognizer(modelAt: Locations.model(arguments.recognition.model))
        let reader = ImageReader()
        var image = GrayImage()
        var found = EmotionProbabilities.uniform
        var status: Int32 = 0
        for file in arguments.operands {
            do {
                try reader.readGray(path: file, into: &image)
                var times: [Duration] = []
                for _ in 0..<repetitions {
                    times.append(ContinuousClock().measure { found = recognizer.classify(image) })
                }
                try StandardOutput.write(
                    arguments.json
                        ? json(
                            file, found, times.median,
                            logits: arguments.logits ? recognizer.logits(image) : [])
                        : "\(file)  \(found.summary)  (\(PictureFindings.text(times.median)))\n")
            } catch let error as ImageError {
                status = 1
                if arguments.json {
                    try StandardOutput.write(PictureFindings.json(of: error, file: file))
                }
                CommandLineInterface.report("\(error)")
            }
        }
        return status
    }

    private static func json(
        _ file: String, _ probabilities: EmotionProbabilities, _ time: Duration, logits: [[Float]]
    ) -> String {
        var line = JSONLine()
        line.begin()
        line.member("file", file)
        line.members(of: probabilities)
        line.member("classify_ms", time.milliseconds, decimals: 3)
        if !logits.isEmpty {
            line.key("logits")
            line.array(logits) { line, head in
                line.array(head) { $0.element(Double($1), decimals: 6) }
            }
        }
        line.end()
        return line.text
    }
}
