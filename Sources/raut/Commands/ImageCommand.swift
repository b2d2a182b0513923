import Analysis
import EmotionRecognition
import FaceDetection
import FaceVerification
import Foundation
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
        package let threads = Option(
            "threads", .whole("N", 1...64),
            help: "threads that share the pictures, or the scan and many faces of a single one or with "
                + "--repeat; as many as processors unless given")
        package let pictures = PictureRun.Options()
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
        package let precision = ModelOptions().precision
        package let looks = LooksOptions().looks
        package let detectOnly = Option("detect-only", help: "find faces, name no emotions")

        package init() {}
    }

    package static let command = Command(
        name: "image", summary: "faces and emotions in pictures", operands: "FILE|DIR|-…",
        options: Options.self, example: "raut image --output annotated holiday.jpg", run: run)

    private static func run(_ arguments: Arguments<Options>) throws -> Int32 {
        let (search, namesEmotions) = (arguments.search, !arguments.recognition.detectOnly)
        if arguments.explain, arguments.output == nil || !namesEmotions {
            throw UsageError(
                description: "--explain paints on copies: it needs --output, and no --detect-only")
        }
        if !namesEmotions {
            for (name, isGiven) in [
                ("model", arguments.isGiven(\.recognition.model)),
                ("precision", arguments.isGiven(\.recognition.precision)),
                ("looks", arguments.isGiven(\.recognition.looks)),
            ] where isGiven {
                throw UsageError(
                    description: "--\(name) is for naming emotions, and --detect-only names none")
            }
        }
        if search.plain, search.profile {
            throw UsageError(description: "--plain looks for faces from the front alone: leave out --profile")
        }
        if arguments.json, arguments.pictures.csv == "-" {
            throw UsageError(description: "--json and --csv - both want standard output")
        }
        let list = PictureList(arguments.operands, isRecursive: arguments.pictures.recursive)
        // What is timed has the machine for itself, as far as this program goes.
        let sharesScan = list.items.count == 1 || arguments.repetitions > 1
        var parameters = try arguments.detection.parameters()
        parameters.findsTilted = !search.plain && !search.noTilt
        parameters.usesNearestScale = search.plain
        parameters.threads = sharesScan ? arguments.threads ?? 1 : 1
        let looksAgain = !search.plain && !search.noSecondLook
        parameters.isThorough = looksAgain
        let fitsMinSize = arguments.detection.minSize == nil && !search.plain
        let side = try Locations.cascade(Locations.profileCascade)
        let cascade = try Locations.cascade(arguments.detection.cascade)
        let findsProfiles = search.profile
        let verifier = looksAgain ? try Locations.model(Locations.verifier) : nil
        let recognizer =
            namesEmotions
            ? try EmotionRecognizer(
                modelAt: Locations.model(arguments.recognition.model),
                precision: arguments.recognition.precision ?? .float) : nil
        let threads = sharesScan ? arguments.threads ?? ProcessInfo.processInfo.activeProcessorCount : 1
        let (looks, explains) = (arguments.recognition.looks, arguments.explain)
        let run = PictureRun(
            list, tablePath: arguments.pictures.csv, replaces: arguments.pictures.replace,
            isJSON: arguments.json,
            threads: sharesScan ? 1 : arguments.threads)
        let copies = try arguments.output.map { folder throws(ImageError) in
            try CopyPlaces(in: folder, for: list.items, replaces: arguments.pictures.replace)
        }
        if let copies, copies.renamedCount > 0, let folder = arguments.output {
            Program.report(
                "\(folder): files of these names are kept: \(counted(copies.renamedCount, "copy", "copies")) "
                    + "with a number; --replace writes over them")
        }
        return try describe(
            list, in: run, repetitions: arguments.repetitions, asJSON: arguments.json, copies: copies
        ) { [parameters] in
            let first = try FaceDetector(cascadeAt: cascade, profileAt: findsProfiles ? side : nil)
            let detector = VerifyingDetector(
                first, verifier: try verifier.map { try FaceVerifier(modelAt: $0) },
                wide: try verifier.map { _ in try WideSearch(cascade: first.cascade, profileAt: side) })
            return PictureAnalysis(
                detector: detector, parameters: parameters, fitsMinSize: fitsMinSize, recognizer: recognizer,
                looks: looks, threads: threads, explains: explains)
        }
    }

    /// Says for each picture what is found in it, goes on after one that can't be read, and returns the exit status.
    package static func describe(
        _ list: PictureList, in run: PictureRun, repetitions: Int = 1, asJSON: Bool,
        copies: CopyPlaces? = nil,
        analysis: @escaping @Sendable () throws -> PictureAnalysis
    ) throws -> Int32 {
        try run.perform(
            counting: "face",
            worker: { (analysis: try analysis(), painter: try copies.map { _ in try CopyPainter() }) },
            work: { worker, item, index throws(ImageError) in
                let item = try item.fetched()
                let findings = try worker.analysis.findings(in: item, repetitions: repetitions)
                var finding = PictureRun.Finding(
                    text: asJSON ? findings.json : findings.text, rows: findings.rows)
                if let painter = worker.painter, let copies {
                    do throws(ImageError) {
                        try painter.write(findings, of: item, to: copies.paths[index])
                    } catch {
                        finding.complaint = error
                    }
                }
                return finding
            })
    }
}
