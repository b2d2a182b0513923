import Foundation
import System

/// A file that a command writes bit by bit: beside its place, and renamed when it is whole; `-` is standard output.
package final class OutputFile {
    private let path: String
    private let beside: String
    private var descriptor: Int32
    private var waiting: [UInt8] = []

    /// Bytes that are collected before they are written.
    private static let chunk = 1 << 16

    /// Begins a file.
    ///
    /// - Throws: ``Failure`` where it can't be made.
    package init(_ path: String) throws(Failure) {
        self.path = path
        guard path != "-" else {
            (beside, descriptor) = ("", -1)
            return
        }
        guard !FileSystem.isFolder(path) else {
            throw Failure(description: "\(path): cannot write it: it is a folder")
        }
        beside = AtomicFile.besideName(path)
        descriptor = open(beside, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0o666)
        guard descriptor >= 0 else { throw Self.failure(path, .last) }
    }

    deinit {
        guard descriptor >= 0 else { return }
        close(descriptor)
        unlink(beside)
    }

    /// Adds text.
    package func write(_ text: String) throws {
        guard !beside.isEmpty else { return try StandardOutput.write(text) }
        waiting.append(contentsOf: text.utf8)
        if waiting.count >= Self.chunk { try flush() }
    }

    /// Puts the file at its place. Without this call nothing is left of it.
    package func finish() throws(Failure) {
        guard descriptor >= 0 else { return }
        try flush()
        let isSynced = fsync(descriptor) == 0 || errno == EINVAL || errno == EROFS
        guard isSynced else { throw Self.failure(path, .last) }
        close(descriptor)
        descriptor = -1
        do throws(Errno) {
            try AtomicFile.replace(path, with: beside)
        } catch {
            throw Self.failure(path, error)
        }
    }

    private func flush() throws(Failure) {
        var sent = 0
        while sent < waiting.count {
            let count = waiting.withUnsafeBytes {
                Glibc.write(descriptor, $0.baseAddress?.advanced(by: sent), $0.count - sent)
            }
            if count <= 0 {
                guard count < 0, errno == EINTR else {
                    throw Self.failure(path, count == 0 ? .inputOutput : .last)
                }
            }
            sent += max(0, count)
        }
        waiting.removeAll(keepingCapacity: true)
    }

    private static func failure(_ path: String, _ error: Errno) -> Failure {
        Failure(description: "\(path): cannot write it: \(error)")
    }
}
