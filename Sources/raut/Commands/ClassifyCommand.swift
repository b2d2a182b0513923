import Analysis
import EmotionRecognition
import Events
import FaceDetection
import Faces
import Imaging

/// `raut classify`: pictures that already are faces.
enum ClassifyCommand {
    struct Options: OptionGroup {
        let json = Option("json", help: "one JSON object a picture")
        let logits = Option(
            "logits",
            help: "with --json, also the network's own outputs for the face as it is, a list for each of its "
                + "heads")
        let repetitions = Option(
            "repeat", .whole("N", 1...1_000_000), standard: 1,
            help: "do the work N times and give median times")
        let threads = Option(
            "threads", .whole("N", 1...64),
            help: "threads that share the pictures; as many as processors unless given, one with --repeat")
        let pictures = PictureRun.Options()
        let recognition = ModelOptions()
        let naming = LooksOptions()
    }

    static let command = Command(
        name: "classify", summary: "emotions of pictures that already are face crops",
        operands: "FILE|DIR|-…", options: Options.self, example: "raut classify --json face.png", run: run)

    private static func run(_ arguments: Arguments<Options>) throws -> Int32 {
        guard !arguments.logits || arguments.json else {
            throw UsageError(description: "--logits needs --json")
        }
        if arguments.json, arguments.pictures.csv == "-" {
            throw UsageError(description: "--json and --csv - both want standard output")
        }
        let (repetitions, isJSON, wantsLogits) = (arguments.repetitions, arguments.json, arguments.logits)
        let looks = arguments.naming.looks
        let recognizer = try EmotionRecognizer(
            modelAt: Locations.model(arguments.recognition.model),
            precision: arguments.recognition.precision ?? .float)
        let run = PictureRun(
            PictureList(arguments.operands, isRecursive: arguments.pictures.recursive),
            tablePath: arguments.pictures.csv, replaces: arguments.pictures.replace, isJSON: isJSON,
            threads: arguments.threads ?? (repetitions > 1 ? 1 : nil))
        return try run.perform(
            counting: nil, worker: { Worker() },
            work: { worker, item, _ throws(ImageError) in
                let item = try item.fetched()
                try item.readGray(by: worker.reader, into: &worker.image)
                var found = EmotionProbabilities.uniform
                var times: [Duration] = []
                for _ in 0..<repetitions {
                    times.append(
                        ContinuousClock().measure {
                            found = recognizer.classify(worker.image, looks: looks)
                        })
                }
                let text =
                    isJSON
                    ? json(
                        item.name, found, times.median,
                        heads: wantsLogits ? recognizer.configuration.heads : [],
                        logits: wantsLogits ? recognizer.logits(worker.image) : [])
                    : "\(item.name.inOneLine)  \(found.summary)  (\(PictureFindings.text(times.median)))\n"
                let whole = Rectangle(x: 0, y: 0, width: worker.image.width, height: worker.image.height)
                return PictureRun.Finding(
                    text: text,
                    rows: [
                        FaceTable.Row(
                            file: item.name, face: DetectedFace(box: whole, tilt: 0), probabilities: found)
                    ])
            })
    }

    /// What one thread works with.
    private final class Worker {
        let reader = ImageReader()
        var image = GrayImage()
    }

    private static func json(
        _ file: String, _ probabilities: EmotionProbabilities, _ time: Duration, heads: [Head],
        logits: [[Float]]
    ) -> String {
        var line = JSONLine()
        line.begin()
        line.member("file", file)
        line.members(of: probabilities)
        line.member("classify_ms", time.milliseconds, decimals: 3)
        if !logits.isEmpty {
            line.key("labels")
            line.array(heads) { line, head in line.array(head.labels) { $0.string($1) } }
            line.key("logits")
            line.array(logits) { line, head in
                line.array(head) { $0.element(Double($1), decimals: 6) }
            }
        }
        line.end()
        return line.text
    }
}
