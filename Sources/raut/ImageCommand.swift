import EmotionRecognition
import FaceDetection
import Imaging

/// `raut image`: the faces in pictures, and what they show.
package enum ImageCommand {
    package static let command = Command(
        name: "image", summary: "faces and emotions in pictures", operands: "FILE…",
        options: [
            Option("json", help: "one JSON object a picture"),
            Option("output", "DIR", help: "write copies with boxes, labels and bars there"),
            Option(
                "explain", help: "paint on the copies where on each face the network sees its emotion"),
            Option("model", "MODEL", help: "the model file, or its name in models/"),
            Option("cascade", "CASCADE", standard: "alt2", help: "OpenCV's cascade file, or its name"),
            Option("profile", help: "look for faces seen from the side, too"),
            Option("detect-only", help: "find faces, name no emotions"),
            Option("plain", help: "OpenCV's own way: no tilted scans, no second look"),
            Option("no-tilt", help: "don't look for tilted heads"),
            Option("no-second-look", help: "keep whatever the cascade takes for a face"),
            Option(
                "scale-factor", "FACTOR", standard: "1.1",
                help: "how much larger each scale is than the one before"),
            Option("min-neighbors", "N", standard: "3", help: "windows a face needs around it"),
            Option("min-size", "PIXELS", standard: "80", help: "the smallest face"),
            Option("max-size", "PIXELS", help: "the largest face"),
            Option("threads", "N", standard: "1", help: "threads that share the scan"),
            Option("repeat", "N", standard: "1", help: "do the work N times and give median times"),
        ],
        example: "raut image --output annotated holiday.jpg", run: run)

    private static func run(_ arguments: Arguments) throws -> Int32 {
        if arguments.flag("explain"), arguments.string("output") == nil || arguments.flag("detect-only") {
            throw UsageError(
                description: "--explain paints on copies: it needs --output, and no --detect-only")
        }
        var parameters = DetectionParameters()
        parameters.findsTilted = !arguments.flag("plain") && !arguments.flag("no-tilt")
        parameters.usesNearestScale = arguments.flag("plain")
        parameters.scaleFactor = try arguments.double("scale-factor", in: 1.01...10) ?? 1.1
        parameters.minNeighbors = try arguments.int("min-neighbors", in: 0...1000) ?? 3
        parameters.minSize = try arguments.int("min-size", in: 0...100_000) ?? 80
        parameters.maxSize = try arguments.int("max-size", in: 1...100_000)
        if let most = parameters.maxSize, most < parameters.minSize {
            throw UsageError(description: "--max-size \(most) is less than --min-size \(parameters.minSize)")
        }
        parameters.threads = try arguments.int("threads", in: 1...64) ?? 1
        let repetitions = try arguments.int("repeat", in: 1...1_000_000) ?? 1
        let profile = arguments.flag("profile") ? try Locations.cascade(Locations.profileCascade) : nil
        let detector = VerifyingDetector(
            try FaceDetector(
                cascadeAt: Locations.cascade(arguments.string("cascade")), profileAt: profile),
            verifier: arguments.flag("plain") || arguments.flag("no-second-look")
                ? nil : try FaceVerifier(modelAt: Locations.model(Locations.verifier)))
        let recognizer =
            arguments.flag("detect-only")
            ? nil : try EmotionRecognizer(modelAt: Locations.model(arguments.string("model")))
        var copies = try arguments.string("output").map { folder in try AnnotatedCopies(in: folder) }
        let analysis = PictureAnalysis(
            detector: detector, parameters: parameters, recognizer: recognizer,
            explains: arguments.flag("explain"))

        return try describe(
            arguments.operands, by: analysis, repetitions: repetitions, asJSON: arguments.flag("json"),
            copies: &copies, write: StandardOutput.write, report: CommandLineInterface.report)
    }

    /// Says for each picture what is found in it, goes on after one that can't be read, and returns the exit status.
    package static func describe(
        _ files: [String], by analysis: PictureAnalysis, repetitions: Int = 1, asJSON: Bool = false,
        copies: inout AnnotatedCopies?, write: (String) throws -> Void, report: (String) -> Void
    ) throws -> Int32 {
        var status: Int32 = 0
        for file in files {
            do {
                let findings = try analysis.findings(in: file, repetitions: repetitions)
                try write(asJSON ? findings.json : findings.text)
                do throws(ImageError) {
                    try copies?.write(findings)
                } catch {
                    report("\(error)")
                    status = 1
                }
            } catch let error as ImageError {
                if asJSON { try write(PictureFindings.json(of: error, file: file)) }
                report("\(error)")
                status = 1
            }
        }
        return status
    }
}
