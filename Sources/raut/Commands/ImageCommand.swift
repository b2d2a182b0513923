import Analysis
import EmotionRecognition
import FaceDetection
import FaceVerification
import Imaging

/// `raut image`: the faces in pictures, and what they show.
package enum ImageCommand {
    package struct Options: OptionGroup {
        package let json = Option("json", help: "one JSON object a picture")
        package let output = Option(
            "output", .path("DIR"), help: "write copies with boxes, labels and bars there")
        package let explain = Option(
            "explain", help: "paint on the copies where on each face the network sees its emotion")
        package let repetitions = Option(
            "repeat", .whole("N", 1...1_000_000), standard: 1,
            help: "do the work N times and give median times")
        package let detection = DetectionOptions()
        package let search = PictureSearchOptions()
        package let recognition = PictureModelOptions()

        package init() {}
    }

    /// How the search in a picture may differ from the standard one.
    package struct PictureSearchOptions: OptionGroup {
        package static let title = "searching a picture"

        package let profile = Option("profile", help: "look for faces seen from the side, too")
        package let plain = Option("plain", help: "OpenCV's own way: no tilted scans, no second look")
        package let noTilt = Option("no-tilt", help: "don't look for tilted heads")
        package let noSecondLook = Option(
            "no-second-look", help: "keep whatever the cascade takes for a face")

        package init() {}
    }

    /// Which network names the emotions, if any.
    package struct PictureModelOptions: OptionGroup {
        package static let title = ModelOptions.title

        package let model = ModelOptions().model
        package let detectOnly = Option("detect-only", help: "find faces, name no emotions")

        package init() {}
    }

    package static let command = Command(
        name: "image", summary: "faces and emotions in pictures", operands: "FILE…", options: Options.self,
        example: "raut image --output annotated holiday.jpg", run: run)

    private static func run(_ arguments: Arguments<Options>) throws -> Int32 {
        let (search, namesEmotions) = (arguments.search, !arguments.recognition.detectOnly)
        if arguments.explain, arguments.output == nil || !namesEmotions {
            throw UsageError(
                description: "--explain paints on copies: it needs --output, and no --detect-only")
        }
        var parameters = try arguments.detection.parameters()
        parameters.findsTilted = !search.plain && !search.noTilt
        parameters.usesNearestScale = search.plain
        let looksAgain = !search.plain && !search.noSecondLook
        parameters.isThorough = looksAgain
        let side = try Locations.cascade(Locations.profileCascade)
        let first = try FaceDetector(
            cascadeAt: Locations.cascade(arguments.detection.cascade),
            profileAt: search.profile ? side : nil)
        let detector = VerifyingDetector(
            first,
            verifier: looksAgain ? try FaceVerifier(modelAt: Locations.model(Locations.verifier)) : nil,
            wide: looksAgain ? try WideSearch(cascade: first.cascade, profileAt: side) : nil)
        let recognizer =
            namesEmotions
            ? try EmotionRecognizer(modelAt: Locations.model(arguments.recognition.model)) : nil
        var copies = try arguments.output.map { folder in try AnnotatedCopies(in: folder) }
        let analysis = PictureAnalysis(
            detector: detector, parameters: parameters,
            fitsMinSize: arguments.detection.minSize == nil && !search.plain, recognizer: recognizer,
            explains: arguments.explain)

        return try describe(
            arguments.operands, by: analysis, repetitions: arguments.repetitions, asJSON: arguments.json,
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
