import EmotionRecognition
import Faces
import Foundation
import Imaging
import System

/// A folder of copies of pictures, with what was found drawn on them.
public struct AnnotatedCopies {
    private let folder: String
    private let annotator: FaceAnnotator
    private let reader = ImageReader()
    private var image = ColorImage()
    private var taken: Set<String> = []

    /// Makes the folder where it is not there.
    ///
    /// - Throws: ``ImageError/unwritable(path:reason:)`` where there can be no such folder, or no font to write with.
    public init(in folder: String) throws(ImageError) {
        self.folder = folder
        do throws(FontError) {
            annotator = try FaceAnnotator()
        } catch {
            throw .unwritable(path: folder, reason: "\(error)")
        }
        let kind = FileSystem.kind(of: folder)
        if kind == nil {
            try Self.make(folder)
        } else if kind != .folder {
            throw .unwritable(path: folder, reason: "it is no folder")
        }
    }

    /// Writes a copy of the picture with what was found drawn on it.
    public mutating func write(_ findings: PictureFindings) throws(ImageError) {
        let path = place(for: findings.file)
        // Through links and other spellings of one folder, the copy may fall on the picture itself.
        guard Self.identity(path) == nil || Self.identity(path) != Self.identity(findings.file) else {
            throw ImageError.unwritable(path: path, reason: "it is the picture itself: name another --output")
        }
        try reader.readColor(path: findings.file, into: &image)
        let faces = findings.faces.enumerated().map { index, face in
            FaceAnnotator.Face(
                face, findings.probabilities?[index], explanation: findings.explanations?[index])
        }
        do throws(FontError) {
            try annotator.draw(faces, on: &image)
        } catch {
            throw ImageError.unwritable(path: path, reason: "\(error)")
        }
        try ImageFile.write(image, path: path)
    }

    /// The picture's own name in the folder, with a number where another picture of this run has it.
    private mutating func place(for file: String) -> String {
        let name = URL(fileURLWithPath: file).lastPathComponent
        let ending = URL(fileURLWithPath: file).pathExtension
        let stem = ending.isEmpty ? name : String(name.dropLast(ending.count + 1))
        let written = ["jpg", "jpeg", "png"].contains(ending.lowercased()) ? ending : "png"
        var path = "\(folder)/\(stem).\(written)"
        var number = 1
        while !taken.insert(path).inserted {
            number += 1
            path = "\(folder)/\(stem)-\(number).\(written)"
        }
        return path
    }

    /// Device and file number: equal for two paths of one file.
    private static func identity(_ path: String) -> [UInt64]? {
        var status = stat()
        guard stat(path, &status) == 0 else { return nil }
        return [UInt64(status.st_dev), UInt64(status.st_ino)]
    }

    /// Makes a folder and those above it.
    private static func make(_ folder: String) throws(ImageError) {
        for end in folder.indices.dropFirst()
        where folder[end] == "/" || folder.index(after: end) == folder.endIndex {
            let path = String(folder[...end])
            guard mkdir(path, 0o777) != 0, errno != EEXIST, errno != EISDIR else { continue }
            throw .unwritable(path: path, reason: Errno.last.description.lowercased())
        }
    }
}
