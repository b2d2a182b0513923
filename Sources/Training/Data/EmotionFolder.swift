import Faces
import EmotionRecognition
import Foundation
import Imaging
import NeuralNetwork
import System

/// Labelled pictures in a folder with one folder a class, named as people name emotions, and where there are several
/// parts with `train`, `validation` and `test` above those.
///
/// Only regular files whose names end as pictures' do (``ImageReader/nameEndings``) are taken, links to such among them;
/// what is hidden is not.
package struct EmotionFolder: Sendable, Equatable {
    /// One labelled picture.
    package struct Picture: Sendable, Equatable {
        /// Where it lies.
        package var path: String
        /// The path inside the folder that was given, which tells it apart.
        package var name: String
        /// What its folder says that it shows.
        package var emotion: Emotion
        /// Who it shows: the folder inside the emotion's, or the file's name without its number.
        package var person: String
        /// The part that its folder says, or nil.
        package var usage: Usage?
        /// Its size in bytes.
        package var size: Int64
        /// When it was last changed, in nanoseconds since 1970.
        package var modified: Int64
    }

    /// The pictures, in the order of their names.
    package private(set) var pictures: [Picture] = []
    /// Folders named by none of the seven emotions, such as contempt, which are left out.
    package private(set) var otherFolders: [String] = []
    /// Folders beside those of parts, such as happy beside train, which are left out.
    package private(set) var foldersBesideParts: [String] = []
    /// Files that are named as pictures and are none: pipes, sockets, links to nothing.
    package private(set) var failures: [ImageError] = []

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
    /// What people call the three parts.
    private static let parts: [(usage: Usage, names: [String])] = [
        (.training, ["train", "training"]),
        (.publicTest, ["validation", "valid", "validate", "val", "dev", "publictest"]),
        (.privateTest, ["test", "testing", "privatetest"]),
    ]
    /// Folders inside a class's, one inside the other, that are looked into.
    private static let depth = 3
    /// So many folders are named at most where none is named by an emotion.
    private static let mostNamed = 8

    /// The emotion that a folder's name says, or nil: `angry`, `Anger`, `0_angry`, `happiness`.
    package static func emotion(named name: String) -> Emotion? {
        let letters = name.lowercased().drop { !$0.isLetter }.prefix { $0.isLetter }
        return names.firstIndex { $0.contains(String(letters)) }.flatMap { Emotion(rawValue: $0) }
    }

    /// The part that a folder's name says, or nil.
    package static func usage(named name: String) -> Usage? {
        let letters = name.lowercased().filter(\.isLetter)
        return parts.first { $0.names.contains(letters) }?.usage
    }

    /// Lists a folder.
    ///
    /// - Throws: ``DataError`` where it can't be listed, or holds no picture of any of the seven emotions.
    package init(path: String) throws(DataError) {
        let folders = try Self.entries(path).filter { Self.kind(of: "\(path)/\($0)").isFolder }
        let parts = folders.filter { Self.usage(named: $0) != nil && Self.emotion(named: $0) == nil }
        var classes = 0
        for part in parts {
            classes += try addClasses(of: path, in: "\(part)/", usage: Self.usage(named: part))
        }
        if classes > 0 { foldersBesideParts = folders.filter { !parts.contains($0) } }
        if classes == 0 {
            (otherFolders, pictures, failures) = ([], [], [])
            classes = try addClasses(of: path, in: "", usage: nil)
        }
        guard classes > 0 else { throw Self.noClasses(of: path, folders) }
        guard !pictures.isEmpty else {
            throw .invalidFile(path: path, reason: "its folders hold no picture")
        }
        pictures.sort { $0.name < $1.name }
    }

    /// What is wrong with a folder that holds none named by an emotion: what it holds instead, and where one such is.
    private static func noClasses(of path: String, _ folders: [String]) -> DataError {
        let deeper = folders.prefix(mostNamed).first { folder in
            let inside = (try? entries("\(path)/\(folder)")) ?? []
            return inside.contains { emotion(named: $0) != nil || usage(named: $0) != nil }
        }
        let found =
            folders.isEmpty
            ? "it holds no folders"
            : "no folder in it is named by an emotion (\(folders.prefix(mostNamed).joined(separator: ", "))"
                + "\(folders.count > mostNamed ? ", …" : ""))"
        return .invalidFile(
            path: path,
            reason: "\(found): angry, disgust, fear, happy, sad, surprise, neutral; in train, validation and "
                + "test where there are those" + (deeper.map { "; did you mean \(path)/\($0)?" } ?? ""))
    }

    /// Adds the pictures of the class folders in one folder, and returns how many such folders there are.
    private mutating func addClasses(
        of root: String, in prefix: String, usage: Usage?
    ) throws(DataError) -> Int {
        var classes = 0
        var entered: Set = [Self.kind(of: root)]
        for name in try Self.entries("\(root)/\(prefix)") {
            let kind = Self.kind(of: "\(root)/\(prefix)\(name)")
            guard kind.isFolder else { continue }
            guard let emotion = Self.emotion(named: name) else {
                otherFolders.append("\(prefix)\(name)")
                continue
            }
            classes += 1
            entered.insert(kind)
            try addPictures(
                of: root, in: "\(prefix)\(name)/", person: "", emotion, usage, depth: Self.depth, &entered)
        }
        return classes
    }

    private mutating func addPictures(
        of root: String, in prefix: String, person: String, _ emotion: Emotion, _ usage: Usage?, depth: Int,
        _ entered: inout Set<Kind>
    ) throws(DataError) {
        for entry in try Self.entries("\(root)/\(prefix)") {
            let (name, path) = ("\(prefix)\(entry)", "\(root)/\(prefix)\(entry)")
            let isNamedAsPicture = ImageReader.isPictureName(entry)
            let kind = Self.kind(of: path)
            switch kind {
            // A link to a folder further up would lead back here.
            case .folder where depth > 1 && entered.insert(kind).inserted:
                try addPictures(
                    of: root, in: "\(name)/", person: "\(person)\(entry)/", emotion, usage,
                    depth: depth - 1, &entered)
            case .file(let size, let modified) where isNamedAsPicture:
                pictures.append(
                    Picture(
                        path: path, name: name, emotion: emotion,
                        person: person.isEmpty ? Self.person(ofFile: entry) : person, usage: usage,
                        size: size, modified: modified))
            case .other(let reason) where isNamedAsPicture:
                failures.append(.unreadable(path: path, reason: reason))
            default: break
            }
        }
    }

    /// A file's name without what tells a person's pictures apart: `Al_Gore` for `Al_Gore_0002.jpg` and
    /// `Al_Gore (2).jpg`; the whole name where it ends in no number, or is nothing else.
    package static func person(ofFile name: String) -> String {
        let stem = URL(fileURLWithPath: name).deletingPathExtension().lastPathComponent
        var rest = Substring(stem)
        if rest.last == ")" { rest.removeLast() }
        rest = rest.prefix(
            upTo: rest.lastIndex { !$0.isWholeNumber }.map { rest.index(after: $0) } ?? rest.startIndex)
        guard rest.count < stem.count, let last = rest.last, "_- (.".contains(last) else { return stem }
        while let last = rest.last, "_- (.".contains(last) { rest.removeLast() }
        return rest.isEmpty ? stem : String(rest)
    }

    private enum Kind: Hashable {
        /// By its device and its number there.
        case folder(UInt64, UInt64)
        case file(size: Int64, modified: Int64)
        case other(reason: String)

        var isFolder: Bool { if case .folder = self { true } else { false } }
    }

    /// What lies at a path; nothing is opened, for to open a pipe is to wait for its writer.
    private static func kind(of path: String) -> Kind {
        var status = stat()
        guard FileName.withCString(path, { stat($0, &status) }) == 0 else {
            return .other(reason: Errno.last.description)
        }
        switch status.st_mode & S_IFMT {
        case S_IFDIR: return .folder(UInt64(status.st_dev), UInt64(status.st_ino))
        case S_IFREG:
            let (seconds, nanoseconds) = (Int64(status.st_mtim.tv_sec), Int64(status.st_mtim.tv_nsec))
            return .file(size: Int64(status.st_size), modified: seconds &* 1_000_000_000 &+ nanoseconds)
        default: return .other(reason: "it is no file, but a pipe, a socket or a device")
        }
    }

    private static func entries(_ path: String) throws(DataError) -> [String] {
        do {
            return try FileSystem.names(in: path).filter { !$0.hasPrefix(".") }.sorted()
        } catch {
            throw .unreadable(path: path, reason: "\(error)")
        }
    }
}
