import CLinux
import Glibc

/// An open file, closed when it goes out of scope.
package struct OpenFile: ~Copyable {
    /// Its descriptor, as long as this lives.
    package let descriptor: Int32

    /// Takes over a descriptor.
    package init(descriptor: Int32) { self.descriptor = descriptor }

    /// Opens a file for reading; of a FIFO or device it doesn't wait for a writer.
    ///
    /// - Throws: the ``Errno`` of open(2).
    package init(reading path: String) throws(Errno) {
        descriptor = try valueOrErrno(.open) {
            FileName.withCString(path) { Glibc.open($0, O_RDONLY | O_CLOEXEC | O_NONBLOCK | O_NOCTTY) }
        }
    }

    /// Makes a file, or empties one that is there.
    ///
    /// - Throws: the ``Errno`` of open(2).
    package init(writing path: String, permissions: UInt32 = 0o666) throws(Errno) {
        descriptor = try valueOrErrno(.open) {
            FileName.withCString(path) {
                Glibc.open($0, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, permissions)
            }
        }
    }

    /// Makes a file that lies in memory alone, holds these bytes and is at its start.
    ///
    /// - Throws: the ``Errno`` of memfd_create(2) or write(2).
    package static func inMemory(_ bytes: [UInt8]) throws(Errno) -> OpenFile {
        let file = OpenFile(descriptor: try valueOrErrno(.open) { memfd_create("raut", 1) })
        try bytes.span.bytes.withUnsafeBytes { raw throws(Errno) in try file.write(raw) }
        lseek(file.descriptor, 0, SEEK_SET)
        return file
    }

    deinit { close(descriptor) }

    /// Reads as much as there is room for, and less at the end or where no more is there now; 0 at the end.
    package borrowing func read(into room: UnsafeMutableRawBufferPointer) throws(Errno) -> Int {
        let descriptor = descriptor
        return try valueOrErrno(.read) { Glibc.read(descriptor, room.baseAddress, room.count) }
    }

    /// Reads the whole rest of a file or pipe.
    ///
    /// - Parameters:
    ///   - limit: bytes that are taken at most, and so the memory that it costs.
    ///   - patience: seconds that a pipe may say nothing.
    ///   - cancellation: ends the wait for a pipe.
    /// - Throws: ``FileReadError``; for a device, which may have no end, at once.
    package borrowing func readAll(
        limit: Int, patience: Double = 10, _ cancellation: Cancellation? = nil
    ) throws(FileReadError) -> [UInt8] {
        var status = stat()
        guard fstat(descriptor, &status) == 0 else { throw .failed(.last) }
        let kind = status.st_mode & S_IFMT
        if kind == S_IFCHR || kind == S_IFBLK { throw .isDevice }
        let size = Int(clamping: status.st_size)
        guard size <= limit else { throw .tooLarge(limit: limit) }
        let waiting = kind == S_IFREG ? nil : cancellation ?? Cancellation()
        // One byte more than the size, so that the last read says that it was the last.
        var bytes = [UInt8](repeating: 0, count: max(min(size, limit) + 1, 1 << 16))
        var count = 0
        while true {
            if count == bytes.count {
                bytes.append(contentsOf: repeatElement(0, count: count))
            }
            switch waiting?.wait(for: descriptor, until: .after(patience)) {
            case .timedOut: throw .silent(seconds: patience)
            case .cancelled: throw .cancelled
            case .ready, nil: break
            }
            let got = bytes.withUnsafeMutableBytes { room in
                Result { () throws(Errno) in
                    try read(into: UnsafeMutableRawBufferPointer(rebasing: room[count...]))
                }
            }
            switch got {
            case .success(0):
                bytes.removeLast(bytes.count - count)
                return bytes
            case .success(let more): count += more
            case .failure(.tryAgain): continue
            case .failure(let error): throw .failed(error)
            }
            guard count <= limit else { throw .tooLarge(limit: limit) }
        }
    }

    /// The first bytes of a file, so many or fewer.
    ///
    /// - Throws: the ``Errno`` of pread(2).
    package borrowing func start(_ count: Int) throws(Errno) -> [UInt8] {
        let descriptor = descriptor
        var bytes = [UInt8](repeating: 0, count: max(0, count))
        let got = try valueOrErrno(.read) { pread(descriptor, &bytes, bytes.count, 0) }
        bytes.removeLast(bytes.count - got)
        return bytes
    }

    /// Writes all bytes.
    ///
    /// - Throws: the ``Errno`` of write(2); some may have been written.
    package borrowing func write(_ bytes: UnsafeRawBufferPointer) throws(Errno) {
        let descriptor = descriptor
        var sent = 0
        while sent < bytes.count {
            let rest = UnsafeRawBufferPointer(rebasing: bytes[sent...])
            let count = try valueOrErrno(.write) { Glibc.write(descriptor, rest.baseAddress, rest.count) }
            guard count > 0 else { throw .inputOutput }
            sent += count
        }
    }

    /// Forces what was written to the disk.
    ///
    /// - Throws: the ``Errno`` of fsync(2).
    package borrowing func sync() throws(Errno) {
        let descriptor = descriptor
        _ = try valueOrErrno(.sync) { fsync(descriptor) }
    }

    /// True for a file proper: no folder, pipe, device or socket.
    package var isRegular: Bool {
        borrowing get {
            var status = stat()
            return fstat(descriptor, &status) == 0 && status.st_mode & S_IFMT == S_IFREG
        }
    }
}

