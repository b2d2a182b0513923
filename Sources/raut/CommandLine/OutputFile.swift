import Foundation
import System

/// A file that a command writes bit by bit: without a name or beside its place, and put there when it is whole. `-` is
/// standard output; a device or pipe is written to as it is.
package final class OutputFile {
    private enum Target {
        case standardOutput
        case direct
        /// It gets this name at the end, just before its own.
        case unnamed(String)
        case beside(String)
    }

    private let path: String
    private let target: Target
    private var descriptor: Int32 = -1
    private var waiting: [UInt8] = []

    /// Bytes that are collected before they are written.
    private static let chunk = 1 << 16

    /// Begins a file.
    ///
    /// - Parameters:
    ///   - replaces: true to write over what is there already, but for files that hold no text.
    ///   - inputs: what the command reads, which is never written over.
    /// - Throws: ``Failure`` where it can't be made, or something is kept there.
    package init(_ path: String, replaces: Bool = false, inputs: [String] = []) throws(Failure) {
        self.path = path
        guard path != "-" else {
            target = .standardOutput
            return
        }
        switch FileSystem.kind(of: path) {
        case .folder: throw Failure(description: "\(path): cannot write it: it is a folder")
        case .pipe, .other:
            target = .direct
            // Of a pipe that nobody reads it must not wait for a reader.
            descriptor = FileName.withCString(path) { open($0, O_WRONLY | O_CLOEXEC | O_NONBLOCK | O_NOCTTY) }
            if descriptor >= 0 { _ = fcntl(descriptor, F_SETFL, 0) }
        case .file, nil:
            try Self.guardFree(path, replaces: replaces, content: .text, inputs: inputs)
            let beside = AtomicFile.besideName(path)
            if let unnamed = AtomicFile.makeUnnamed(for: path) {
                (target, descriptor) = (.unnamed(beside), unnamed)
                return
            }
            target = .beside(beside)
            descriptor = FileName.withCString(beside) {
                open($0, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0o666)
            }
        }
        guard descriptor >= 0 else { throw Self.failure(path, .last) }
    }

    deinit {
        guard descriptor >= 0 else { return }
        close(descriptor)
        if case .beside(let beside) = target { _ = FileName.withCString(beside) { unlink($0) } }
    }

    /// What a file holds, by its first bytes.
    package enum Content {
        case text
        /// A model's numbers, a picture, a video.
        case bytes

        init(of path: String) throws(Errno) {
            let file = try OpenFile(reading: path)
            let room = UnsafeMutableRawBufferPointer.allocate(byteCount: 4096, alignment: 1)
            defer { room.deallocate() }
            let count = try file.read(into: room)
            self = room[..<count].contains(0) ? .bytes : .text
        }
    }

    /// Refuses a place that a person named where no file can be made, or at which something is kept, before any work is
    /// done for it.
    ///
    /// - Parameters:
    ///   - replaces: true to write over what is there already.
    ///   - content: what is to be written: what holds something else was named by mistake.
    ///   - inputs: what the command reads, which is never written over.
    package static func guardFree(
        _ path: String, replaces: Bool, content: Content, inputs: [String] = []
    ) throws(Failure) {
        guard path != "-" else { return }
        switch FileSystem.kind(of: path) {
        case .folder: throw Failure(description: "\(path): cannot write it: it is a folder")
        case .pipe, .other: return
        case .file, nil: try guardRoom(in: FileSystem.folder(of: path), for: path)
        }
        guard NewFile.isKept(path) else { return }
        guard replaces else {
            throw Failure(
                description: "\(path): is there already, and is kept: name another file, or say --replace")
        }
        let own = FileSystem.identity(of: path)
        guard own == nil || !inputs.contains(where: { FileSystem.identity(of: $0) == own }) else {
            throw Failure(description: "\(path): is what is to be read, and is kept: name another file")
        }
        guard (try? Content(of: path)) ?? content == content else {
            let (old, new) = content == .text ? ("no text", "text") : ("text", "a model")
            throw Failure(
                description:
                    "\(path): holds \(old), and is kept from being written over by \(new): name another file")
        }
    }

    /// Refuses a folder that a person named where none is and none can be made, before any work is done for it.
    package static func guardFolder(_ path: String) throws(Failure) {
        var folder = path
        while FileSystem.kind(of: folder) == nil, folder != ".", folder != "/" {
            folder = FileSystem.folder(of: folder)
        }
        try guardRoom(in: folder, for: path)
    }

    private static func guardRoom(in folder: String, for path: String) throws(Failure) {
        guard let kind = FileSystem.kind(of: folder) else {
            throw Failure(description: "\(path): cannot write it: there is no folder \(folder)")
        }
        guard kind == .folder else {
            throw Failure(
                description: "\(path): cannot write it: \(folder == path ? "it" : folder) is no folder")
        }
        guard FileName.withCString(folder, { access($0, W_OK | X_OK) }) == 0 else {
            throw failure(path, .last)
        }
    }

    /// Adds text.
    package func write(_ text: String) throws {
        if case .standardOutput = target { return try StandardOutput.write(text) }
        waiting.append(contentsOf: text.utf8)
        if waiting.count >= Self.chunk { try flush() }
    }

    /// Puts the file at its place. Without this call nothing is left of it.
    package func finish() throws(Failure) {
        guard descriptor >= 0 else { return }
        try flush()
        let place: String
        switch target {
        case .standardOutput, .direct: return
        case .unnamed(let beside), .beside(let beside): place = beside
        }
        let isSynced = fsync(descriptor) == 0 || errno == EINVAL || errno == EROFS
        guard isSynced else { throw Self.failure(path, .last) }
        do throws(Errno) {
            if case .unnamed = target { try AtomicFile.name(descriptor, place) }
            close(descriptor)
            descriptor = -1
            try AtomicFile.replace(path, with: place)
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

/// Whether files that are there already are written over; for every command that is told where to write.
package struct ReplaceOptions: OptionGroup {
    package let replace = Option("replace", help: "write over files that are there already")

    package init() {}
}
