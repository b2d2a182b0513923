import EmotionRecognition
import FaceDetection
import FaceVerification
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
        let output = Option(required: "output", .path("FILE"), help: "the model file to write")
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
        let training = VerifierTraining(
            faces: try FER2013.read(path: arguments.data).part(.training), threads: arguments.threads)
        let detectors = try ["frontalface_alt2", "frontalface_default"].map {
            try FaceDetector(cascadeAt: Locations.cascade("haarcascade_\($0)"))
        }
        var (picture, reduced, resizer) = (GrayImage(), GrayImage(), ImageResizer())
        let files = try FileManager.default.subpathsOfDirectory(atPath: folder).sorted()
        for file in files where file.hasSuffix(".jpg") || file.hasSuffix(".png") {
            guard (try? ImageFile.readGray(path: "\(folder)/\(file)", into: &picture)) != nil else {
                continue
            }
            let scale = min(1, 960 / Double(max(picture.width, picture.height)))
            resizer.resize(
                picture, width: Int(Double(picture.width) * scale),
                height: Int(Double(picture.height) * scale),
                into: &reduced)
            guard min(reduced.width, reduced.height) > 100 else { continue }
            training.mine(reduced, with: detectors)
            try StandardOutput.write("\(file): \(training.minedCount) windows\n")
        }
        try training.run(epochs: epochs) { epoch, loss, accuracy in
            let line = String(format: "epoch %d: loss %.4f, accuracy %.4f\n", epoch, loss, accuracy)
            try? StandardOutput.write(line)
        }
        let file = VerifierNetwork.modelFile(
            training.network,
            metadata: [
                "faces": "FER2013, Training", "windows": "\(training.minedCount)", "epochs": "\(epochs)",
            ])
        try file.write(to: arguments.output)
        return 0
    }
}