/// Why a file can't be read whole.
package enum FileReadError: Error, Equatable, Sendable, CustomStringConvertible {
    /// The system's error.
    case failed(Errno)
    /// It holds more bytes than are taken.
    case tooLarge(limit: Int)
    /// A pipe said nothing for so long.
    case silent(seconds: Double)
    /// A device, which may have no end.
    case isDevice
    /// Somebody asked for the end.
    case cancelled

    /// What is wrong, in a few words.
    package var description: String {
        switch self {
        case .failed(let error): error.description
        case .tooLarge(let limit) where limit >= 1 << 30: "larger than \(limit >> 30) GiB"
        case .tooLarge(let limit): "larger than \(limit >> 20) MB"
        case .silent(let seconds): "a pipe that said nothing for \(Int(seconds.rounded())) seconds"
        case .isDevice: "a device, no file"
        case .cancelled: "somebody asked for the end"
        }
    }
}

/// Questions to the file system.
package enum FileSystem {
    /// What stands at a path, links followed.
    package enum Kind: Sendable, Equatable {
        case file, folder, pipe, other
    }

    /// What stands at a path, or nil where nothing does or may be looked at.
    package static func kind(of path: String) -> Kind? {
        var status = stat()
        guard FileName.withCString(path, { stat($0, &status) }) == 0 else { return nil }
        return switch status.st_mode & S_IFMT {
        case S_IFREG: .file
        case S_IFDIR: .folder
        case S_IFIFO: .pipe
        default: .other
        }
    }

    /// What tells a file from all others, whatever it is called.
    package struct Identity: Sendable, Hashable {
        private let device: dev_t
        private let number: ino_t

        fileprivate init(_ status: stat) { (device, number) = (status.st_dev, status.st_ino) }
    }

    /// Which file stands at a path, links followed, or nil where none does.
    package static func identity(of path: String) -> Identity? {
        var status = stat()
        guard FileName.withCString(path, { stat($0, &status) }) == 0 else { return nil }
        return Identity(status)
    }

    /// True where a folder stands at a path.
    package static func isFolder(_ path: String) -> Bool { kind(of: path) == .folder }

    /// Makes a folder, and those above it, where they are not there.
    ///
    /// - Throws: the ``Errno`` of mkdir(2); ``Errno/notFolder`` where something else stands there.
    package static func makeFolder(_ path: String) throws(Errno) {
        if isFolder(path) { return }
        let above = folder(of: path)
        if above != path, above != "/" { try makeFolder(above) }
        guard FileName.withCString(path, { mkdir($0, 0o777) }) != 0 else { return }
        let error = Errno.last
        // Somebody else may have made it meanwhile, and `a/` is made before `a/.` is.
        if isFolder(path) { return }
        throw error == Errno(EEXIST) ? .notFolder : error
    }

    /// The folder in which a path's last part stands: `.` for a bare name.
    package static func folder(of path: String) -> String {
        guard let slash = path.lastIndex(of: "/") else { return "." }
        return slash == path.startIndex ? "/" : String(path[..<slash])
    }

    /// Bytes that whoever asks may still write at a path; nil where nothing is there. The corresponding C function is
    /// `statvfs`.
    package static func room(at path: String) -> UInt64? {
        var status = statvfs()
        guard FileName.withCString(path, { statvfs($0, &status) }) == 0 else { return nil }
        let (bytes, overflows) = UInt64(status.f_bavail).multipliedReportingOverflow(
            by: UInt64(status.f_frsize))
        return overflows ? .max : bytes
    }

    /// The first program of a name in the folders of `PATH`.
    package static func program(_ name: String) -> String? {
        let path = getenv("PATH").map { String(cString: $0) } ?? "/usr/local/bin:/usr/bin:/bin"
        return path.split(separator: ":").map { "\($0)/\(name)" }.first { access($0, X_OK) == 0 }
    }
}

extension FileSystem {
    /// The names in a folder, in the order of the file system, without `.` and `..`.
    ///
    /// - Throws: the ``Errno`` of opendir(3).
    package static func names(in folder: String) throws(Errno) -> [String] {
        if let forced = SystemFaults.forced(.open) { throw forced }
        guard let stream = FileName.withCString(folder, { opendir($0) }) else { throw .last }
        defer { closedir(stream) }
        var names: [String] = []
        while let entry = readdir(stream) {
            let name = withUnsafePointer(to: &entry.pointee.d_name) { pointer in
                pointer.withMemoryRebound(to: UInt8.self, capacity: 256) { bytes in
                    FileName.decode(UnsafeBufferPointer(start: bytes, count: strlen(pointer)))
                }
            }
            if name != ".", name != ".." { names.append(name) }
        }
        return names
    }
}
