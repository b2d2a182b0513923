import Analysis
import EmotionRecognition
import FaceDetection
import FaceVerification
import Faces
import Foundation
import Imaging
import NeuralNetwork
import Training

/// `raut train-verifier`: trains the network of the second look. Left out of the help: it is for who changes Raut.
enum TrainVerifierCommand {
    struct Options: OptionGroup {
        let data = Option(
            required: "data", .path("FILE"), help: "FER2013 in its published layout (fer2013.csv)")
        let backgrounds = Option(
            required: "backgrounds", .path("DIR"), help: "a folder of pictures that show no face")
        let photographs = Option(
            "photographs", .path("DIR"),
            help: "a folder of pictures with one face each, to learn from besides")
        let judge = Option(
            "judge", .path("FILE"), help: "a second look to find those faces by, from a training before")
        let from = Option("from", .path("FILE"), help: "a second look to go on with")
        let output = Option(required: "output", .path("FILE"), help: "the model file to write")
        let replace = ReplaceOptions().replace
        let epochs = Option("epochs", .whole("N", 1...1000), standard: 8, help: "passes")
        let threads = Option("threads", .whole("N", 1...64), standard: 2, help: "threads that share a batch")
    }

    static let command = Command(
        name: "train-verifier", summary: "train the second look at found faces", options: Options.self,
        example:
            "raut train-verifier --data fer2013.csv --backgrounds photos --output models/verifier.safetensors",
        isHidden: true, run: run)

    private static func run(_ arguments: Arguments<Options>) throws -> Int32 {
        let (folder, epochs) = (arguments.backgrounds, arguments.epochs)
        try OutputFile.guardFree(arguments.output, replaces: arguments.replace, content: .bytes)
        let training = VerifierTraining(
            faces: try FER2013.read(path: arguments.data).part(.training),
            from: try arguments.from.map { try VerifierNetwork.network(modelAt: $0).network },
            threads: arguments.threads)
        let detectors = try ["frontalface_alt2", "frontalface_default"].map {
            try FaceDetector(cascadeAt: Locations.cascade("haarcascade_\($0)"))
        }
        let wide = try WideSearch(
            cascade: detectors[0].cascade, profileAt: Locations.cascade(Locations.profileCascade))
        var (reduced, resizer) = (GrayImage(), ImageResizer())
        try forEachPicture(in: folder) { file, picture in
            let scale = min(1, 960 / Double(max(picture.width, picture.height)))
            resizer.resize(
                picture, width: Int(Double(picture.width) * scale),
                height: Int(Double(picture.height) * scale),
                into: &reduced)
            guard min(reduced.width, reduced.height) > 60 else { return }
            training.mine(reduced, with: detectors, wide)
            try StandardOutput.write("\(file): \(training.minedCount) windows\n")
        }
        if let photographs = arguments.photographs {
            let judge = try arguments.judge.map { try FaceVerifier(modelAt: $0) }
            let finder = VerifyingDetector(detectors[0], verifier: judge, wide: wide)
            try forEachPicture(in: photographs) { _, picture in
                if let face = onlyFace(of: picture, by: finder) { training.add(face, of: picture) }
            }
            try StandardOutput.write("\(training.photographCount) faces of photographs\n")
        }
        try training.run(epochs: epochs) { epoch, loss, accuracy in
            let line = String(format: "epoch %d: loss %.4f, accuracy %.4f\n", epoch, loss, accuracy)
            try? StandardOutput.write(line)
        }
        let file = VerifierNetwork.modelFile(
            training.network,
            metadata: [
                "faces": "FER2013, Training", "photographs": "\(training.photographCount)",
                "windows": "\(training.minedCount)", "epochs": "\(epochs)",
            ])
        try file.write(to: arguments.output)
        return 0
    }

    /// Reads every picture of a folder and those in it, in the order of their names; what is none is passed over.
    private static func forEachPicture(
        in folder: String, _ body: (_ file: String, _ picture: GrayImage) throws -> Void
    ) throws {
        var picture = GrayImage()
        for file in try FileManager.default.subpathsOfDirectory(atPath: folder).sorted()
        where file.hasSuffix(".jpg") || file.hasSuffix(".png") {
            guard (try? ImageFile.readGray(path: "\(folder)/\(file)", into: &picture)) != nil else {
                continue
            }
            try body(file, picture)
        }
    }

    /// The face of a picture that shows one; nil where none or several are found.
    private static func onlyFace(of picture: GrayImage, by finder: VerifyingDetector) -> DetectedFace? {
        var parameters = DetectionParameters()
        parameters.minSize = DetectionParameters.standardMinSize(width: picture.width, height: picture.height)
        parameters.isThorough = true
        var faces: [DetectedFace] = []
        finder.detect(in: picture, region: nil, parameters: parameters, into: &faces)
        if finder.verifier == nil, let wide = finder.wide, faces.isEmpty {
            // Without a judge, what the cascade is surest of.
            parameters.findsTilted = false
            faces = wide.candidates(in: picture, parameters: parameters).filter { $0.neighbors >= 8 }
        }
        return faces.count == 1 ? faces[0] : nil
    }
}
