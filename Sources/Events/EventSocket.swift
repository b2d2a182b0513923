import CLinux
import Glibc
import System

/// Who may connect to the event socket.
package struct SocketAccess: Sendable, Equatable {
    /// The socket file's permissions.
    package var mode: UInt32 = 0o660
    /// The group that owns it, by name or number, or nil for the process's own.
    package var group: String?

    /// Owner and group may connect.
    package init() {}
}

/// A listening Unix socket and the file it stands for.
struct EventSocket: Sendable {
    let descriptor: Int32
    let path: String
    /// The file when it was made, to remove no other one at the end; nil for a socket that systemd opened.
    private let identity: FileIdentity?
    /// The path and the file of a socket that systemd opened, which is systemd's to remove.
    private let inherited: (path: String, file: FileIdentity)?

    /// How long another program may hold the lock on the socket's folder, in seconds.
    private static let lockPatience = 2.0

    private struct FileIdentity: Equatable, Sendable {
        let device: UInt
        let number: UInt

        init?(path: String) {
            var status = stat()
            guard lstat(path, &status) == 0 else { return nil }
            device = UInt(status.st_dev)
            number = UInt(status.st_ino)
        }
    }

    /// Takes over a socket that systemd listens on.
    init(inherited descriptor: Int32) {
        // systemd hands it over blocking; the loop takes readers until there is none left to take.
        let flags = fcntl(descriptor, F_GETFL)
        if flags >= 0 { _ = fcntl(descriptor, F_SETFL, flags | O_NONBLOCK) }
        self.descriptor = descriptor
        path = ""
        identity = nil
        inherited = Self.name(of: descriptor).flatMap { path in
            FileIdentity(path: path).map { (path, $0) }
        }
    }

    /// Listens at a path; replaces a socket file that nobody listens on any more, refuses one in use.
    ///
    /// - Parameters:
    ///   - makesFolder: true to make the folder where it is not there.
    ///   - cancellation: ends the wait for the folder's lock.
    init(
        path: String, access: SocketAccess, makesFolder: Bool = false, _ cancellation: Cancellation
    ) throws(EventError) {
        self.path = path
        func failure(_ reason: String) -> EventError { .cannotListen(path: path, reason: reason) }

        guard let address = sockaddr_un(path: path) else {
            throw failure("the path is \(path.utf8.count) bytes long, a socket's may have 1 to 107")
        }
        let group = try access.group.map { name throws(EventError) in try Self.groupNumber(name, path: path) }
        let folder = FileSystem.folder(of: path)
        if makesFolder { mkdir(folder, 0o755) }
        let locked = try Self.lock(folder, path: path, cancellation)
        defer { withExtendedLifetime(locked) {} }
        try Self.removeStale(path, address)

        let descriptor: Int32
        do throws(Errno) {
            descriptor = try valueOrErrno(.socket) {
                socket(
                    AF_UNIX, Int32(SOCK_STREAM.rawValue | SOCK_CLOEXEC.rawValue | SOCK_NONBLOCK.rawValue), 0)
            }
        } catch {
            throw failure(error.description)
        }
        guard address.withSocketAddress({ bind(descriptor, $0, $1) }) == 0 else {
            let reason = Errno.last.description
            close(descriptor)
            throw failure(reason)
        }
        // Nobody can connect before `listen`, so there is no moment with wrong permissions.
        do throws(EventError) {
            try Self.give(path, access, group)
            guard listen(descriptor, SOMAXCONN) == 0 else { throw failure(Errno.last.description) }
        } catch {
            close(descriptor)
            unlink(path)
            throw error
        }
        self.descriptor = descriptor
        identity = FileIdentity(path: path)
        inherited = nil
    }

    /// The file that a socket is bound to; nil for one without a file.
    private static func name(of descriptor: Int32) -> String? {
        var address = sockaddr_un()
        var size = socklen_t(MemoryLayout<sockaddr_un>.size)
        let isKnown = withUnsafeMutablePointer(to: &address) { pointer in
            pointer.withMemoryRebound(to: sockaddr.self, capacity: 1) {
                getsockname(descriptor, $0, &size) == 0
            }
        }
        guard isKnown, address.sun_family == sa_family_t(AF_UNIX) else { return nil }
        let path = withUnsafeBytes(of: address.sun_path) {
            String(decoding: $0.prefix { $0 != 0 }, as: UTF8.self)
        }
        return path.isEmpty ? nil : path
    }

    /// True where the file has gone, or another one stands in its place.
    var isRemoved: Bool {
        guard let identity else { return false }
        return identity != FileIdentity(path: path)
    }

    /// The path of a socket that systemd opened, where its file has gone: nobody but systemd makes it again.
    var removedPath: String? {
        guard let inherited, inherited.file != FileIdentity(path: inherited.path) else { return nil }
        return inherited.path
    }

    /// Stops listening and removes the file, if it is still this socket's.
    func remove() {
        close(descriptor)
        if let identity, identity == FileIdentity(path: path) { unlink(path) }
    }

    /// Lets others connect than before.
    static func change(_ path: String, _ access: SocketAccess) throws(EventError) {
        let group = try access.group.map { name throws(EventError) in try groupNumber(name, path: path) }
        try give(path, access, group)
    }

    private static func give(_ path: String, _ access: SocketAccess, _ group: gid_t?) throws(EventError) {
        guard chmod(path, access.mode) == 0, group.map({ chown(path, uid_t.max, $0) == 0 }) ?? true else {
            let reason = Errno.last.description
            throw .cannotListen(
                path: path,
                reason: group == nil ? reason : "\(reason) (group \(access.group ?? ""): are you a member?)")
        }
    }

    /// One at a time from the look at an old file to the new one, so that two programs started at once can't both find
    /// the other's socket stale. Somebody else's lock is waited for, but not for ever.
    private static func lock(
        _ folder: String, path: String, _ cancellation: Cancellation
    ) throws(EventError) -> FolderLock {
        do throws(Errno) {
            return try FolderLock(folder, until: .after(lockPatience), cancellation)
        } catch .tryAgain {
            throw .cannotListen(
                path: path,
                reason:
                    "another program has locked its folder \(folder): end it ('fuser -v \(folder)' names it) "
                    + "or name another path")
        } catch {
            throw .cannotListen(path: path, reason: "its folder \(folder): \(error.description)")
        }
    }

    private static func removeStale(_ path: String, _ address: sockaddr_un) throws(EventError) {
        var status = stat()
        guard lstat(path, &status) == 0 else { return }
        guard status.st_mode & S_IFMT == S_IFSOCK else {
            throw .cannotListen(
                path: path, reason: "a file that is no socket is there: remove it or name another path")
        }
        let probe = socket(
            AF_UNIX, Int32(SOCK_STREAM.rawValue | SOCK_CLOEXEC.rawValue | SOCK_NONBLOCK.rawValue), 0)
        guard probe >= 0 else { throw .cannotListen(path: path, reason: Errno.last.description) }
        defer { close(probe) }
        let isAlive = address.withSocketAddress { connect(probe, $0, $1) } == 0 || errno != ECONNREFUSED
        guard !isAlive else {
            throw .cannotListen(
                path: path, reason: "another program listens there: stop it or name another path")
        }
        unlink(path)
    }

    private static func groupNumber(_ name: String, path: String) throws(EventError) -> gid_t {
        if let number = gid_t(name) { return number }
        guard let group = getgrnam(name) else {
            throw .cannotListen(path: path, reason: "there is no group '\(name)'")
        }
        return group.pointee.gr_gid
    }
}
