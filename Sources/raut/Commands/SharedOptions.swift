import Analysis
import EmotionRecognition
import FaceDetection
import NeuralNetwork
import Training

/// How faces are looked for, in `run` and in `image` alike.
package struct DetectionOptions: OptionGroup {
    package static let title = "finding faces"

    package let cascade = Option(
        "cascade", .path("CASCADE"), standard: "alt2", help: "OpenCV's cascade file, or its name")
    package let scaleFactor = Option(
        "scale-factor", .number("FACTOR", 1.01...10), standard: 1.1,
        help: "how much larger each scale is than the one before")
    package let minNeighbors = Option(
        "min-neighbors", .whole("N", 0...1000), standard: 3,
        help: "windows a face needs around it; 0 gives each window itself")
    package let minSize = Option(
        "min-size", .whole("PIXELS", 0...100_000),
        help: "the smallest face (80; in pictures an eighth of the shorter side, from 24 to 80)")
    package let maxSize = Option("max-size", .whole("PIXELS", 1...100_000), help: "the largest face")

    package init() {}
}

extension Arguments<DetectionOptions> {
    /// What these options say, the rest as it stands in `standard`.
    ///
    /// - Throws: ``UsageError`` where the largest face would be smaller than the smallest.
    package func parameters(
        _ standard: DetectionParameters = DetectionParameters()
    ) throws(UsageError) -> DetectionParameters {
        var parameters = standard
        parameters.scaleFactor = self.scaleFactor
        parameters.minNeighbors = self.minNeighbors
        parameters.minSize = self.minSize ?? min(parameters.minSize, self.maxSize ?? .max)
        parameters.maxSize = self.maxSize
        if let most = self.maxSize, let least = self.minSize, most < least {
            throw UsageError(description: "--max-size \(most) is less than --min-size \(least)")
        }
        return parameters
    }
}

/// How often faces in pictures are looked at.
package struct LooksOptions: OptionGroup {
    package static let title = ModelOptions.title

    package let looks = Option<PictureLooks>(
        "looks", .choice("N"), standard: .standard,
        help: "how often each face is looked at: once as it is; twice, also mirrored and a little smoothed, "
            + "the mean of which errs less; four times, each way")

    package init() {}
}

/// Which network names the emotions.
package struct ModelOptions: OptionGroup {
    package static let title = "naming emotions"

    package let model = Option("model", .path("MODEL"), help: "the network, a file or its name in models/")
    package let precision = Option<Precision?>(
        "precision", .choice("NUMBERS"),
        help: "floats, or eight-bit integers where the model is ready for them (raut quantize); unless given "
            + "run and bench take what is faster, others floats")

    package init() {}

    /// Where the models lie that an option names, parted by commas.
    ///
    /// - Throws: ``UsageError`` where a name is empty, ``MissingFile`` where one is not there.
    static func paths(_ list: String, of option: String) throws -> [String] {
        let names = list.split(separator: ",", omittingEmptySubsequences: false).map(String.init)
        guard !names.contains("") else {
            throw UsageError(
                description: "--\(option) '\(list)': a name in it is empty: expected models parted by commas")
        }
        return try names.map { try Locations.model($0) }
    }

    /// Says of a model that learned from faces of all parts of FER2013 that it knows many of those that it is judged by.
    static func warnOfSplit(of path: String) throws {
        let facts = try SafeTensors(path: path).metadata
        guard let split = facts["split"], split != Split.official.rawValue else { return }
        let own = facts["test_accuracy"].flatMap(Double.init).map {
            "; on its own test faces it was right on \(percent($0))"
        }
        Program.report(
            "\(path): was trained with --split \(split) and may have learned from these very faces\(own ?? "")"
        )
    }
}
