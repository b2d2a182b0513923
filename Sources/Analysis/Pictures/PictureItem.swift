import Capture
import Foundation
import Imaging
import System

/// One picture to look at: a file, a picture on the web, or bytes that were read before.
package enum PictureItem: Sendable, Equatable {
    /// A file, by its path.
    case file(String)
    /// A picture on the web, by its address.
    case address(String)
    /// Bytes, and what messages call them.
    case bytes([UInt8], name: String)

    /// What results and messages call it: the path, the address without its secrets, or `-` for standard input.
    package var name: String {
        switch self {
        case .file(let path): path
        case .address(let address): Self.withoutSecrets(address)
        case .bytes(_, let name): name
        }
    }

    /// Bytes that a picture may have at most: 256 MiB.
    static let mostBytes = 1 << 28
    /// Seconds that standard input or the web may say nothing.
    static let patience = 30.0

    /// The same with its bytes where they come from the web.
    ///
    /// - Throws: ``ImageError/unreadable(path:reason:)`` where it can't be fetched.
    package func fetched() throws(ImageError) -> PictureItem {
        guard case .address(let address) = self else { return self }
        return .bytes(try Self.fetch(address, name: name), name: name)
    }

    /// Reads and decodes the picture; one on the web must have been fetched.
    package func readGray(by reader: ImageReader, into image: inout GrayImage) throws(ImageError) {
        switch self {
        case .file(let path): try reader.readGray(path: path, into: &image)
        case .bytes(let bytes, let name): try reader.decodeGray(bytes, name: name, into: &image)
        case .address: throw .unreadable(path: name, reason: "it was not fetched")
        }
    }

    /// Lets the `ffmpeg` program get a picture, whatever its format, as PNG.
    private static func fetch(_ address: String, name: String) throws(ImageError) -> [UInt8] {
        guard let program = FileSystem.program("ffmpeg") else {
            throw .unreadable(
                path: name,
                reason:
                    "pictures on the web take the ffmpeg program, which is not installed: apt install ffmpeg"
            )
        }
        let child: ChildProcess
        do {
            child = try ChildProcess(
                program,
                ["-nostdin", "-hide_banner", "-loglevel", "error", "-i", address, "-map", "0:v:0"]
                    + ["-frames:v", "1", "-c:v", "png", "-f", "image2pipe", "pipe:1"])
        } catch {
            throw .unreadable(path: name, reason: "\(program): \(error)")
        }
        defer { child.end() }
        let bytes = Result { () throws(FileReadError) in
            try OpenFile(descriptor: dup(child.output)).readAll(limit: mostBytes, patience: patience)
        }
        switch bytes {
        case .failure(let error): throw .unreadable(path: name, reason: "\(error)")
        case .success(let bytes) where bytes.isEmpty:
            _ = child.wait(until: .after(1))
            let said = child.lastMessages.last?.replacing(address, with: name)
                .replacing("\(name): ", with: "")
            throw .unreadable(path: name, reason: said ?? "ffmpeg finds no picture there")
        case .success(let bytes): return bytes
        }
    }

    /// An address without the user and password that may stand in it, for messages and results.
    static func withoutSecrets(_ address: String) -> String {
        guard let scheme = address.firstRange(of: "://") else { return address }
        let authority = address[scheme.upperBound...].prefix { !"/?#".contains($0) }
        guard let at = authority.lastIndex(of: "@") else { return address }
        return String(address[..<scheme.upperBound]) + String(address[address.index(after: at)...])
    }
}

/// The pictures that the words of a command line name.
package struct PictureList: Sendable {
    /// The pictures, in order.
    package private(set) var items: [PictureItem] = []
    /// What could not be read at all: a folder that is not there, or holds no picture.
    package private(set) var failures: [ImageError] = []

    /// Takes files as they are, the pictures of folders by their names, `-` for a picture on standard input, and
    /// addresses that begin with `http://` or `https://`.
    ///
    /// - Parameter isRecursive: true to look in the folders below each folder, too.
    package init(_ words: [String], isRecursive: Bool) {
        var readsInput = false
        for word in words {
            if word == "-" {
                guard !readsInput else { continue }
                readsInput = true
                do throws(FileReadError) {
                    let input = OpenFile(descriptor: dup(STDIN_FILENO))
                    items.append(
                        .bytes(
                            try input.readAll(limit: PictureItem.mostBytes, patience: PictureItem.patience),
                            name: "-"))
                } catch {
                    failures.append(.unreadable(path: "-", reason: "\(error)"))
                }
            } else if word.hasPrefix("http://") || word.hasPrefix("https://") {
                items.append(.address(word))
            } else if FileSystem.isFolder(word) {
                let before = items.count
                add(folder: word, isRecursive: isRecursive, depth: 0)
                if items.count == before {
                    failures.append(
                        .unreadable(
                            path: word,
                            reason: "no picture in this folder"
                                + (isRecursive ? "" : ": --recursive looks in those below it, too")))
                }
            } else {
                items.append(.file(word))
            }
        }
    }

    private mutating func add(folder: String, isRecursive: Bool, depth: Int) {
        let names: [String]
        do {
            names = try FileSystem.names(in: folder).sorted()
        } catch {
            failures.append(.unreadable(path: folder, reason: "\(error)"))
            return
        }
        for name in names where !name.hasPrefix(".") {
            let path = folder.hasSuffix("/") ? folder + name : "\(folder)/\(name)"
            // A link to a folder is not followed: it may lead back.
            if FileSystem.isFolder(path) {
                if isRecursive, depth < 64, !Self.isLink(path) {
                    add(folder: path, isRecursive: true, depth: depth + 1)
                }
            } else if ImageReader.isPictureName(name) {
                items.append(.file(path))
            }
        }
    }

    private static func isLink(_ path: String) -> Bool {
        var status = stat()
        return lstat(path, &status) == 0 && status.st_mode & S_IFMT == S_IFLNK
    }
}
