import FaceDetection
import Foundation
import Imaging

/// `raut image`: the faces in pictures.
enum ImageCommand {
    static let command = Command(
        name: "image", summary: "faces in pictures", operands: "FILE…",
        options: [
            Option("json", help: "one JSON object a picture"),
            Option("cascade", "CASCADE", standard: "alt2", help: "OpenCV's cascade file, or its name"),
            Option("detect-only", help: "find faces, name no emotions"),
            Option("plain", help: "OpenCV's own way: no tilted scans, no second look"),
            Option(
                "scale-factor", "FACTOR", standard: "1.1",
                help: "how much larger each scale is than the one before"),
            Option("min-neighbors", "N", standard: "3", help: "windows a face needs around it"),
            Option("min-size", "PIXELS", standard: "80", help: "the smallest face"),
            Option("max-size", "PIXELS", help: "the largest face"),
            Option("threads", "N", standard: "1", help: "threads that share the scan"),
            Option("repeat", "N", standard: "1", help: "do the work N times and give median times"),
        ],
        example: "raut image --json holiday.jpg"
    ) { arguments in
        var parameters = DetectionParameters()
        parameters.scaleFactor = try arguments.double("scale-factor", in: 1.01...10) ?? 1.1
        parameters.minNeighbors = try arguments.int("min-neighbors", in: 0...1000) ?? 3
        parameters.minSize = try arguments.int("min-size", in: 0...100_000) ?? 80
        parameters.maxSize = try arguments.int("max-size", in: 1...100_000)
        parameters.threads = try arguments.int("threads", in: 1...64) ?? 1
        let repetitions = try arguments.int("repeat", in: 1...100_000) ?? 1
        let detector = try FaceDetector(cascadeAt: Locations.cascade(arguments.string("cascade")))
        var status: Int32 = 0
        for file in arguments.operands {
            do {
                let line = try describe(
                    file, detector: detector, parameters: parameters, repetitions: repetitions)
                try StandardOutput.write(line + "\n")
            } catch let error as ImageError {
                CommandLineInterface.report("\(error)")
                status = 1
            }
        }
        return status
    }

    private static func describe(
        _ file: String, detector: FaceDetector, parameters: DetectionParameters, repetitions: Int
    ) throws -> String {
        let clock = ContinuousClock()
        var image = GrayImage()
        var faces: [DetectedFace] = []
        var decode: [Duration] = []
        var detect: [Duration] = []
        for _ in 0..<repetitions {
            decode.append(try clock.measure { try ImageFile.readGray(path: file, into: &image) })
            detect.append(
                clock.measure {
                    detector.detect(in: image, region: nil, parameters: parameters, into: &faces)
                })
        }
        func median(_ times: [Duration]) -> String {
            let (seconds, attoseconds) = times.sorted()[times.count / 2].components
            return String(format: "%.3f", Double(seconds) * 1e3 + Double(attoseconds) / 1e15)
        }
        let name = String(decoding: try JSONEncoder().encode(file), as: UTF8.self)
        let boxes = faces.map {
            #"{"box":[\#($0.box.x),\#($0.box.y),\#($0.box.width),\#($0.box.height)]}"#
        }
        return #"{"file":\#(name),"width":\#(image.width),"height":\#(image.height),"#
            + #""decode_ms":\#(median(decode)),"detect_ms":\#(median(detect)),"#
            + #""faces":[\#(boxes.joined(separator: ","))]}"#
    }
}
