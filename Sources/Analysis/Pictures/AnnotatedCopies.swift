import Drawing
import Faces
import Glibc
import Imaging
import System

/// Where the annotated copies of pictures go: a folder, and a name in it for each picture.
package struct CopyPlaces: Sendable {
    /// The path for the copy of each picture, in their order.
    package let paths: [String]
    /// How many copies have a number because a file of their own name was there.
    package private(set) var renamedCount = 0

    /// Makes the folder where it is not there, and gives each picture a name in it: its own, with a number where another
    /// picture has that.
    ///
    /// - Parameter replaces: true where a file that is there makes room; else it is kept, and the copy has a number.
    /// - Throws: ``ImageError/unwritable(path:reason:)`` where there can be no such folder.
    package init(in folder: String, for items: [PictureItem], replaces: Bool = false) throws(ImageError) {
        if FileSystem.kind(of: folder) == nil {
            try Self.make(folder)
        } else if !FileSystem.isFolder(folder) {
            throw .unwritable(path: folder, reason: "it is no folder")
        }
        var taken: Set<String> = []
        var renamedCount = 0
        paths = items.map { item in
            let wanted = Self.place(for: item.name, in: folder)
            let path = NewFile.free(wanted) { taken.contains($0) || !replaces && NewFile.isKept($0) }
            if path != wanted, !replaces, NewFile.isKept(wanted) { renamedCount += 1 }
            taken.insert(path)
            return path
        }
        self.renamedCount = renamedCount
    }

    /// Endings of the names of pictures that are written as they are; others become PNG.
    private static let endings = ["jpg", "jpeg", "png"]

    private static func place(for file: String, in folder: String) -> String {
        var name = file.split(separator: "/").last.map(String.init) ?? "picture"
        name = String(name.prefix { !"?#".contains($0) || !file.contains("://") })
        if name == "-" || name.isEmpty { name = "picture" }
        let dot = name.dropFirst().lastIndex(of: ".")
        let ending = dot.map { String(name[name.index(after: $0)...]) } ?? ""
        let stem = dot.map { String(name[..<$0]) } ?? name
        let written = Self.endings.contains(ending.lowercased()) ? ending : "png"
        return "\(folder)/\(stem).\(written)"
    }

    /// Makes a folder and those above it.
    private static func make(_ folder: String) throws(ImageError) {
        for end in folder.indices.dropFirst()
        where folder[end] == "/" || folder.index(after: end) == folder.endIndex {
            let path = String(folder[...end])
            guard mkdir(path, 0o777) != 0, errno != EEXIST, errno != EISDIR else { continue }
            throw .unwritable(path: path, reason: "\(Errno.last)")
        }
    }
}

/// Draws what was found on copies of pictures. Used from one thread.
package final class CopyPainter {
    private let annotator: PictureAnnotator
    private let reader = ImageReader()
    private var image = ColorImage()

    /// Makes a painter.
    ///
    /// - Throws: ``Drawing/DrawingError`` where there is no font to write with.
    package init() throws(DrawingError) { annotator = try PictureAnnotator() }

    /// Writes a copy of the picture with what was found drawn on it.
    ///
    /// - Throws: ``ImageError`` where the picture can't be read again or the copy can't be written.
    package func write(
        _ findings: PictureFindings, of item: PictureItem, to path: String
    ) throws(ImageError) {
        // Through links and other spellings of one folder, the copy may fall on the picture itself.
        if case .file(let file) = item, let own = FileSystem.identity(of: path),
            own == FileSystem.identity(of: file)
        {
            throw ImageError.unwritable(path: path, reason: "it is the picture itself: name another --output")
        }
        switch item {
        case .file(let file): try reader.readColor(path: file, into: &image)
        case .bytes(let bytes, let name): try reader.decodeColor(bytes, name: name, into: &image)
        case .address: throw .unreadable(path: item.name, reason: "it was not fetched")
        }
        let faces = findings.faces.enumerated().map { index, face in
            DrawnFace(
                number: index, box: face.box, tilt: face.tilt, probabilities: findings.probabilities?[index],
                explanation: (findings.explanations?[index]).map { map in
                    HeatMap { map.weight(across: $0, down: $1) }
                })
        }
        do throws(DrawingError) {
            try annotator.draw(faces, on: &image)
        } catch {
            throw ImageError.unwritable(path: path, reason: "\(error)")
        }
        try ImageFile.write(image, path: path)
    }
}
