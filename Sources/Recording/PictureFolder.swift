import Capture
import Glibc
import Imaging
import System

/// A folder with a JPEG a frame, named by the frame's number.
final class PictureFolder: FrameTarget {
    private let path: String
    /// Before the number: another one where a recording is there already.
    private let prefix: String

    init(path: String, say: (String) -> Void) throws(RecordingError) {
        self.path = path
        do throws(Errno) {
            try Self.makeFolder(path)
            let names = try FileSystem.names(in: path)
            let prefixes = ["frame-"] + (2...10_000).map { "frame-\($0)-" }
            // "frame-2-" begins as "frame-" does: what follows the prefix must be the number alone.
            let free = prefixes.first { prefix in
                !names.contains {
                    $0.hasPrefix(prefix) && $0.dropFirst(prefix.count).prefix(8).allSatisfy(\.isNumber)
                }
            }
            prefix = free ?? "frame-\(getpid())-"
        } catch {
            throw .cannotWrite(path: path, reason: error.description)
        }
        guard access(path, W_OK | X_OK) == 0 else {
            throw .cannotWrite(path: path, reason: Errno.last.description)
        }
        if prefix != "frame-" { say("\(path) holds a recording already: pictures are named \(prefix)*.jpg") }
    }

    /// Makes a folder, and those above it.
    private static func makeFolder(_ path: String) throws(Errno) {
        var made = ""
        for part in path.split(separator: "/", omittingEmptySubsequences: false) {
            made += part + "/"
            guard mkdir(made, 0o777) != 0 else { continue }
            let error = Errno.last
            guard FileSystem.isFolder(made) else { throw error }
        }
    }

    func write(_ image: ColorImage, _ frame: Frame) throws(RecordingError) {
        let number = String(frame.number)
        let padding = String(repeating: "0", count: max(0, 8 - number.count))
        do {
            try ImageFile.writeJPEG(image, path: "\(path)/\(prefix)\(padding)\(number).jpg")
        } catch {
            throw .cannotWrite(path: path, reason: "\(error)")
        }
    }

    func finish() {}
    func abandon() {}
}
