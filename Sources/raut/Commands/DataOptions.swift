import Analysis
import Faces
import EmotionRecognition
import FaceDetection
import FaceVerification
import Foundation
import Imaging
import Training

/// Which labelled faces a command works on.
struct LabelledDataOptions: OptionGroup {
    static let title = "the data"

    let data = Option(
        repeated: "data", isRequired: true, .path("PATH"),
        help: "fer2013.csv or one of its variants, plain or .xz, or a folder of pictures with one folder an "
            + "emotion; again for more")
    let ferplus = Option(
        "ferplus", .path("FILE"), help: "FER+'s votes (fer2013new.csv) for the first table of --data")
    let whole = Option("whole", help: "take each picture of a folder as one face, without looking for it")
    let cache = Option(
        "cache", .path("DIR"),
        help: "keep the faces cut from pictures there, to be cut anew only where a picture changes")
}

extension Arguments<LabelledDataOptions> {
    /// Reads all that `--data` names, shows how far it is, and says what was left out.
    ///
    /// - Parameters:
    ///   - usages: The parts that are read.
    ///   - cache: Where cut faces are kept where `--cache` says nothing.
    /// - Throws: ``Stopped`` where `shouldStop` said so, or what is wrong with the data.
    func read(
        usages: Set<Usage> = Set(Usage.allCases), cache: String? = nil, threads: Int,
        _ display: TrainingDisplay, shouldStop: () -> Bool
    ) throws -> DataSources {
        let cache = hasFolder ? self.cache ?? cache : nil
        if let cache { _ = try RunFolder(cache) }
        let isWhole = self.whole
        let data = try DataSources(
            self.data, votes: self.ferplus, usages: usages,
            finder: { try isWhole ? .wholePictures : .standard() }, cache: cache, threads: threads,
            shouldStop: shouldStop, onProgress: display.reading)
        for source in data.sources { Self.report(source, display) }
        return data
    }

    /// Whether any `--data` is a folder of pictures.
    var hasFolder: Bool { self.data.contains { DataSources.isFolder($0) } }

    /// At most so many files are named of each kind that was left out.
    private static var mostNamed: Int { 5 }

    private static func report(_ source: DataSources.Source, _ display: TrainingDisplay) {
        if source.contemptCount > 0 {
            display.say(
                "\(source.path): left out, none of the seven: \(counted(source.contemptCount, "row")) of contempt"
            )
        }
        guard source.isFolder else { return }
        func name(_ paths: [String]) -> String {
            let rest = paths.count - mostNamed
            return paths.prefix(mostNamed).joined(separator: ", ") + (rest > 0 ? " and \(rest) more" : "")
        }
        if !source.otherFolders.isEmpty {
            display.say("\(source.path): left out, named by none of the seven: \(name(source.otherFolders))")
        }
        if !source.foldersBesideParts.isEmpty {
            display.say(
                "\(source.path): left out, beside the folders of its parts: \(name(source.foldersBesideParts))"
            )
        }
        for failure in source.failures.prefix(mostNamed) { display.say("\(failure)") }
        if source.failures.count > mostNamed {
            display.say("\(source.path): \(source.failures.count) pictures in all can't be read")
        }
        let count = source.counts.values.reduce(0, +)
        if !source.missed.isEmpty {
            display.say(
                "\(source.path): no face found in \(source.missed.count) of \(count + source.missed.count) "
                    + "pictures: \(name(source.missed.map(\.path)))"
                    + (source.missed.count > count ? "; --whole takes pictures that are all face" : ""))
        }
    }
}

extension FaceFinder {
    /// What `raut image` takes where nothing else is said: the cascade, the second look, and the search for what the
    /// cascade can't see.
    static func standard() throws -> FaceFinder {
        let paths = [
            try Locations.cascade(), try Locations.cascade(Locations.profileCascade),
            try Locations.model(Locations.verifier),
        ]
        let (cascade, profile) = (
            try HaarCascade(contentsOf: paths[0]), try HaarCascade(contentsOf: paths[1])
        )
        let verifier = try FaceVerifier(modelAt: paths[2])
        let marks = paths.map { path in
            let size = (try? FileManager.default.attributesOfItem(atPath: path))?[.size] as? NSNumber
            return "\(URL(fileURLWithPath: path).lastPathComponent):\(size ?? 0)"
        }
        return FaceFinder(identity: (marks + ["thorough 1"]).joined(separator: " ")) {
            let detector = VerifyingDetector(
                FaceDetector(cascade: cascade), verifier: verifier,
                wide: WideSearch(cascade: cascade, profile: profile))
            return { image in
                var parameters = DetectionParameters()
                parameters.isThorough = true
                parameters.minSize = DetectionParameters.standardMinSize(
                    width: image.width, height: image.height)
                var faces: [DetectedFace] = []
                detector.detect(in: image, region: nil, parameters: parameters, into: &faces)
                return faces
            }
        }
    }
}
