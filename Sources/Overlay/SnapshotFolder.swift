import Foundation
import Imaging
import System

/// A folder in which each snapshot has a name of its own.
package struct SnapshotFolder: Sendable {
    /// Its full path.
    package let path: String

    /// The folder with this path; the person's own for pictures where nil.
    ///
    /// - Parameter environment: where `HOME` and `XDG_PICTURES_DIR` are looked for.
    package init(_ path: String?, environment: [String: String]) {
        let home = environment["HOME"].flatMap { $0.isEmpty ? nil : $0 }
        let pictures = environment["XDG_PICTURES_DIR"].flatMap { $0.hasPrefix("/") ? $0 : nil }
        let wanted = path ?? pictures ?? home.map { "\($0)/Pictures" } ?? "."
        self.path = URL(fileURLWithPath: wanted).standardizedFileURL.path
    }

    /// Takes a free name in the folder, which is made where it is not there.
    ///
    /// - Returns: the full path of an empty file that nobody had before.
    /// - Throws: ``Imaging/ImageError/unwritable(path:reason:)``.
    package func reserve(_ date: Date = Date()) throws(ImageError) -> String {
        do {
            try FileManager.default.createDirectory(atPath: path, withIntermediateDirectories: true)
        } catch {
            throw .unwritable(path: path, reason: "the folder can't be made")
        }
        let formatter = DateFormatter()
        formatter.locale = Locale(identifier: "en_US_POSIX")
        formatter.dateFormat = "yyyyMMdd-HHmmss"
        let stem = "\(path)/raut-\(formatter.string(from: date))"
        for number in 1...999 {
            let name = number == 1 ? "\(stem).png" : "\(stem)-\(number).png"
            let file = open(name, O_CREAT | O_EXCL | O_WRONLY | O_CLOEXEC, 0o644)
            if file >= 0 {
                close(file)
                return name
            }
            guard errno == EEXIST else {
                throw .unwritable(path: name, reason: Errno.last.description)
            }
        }
        throw .unwritable(path: "\(stem).png", reason: "there are 999 of this second already")
    }
}
