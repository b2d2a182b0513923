import CLinux
import Glibc
import System

/// Where pages are served: `[ADDRESS:]PORT`.
package struct HTTPAddress: Sendable, Equatable, CustomStringConvertible {
    /// The address in numbers; 127.0.0.1 where none is named.
    package let host: String
    /// The port, from 1 to 65535.
    package let port: UInt16
    private let isIPv6: Bool

    /// Reads `8080`, `127.0.0.1:8080`, `[::1]:8080` or `localhost:8080`.
    ///
    /// - Throws: ``EventError/badHTTPAddress(_:reason:)``.
    package init(_ text: String) throws(EventError) {
        func bad(_ reason: String) -> EventError { .badHTTPAddress(text, reason: reason) }
        var host = "127.0.0.1"
        var port = text
        if let colon = text.lastIndex(of: ":") {
            host = String(text[..<colon])
            port = String(text[text.index(after: colon)...])
            if host.hasPrefix("["), host.hasSuffix("]") {
                host = String(host.dropFirst().dropLast())
            } else if host.contains(":") {
                throw bad("an IPv6 address stands in brackets")
            }
        }
        guard port.allSatisfy(\.isASCII), let number = UInt16(port), number > 0 else {
            throw bad("'\(port)' is no port from 1 to 65535")
        }
        if host == "localhost" { host = "127.0.0.1" }
        var (four, six) = (in_addr(), in6_addr())
        isIPv6 = inet_pton(AF_INET6, host, &six) == 1
        guard isIPv6 || inet_pton(AF_INET, host, &four) == 1 else {
            throw bad("'\(host)' is no address in numbers, such as 192.168.1.5")
        }
        self.host = host
        self.port = number
    }

    /// True where only programs of this machine can connect.
    package var isLoopback: Bool { isIPv6 ? host == "::1" : host.hasPrefix("127.") }

    /// As it stands in a browser's address: `127.0.0.1:8080`.
    package var description: String { isIPv6 ? "[\(host)]:\(port)" : "\(host):\(port)" }

    /// A socket that listens there.
    ///
    /// - Throws: ``EventError/cannotServe(address:reason:)``.
    func listening() throws(EventError) -> Int32 {
        let type = Int32(SOCK_STREAM.rawValue | SOCK_CLOEXEC.rawValue | SOCK_NONBLOCK.rawValue)
        let descriptor = socket(isIPv6 ? AF_INET6 : AF_INET, type, 0)
        func failure(_ number: Int32) -> EventError {
            if descriptor >= 0 { close(descriptor) }
            let words = "\(Errno(number))"
            return .cannotServe(
                address: description,
                reason: number == EADDRINUSE ? "another program listens there: name another port" : words)
        }
        guard descriptor >= 0 else { throw failure(errno) }
        var yes: Int32 = 1
        setsockopt(descriptor, SOL_SOCKET, SO_REUSEADDR, &yes, socklen_t(MemoryLayout<Int32>.size))
        let isBound: Bool
        if isIPv6 {
            var address = sockaddr_in6()
            address.sin6_family = sa_family_t(AF_INET6)
            address.sin6_port = port.bigEndian
            inet_pton(AF_INET6, host, &address.sin6_addr)
            isBound = Self.bind(descriptor, &address)
        } else {
            var address = sockaddr_in()
            address.sin_family = sa_family_t(AF_INET)
            address.sin_port = port.bigEndian
            inet_pton(AF_INET, host, &address.sin_addr)
            isBound = Self.bind(descriptor, &address)
        }
        guard isBound, listen(descriptor, 64) == 0 else { throw failure(errno) }
        return descriptor
    }

    private static func bind<Address>(_ descriptor: Int32, _ address: inout Address) -> Bool {
        withUnsafePointer(to: &address) { pointer in
            pointer.withMemoryRebound(to: sockaddr.self, capacity: 1) {
                Glibc.bind(descriptor, $0, socklen_t(MemoryLayout<Address>.size)) == 0
            }
        }
    }
}

/// A secret that a reader from elsewhere must know, from a file that nobody else may read.
package struct HTTPToken: Sendable, Equatable {
    private let secret: [UInt8]

    /// Bytes that a token has at least: nobody guesses it.
    private static let fewestBytes = 16

    /// Reads the first line of a file.
    ///
    /// - Throws: ``EventError/badToken(path:reason:)`` where the file is not there, others may read it, or the token is
    ///   too short.
    package init(path: String) throws(EventError) {
        func bad(_ reason: String) -> EventError { .badToken(path: path, reason: reason) }
        let descriptor = FileName.withCString(path) { open($0, O_RDONLY | O_CLOEXEC | O_NONBLOCK) }
        guard descriptor >= 0 else { throw bad("\(Errno.last)") }
        defer { close(descriptor) }
        var status = stat()
        guard fstat(descriptor, &status) == 0, status.st_mode & S_IFMT == S_IFREG else {
            throw bad("it is no file")
        }
        guard status.st_mode & 0o077 == 0 else {
            throw bad("others may read it: chmod 600 \(path)")
        }
        var bytes = [UInt8](repeating: 0, count: 4096)
        let count = read(descriptor, &bytes, bytes.count)
        let line = bytes.prefix(max(0, count)).prefix { $0 != UInt8(ascii: "\n") && $0 != UInt8(ascii: "\r") }
        guard line.count >= Self.fewestBytes, line.allSatisfy({ (0x21...0x7e).contains($0) && $0 != 0x3b })
        else {
            throw bad(
                "a token is one word of \(Self.fewestBytes) characters or more: openssl rand -hex 24 makes one"
            )
        }
        secret = Array(line)
    }

    /// True for the same secret; takes as long for a wrong one as for the right one.
    func matches(_ word: String?) -> Bool {
        guard let word else { return false }
        let given = Array(word.utf8)
        var difference = UInt8(given.count == secret.count ? 0 : 1)
        for index in secret.indices {
            difference |= secret[index] ^ (index < given.count ? given[index] : 0)
        }
        return difference == 0
    }

    /// As a browser keeps it.
    var cookie: String { String(decoding: secret, as: UTF8.self) }
}
