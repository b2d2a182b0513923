import Glibc

/// A file made where none was: nothing that is there already is written over.
package enum NewFile {
    /// How many numbers are tried.
    private static let limit = 10_000

    /// Makes an empty file, and where the name is taken the next of `a-2.mp4`, `a-3.mp4`, …
    ///
    /// - Returns: the path of the file that was made.
    /// - Throws: the ``Errno`` of open(2).
    package static func make(_ path: String) throws(Errno) -> String {
        for number in 1...limit {
            let candidate = numbered(path, number)
            do throws(Errno) {
                let descriptor = try valueOrErrno(.open) {
                    FileName.withCString(candidate) {
                        open($0, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0o666)
                    }
                }
                close(descriptor)
                return candidate
            } catch {
                guard error == Errno(EEXIST) else { throw error }
            }
        }
        throw Errno(EEXIST)
    }

    /// The first of `a.mp4`, `a-2.mp4`, … that is not taken; the file itself is not made.
    package static func free(_ path: String, isTaken: (String) -> Bool) -> String {
        for number in 1...limit {
            let candidate = numbered(path, number)
            if !isTaken(candidate) { return candidate }
        }
        return numbered(path, limit + 1)
    }

    /// `folder/a-2.mp4` for `folder/a.mp4`; the path itself for 1.
    private static func numbered(_ path: String, _ number: Int) -> String {
        guard number > 1 else { return path }
        let name = path.lastIndex(of: "/").map { path[path.index(after: $0)...] } ?? path[...]
        guard let dot = name.lastIndex(of: "."), dot > name.startIndex else { return "\(path)-\(number)" }
        return "\(path[..<dot])-\(number)\(path[dot...])"
    }

    /// Removes a file that nothing was written to.
    package static func removeIfEmpty(_ path: String) {
        FileName.withCString(path) { name in
            var status = stat()
            if stat(name, &status) == 0, status.st_size == 0 { unlink(name) }
        }
    }

    /// True where a file with something in it stands at a path, links followed: what somebody may have kept.
    package static func isKept(_ path: String) -> Bool {
        var status = stat()
        return FileName.withCString(path) { stat($0, &status) } == 0 && status.st_mode & S_IFMT == S_IFREG
            && status.st_size > 0
    }
}
