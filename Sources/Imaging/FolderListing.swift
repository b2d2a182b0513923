import System

/// What a folder holds: its pictures in the order of their names' bytes, and what was left out.
package struct FolderListing: Sendable {
    /// The paths of the pictures.
    package private(set) var pictures: [String] = []
    /// The names of what is no picture by its name, and of what is a folder, pipe or device; hidden ones aside.
    package private(set) var leftOut: [String] = []

    /// Names of what was left out that are told.
    private static let told = 5

    /// Looks into a folder.
    ///
    /// - Throws: the ``System/Errno`` of opendir(3).
    package init(_ path: String) throws(Errno) {
        for name in try FileSystem.names(in: path).sorted(by: { $0.utf8.lexicographicallyPrecedes($1.utf8) })
        where !name.hasPrefix(".") {
            let file = "\(path)/\(name)"
            if ImageReader.isPictureName(name), FileSystem.kind(of: file) == .file {
                pictures.append(file)
            } else {
                leftOut.append(name)
            }
        }
    }

    /// `3 left out: notes.txt, b.pdf, pipe.jpg`; nil where there is none.
    package var leftOutNote: String? {
        guard !leftOut.isEmpty else { return nil }
        let more = leftOut.count > Self.told ? ", …" : ""
        return "\(leftOut.count) left out: \(leftOut.prefix(Self.told).joined(separator: ", "))\(more)"
    }
}
