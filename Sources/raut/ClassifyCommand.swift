import EmotionRecognition
import Events
import Faces
import Imaging

/// `raut classify`: pictures that already are faces.
enum ClassifyCommand {
    static let command = Command(
        name: "classify", summary: "emotions of pictures that already are face crops", operands: "FILE…",
        options: [
            Option("json", help: "one JSON object a picture"),
            Option("model", "MODEL", help: "the model file, or its name in models/"),
            Option(
                "logits", help: "with --json, also the network's own outputs, a list for each of its heads"),
            Option("repeat", "N", standard: "1", help: "do the work N times and give median times"),
        ],
        example: "raut classify --json face.png", run: run)

    private static func run(_ arguments: Arguments) throws -> Int32 {
        guard !arguments.flag("logits") || arguments.flag("json") else {
            throw UsageError(description: "--logits needs --json")
        }
        let repetitions = try arguments.int("repeat", in: 1...1_000_000) ?? 1
        let recognizer = try EmotionRecognizer(modelAt: Locations.model(arguments.string("model")))
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
                    arguments.flag("json")
                        ? json(
                            file, found, times.median,
                            logits: arguments.flag("logits") ? recognizer.logits(image) : [])
                        : "\(file)  \(found.summary)  (\(PictureFindings.text(times.median)))\n")
            } catch let error as ImageError {
                status = 1
                if arguments.flag("json") {
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
