import Glibc

/// A file's bytes, read or written whole.
enum FileBytes {
    /// 1 GiB: more than any picture that is taken; a device that never ends stops here.
    private static let mostBytes = 1 << 30

    /// Reads a whole file.
    static func read(_ path: String) throws(ImageError) -> [UInt8] {
        let file = open(path, O_RDONLY | O_CLOEXEC)
        guard file >= 0 else { throw .unreadable(path: path, reason: reason(errno)) }
        defer { close(file) }
        var status = stat()
        guard fstat(file, &status) == 0 else { throw .unreadable(path: path, reason: reason(errno)) }
        guard status.st_size <= mostBytes else { throw .unreadable(path: path, reason: "larger than 1 GiB") }
        // One byte more than the size, so that the last read says that it was the last.
        var bytes = [UInt8](repeating: 0, count: max(Int(status.st_size) + 1, 1 << 16))
        var count = 0
        while true {
            if count == bytes.count {
                guard count <= mostBytes else { throw .unreadable(path: path, reason: "larger than 1 GiB") }
                bytes.append(contentsOf: repeatElement(0, count: count))
            }
            let room = count..<bytes.count
            let got = bytes.withUnsafeMutableBytes {
                Glibc.read(file, $0[room].baseAddressOfSlice, room.count)
            }
            if got < 0, errno == EINTR { continue }
            guard got >= 0 else { throw .unreadable(path: path, reason: reason(errno)) }
            guard got > 0 else { break }
            count += got
        }
        bytes.removeLast(bytes.count - count)
        return bytes
    }

    /// Writes a whole file beside its place and renames it.
    static func write(_ bytes: [UInt8], _ path: String) throws(ImageError) {
        let beside = "\(path).\(getpid()).part"
        let file = open(beside, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0o666)
        guard file >= 0 else { throw .unwritable(path: path, reason: reason(errno)) }
        var failure: Int32 = 0
        var count = 0
        while count < bytes.count, failure == 0 {
            let rest = count..<bytes.count
            let put = bytes.withUnsafeBytes { Glibc.write(file, $0[rest].baseAddressOfSlice, rest.count) }
            if put > 0 {
                count += put
            } else if put == 0 || errno != EINTR {
                failure = put == 0 ? EIO : errno
            }
        }
        if close(file) != 0, failure == 0 { failure = errno }
        if failure == 0, rename(beside, path) != 0 { failure = errno }
        guard failure == 0 else {
            unlink(beside)
            throw .unwritable(path: path, reason: reason(failure))
        }
    }

    private static func reason(_ number: Int32) -> String {
        let text = String(cString: strerror(number))
        return text.prefix(1).lowercased() + text.dropFirst()
    }
}

extension Slice where Base == UnsafeRawBufferPointer {
    fileprivate var baseAddressOfSlice: UnsafeRawPointer? {
        UnsafeRawBufferPointer(rebasing: self).baseAddress
    }
}

extension Slice where Base == UnsafeMutableRawBufferPointer {
    fileprivate var baseAddressOfSlice: UnsafeMutableRawPointer? {
        UnsafeMutableRawBufferPointer(rebasing: self).baseAddress
    }
}
