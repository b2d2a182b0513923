import EmotionRecognition
import FaceDetection
import Faces
import Foundation
import Imaging
import System

/// Pictures of faces in a folder with one folder a class, named as people name emotions.
public enum EmotionFolder {
    /// What was read, and what was left out.
    public struct Contents: Sendable {
        /// The faces, in the order of the classes and of the files' names.
        public var data = FaceDataSet()
        /// Folders named by none of the seven emotions, such as contempt.
        public var otherFolders: [String] = []
        /// Files that could not be read.
        public var failures: [ImageError] = []
    }

    /// What people call each emotion, in the order of ``Emotion``; the first three letters of FACS data sets' names too.
    private static let names: [[String]] = [
        ["angry", "anger", "ang", "an"],
        ["disgust", "disgusted", "dis", "di"],
        ["fear", "fearful", "afraid", "scared", "fea", "fe", "af"],
        ["happy", "happiness", "joy", "hap", "ha"],
        ["sad", "sadness", "sa"],
        ["surprise", "surprised", "suprise", "sur", "su"],
        ["neutral", "neutrality", "neu", "ne"],
    ]

    /// The emotion that a folder's name says, or nil: `angry`, `Anger`, `0_angry`, `happiness`.
    public static func emotion(named name: String) -> Emotion? {
        let letters = name.lowercased().drop { !$0.isLetter }.prefix { $0.isLetter }
        return names.firstIndex { $0.contains(String(letters)) }.flatMap { Emotion(rawValue: $0) }
    }

    /// Reads a folder; a picture of another size than 48×48 is resampled.
    ///
    /// - Throws: ``DataError`` where it can't be listed or holds no picture of the seven emotions.
    public static func read(path: String) throws(DataError) -> Contents {
        var contents = Contents()
        var classes: [(emotion: Emotion, folder: String)] = []
        for name in try entries(path) where FileSystem.isFolder("\(path)/\(name)") {
            if let emotion = emotion(named: name) {
                classes.append((emotion, "\(path)/\(name)"))
            } else {
                contents.otherFolders.append(name)
            }
        }
        guard !classes.isEmpty else {
            throw .invalidFile(
                path: path,
                reason:
                    "no folder in it is named by an emotion: angry, disgust, fear, happy, sad, surprise, neutral"
            )
        }
        classes.sort { ($0.emotion.rawValue, $0.folder) < ($1.emotion.rawValue, $1.folder) }
        let reader = ImageReader()
        var image = GrayImage()
        var face = GrayImage(width: NetworkConfiguration.side, height: NetworkConfiguration.side)
        var crop = FaceCrop(margin: 0)
        for (emotion, folder) in classes {
            for name in try entries(folder) {
                let file = "\(folder)/\(name)"
                guard ImageReader.isPictureName(name), FileSystem.kind(of: file) == .file else { continue }
                do {
                    try reader.readGray(path: file, into: &image)
                } catch {
                    contents.failures.append(error)
                    continue
                }
                if image.width == NetworkConfiguration.side, image.height == NetworkConfiguration.side {
                    contents.data.pixels += image.pixels
                } else {
                    let box = Rectangle(x: 0, y: 0, width: image.width, height: image.height)
                    crop.cut(DetectedFace(box: box), from: image, into: &face)
                    contents.data.pixels += face.pixels
                }
                contents.data.labels.append(emotion.rawValue)
                contents.data.usages.append(.privateTest)
            }
        }
        guard contents.data.count > 0 else {
            throw .invalidFile(path: path, reason: "its folders hold no JPEG or PNG picture that can be read")
        }
        return contents
    }

    private static func entries(_ path: String) throws(DataError) -> [String] {
        do {
            return try FileManager.default.contentsOfDirectory(atPath: path).sorted()
        } catch {
            throw .unreadable(path: path, reason: (error as NSError).localizedDescription)
        }
    }
}
