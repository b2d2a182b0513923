import Glibc
import System

/// A file's bytes, read or written whole.
enum FileBytes {
    /// 1 GiB: more than any picture that is taken; a pipe that never ends stops here.
    private static let mostBytes = 1 << 30

    /// Reads a whole file.
    static func read(_ path: String) throws(ImageError) -> [UInt8] {
        let file: OpenFile
        do { file = try OpenFile(reading: path) } catch {
            throw .unreadable(path: path, reason: error.description)
        }
        do { return try file.readAll(limit: mostBytes) } catch {
            throw .unreadable(path: path, reason: error.description)
        }
    }

    /// Writes a whole file beside its place and renames it; a picture can be made again, and a folder gets thirty a
    /// second, so that none is forced to the disk.
    static func write(_ bytes: [UInt8], _ path: String) throws(ImageError) {
        do {
            try AtomicFile.write(bytes, to: path, isForced: false)
        } catch {
            throw .unwritable(path: path, reason: error.description)
        }
    }
}
