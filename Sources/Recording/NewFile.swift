import Glibc
import System

/// A file made where none was: nothing that is there already is written over.
enum NewFile {
    /// How many numbers are tried.
    private static let limit = 10_000

    /// Makes an empty file, and where the name is taken the next of `a-2.mp4`, `a-3.mp4`, …
    ///
    /// - Returns: the path of the file that was made.
    /// - Throws: the ``Errno`` of open(2).
    static func make(_ path: String) throws(Errno) -> String {
        for number in 1...limit {
            let candidate = number == 1 ? path : numbered(path, number)
            do throws(Errno) {
                let descriptor = try valueOrErrno(.open) {
                    open(candidate, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0o666)
                }
                close(descriptor)
                return candidate
            } catch {
                guard error == Errno(EEXIST) else { throw error }
            }
        }
        throw Errno(EEXIST)
    }

    /// `folder/a-2.mp4` for `folder/a.mp4`.
    private static func numbered(_ path: String, _ number: Int) -> String {
        let name = path.lastIndex(of: "/").map { path[path.index(after: $0)...] } ?? path[...]
        guard let dot = name.lastIndex(of: "."), dot > name.startIndex else { return "\(path)-\(number)" }
        return "\(path[..<dot])-\(number)\(path[dot...])"
    }

    /// Removes a file that nothing was written to.
    static func removeIfEmpty(_ path: String) {
        var status = stat()
        if stat(path, &status) == 0, status.st_size == 0 { unlink(path) }
    }
}
