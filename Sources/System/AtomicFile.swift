import CLinux
import Glibc
import Synchronization

/// Writes files so that a reader sees the old one or the new one, never a part.
package enum AtomicFile {
    /// Writes beside the place, forces the bytes to the disk, and renames.
    ///
    /// - Parameters:
    ///   - bytes: the whole content.
    ///   - path: the place.
    ///   - permissions: of the new file, before the process's mask.
    ///   - isForced: false to leave it to the system when bytes and name come to the disk.
    /// - Throws: the ``Errno`` of the call that failed; the old file is whole then, and nothing is left beside it.
    package static func write(
        _ bytes: UnsafeRawBufferPointer, to path: String, permissions: UInt32 = 0o666, isForced: Bool = true
    ) throws(Errno) {
        let beside = besideName(path)
        do throws(Errno) {
            let file = try OpenFile(writing: beside, permissions: permissions)
            try file.write(bytes)
            if isForced { try file.sync() }
        } catch {
            // Nothing was made where it could not be opened.
            remove(beside)
            throw error
        }
        try replace(path, with: beside, isForced: isForced)
    }

    /// The same for an array.
    package static func write(
        _ bytes: [UInt8], to path: String, permissions: UInt32 = 0o666, isForced: Bool = true
    ) throws(Errno) {
        try bytes.span.bytes.withUnsafeBytes { raw throws(Errno) in
            try write(raw, to: path, permissions: permissions, isForced: isForced)
        }
    }

    /// A name in the same folder for what is not yet whole, another one with each call.
    package static func besideName(_ path: String) -> String {
        let number = count.wrappingAdd(1, ordering: .relaxed).newValue
        return "\(path).\(getpid())-\(number).part"
    }

    private static let count = Atomic<Int>(0)

    /// Makes a file that has no name yet, in a path's folder: whatever ends the process, nothing is left of it.
    ///
    /// - Returns: its descriptor, to be written to and named by ``name(_:_:)``; nil where the file system has no such
    ///   files, or the folder takes none.
    package static func makeUnnamed(for path: String) -> Int32? {
        let descriptor = FileName.withCString(FileSystem.folder(of: path)) { open_unnamed($0, 0o666) }
        guard descriptor >= 0 else { return nil }
        // Without /proc it could not be named.
        guard access(place(of: descriptor), F_OK) == 0 else {
            close(descriptor)
            return nil
        }
        return descriptor
    }

    /// Gives a file of ``makeUnnamed(for:)`` a name that no file has.
    ///
    /// - Throws: the ``Errno`` of linkat(2).
    package static func name(_ descriptor: Int32, _ path: String) throws(Errno) {
        _ = try valueOrErrno(.rename) {
            FileName.withCString(path) {
                linkat(AT_FDCWD, place(of: descriptor), AT_FDCWD, $0, AT_SYMLINK_FOLLOW)
            }
        }
    }

    private static func place(of descriptor: Int32) -> String { "/proc/self/fd/\(descriptor)" }

    private static func remove(_ path: String) { _ = FileName.withCString(path) { unlink($0) } }

    /// Puts a finished file at its place, in one step; where that fails it is removed.
    package static func replace(
        _ path: String, with beside: String, isForced: Bool = true
    ) throws(Errno) {
        do {
            _ = try valueOrErrno(.rename) {
                FileName.withCString(beside) { old in FileName.withCString(path) { rename(old, $0) } }
            }
        } catch {
            remove(beside)
            throw error
        }
        guard isForced else { return }
        // The name is on the disk when its folder is. A file system that can't do this keeps names in its own way.
        if let folder = try? OpenFile(reading: FileSystem.folder(of: path)) { try? folder.sync() }
    }
}
