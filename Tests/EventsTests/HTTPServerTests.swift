#if HTTP
import Events
import Foundation
import Glibc
import System
import Testing
import TestSupport

/// A connection as a browser has one, read as plain text.
private final class TestBrowser {
    private let descriptor: Int32
    private var received: [UInt8] = []

    init(port: UInt16, receiveBuffer: Int32? = nil) throws {
        descriptor = socket(AF_INET, Int32(SOCK_STREAM.rawValue), 0)
        if var size = receiveBuffer {
            setsockopt(descriptor, SOL_SOCKET, SO_RCVBUF, &size, socklen_t(MemoryLayout<Int32>.size))
        }
        var address = sockaddr_in()
        address.sin_family = sa_family_t(AF_INET)
        address.sin_port = port.bigEndian
        inet_pton(AF_INET, "127.0.0.1", &address.sin_addr)
        let status = withUnsafePointer(to: &address) { pointer in
            pointer.withMemoryRebound(to: sockaddr.self, capacity: 1) {
                connect(descriptor, $0, socklen_t(MemoryLayout<sockaddr_in>.size))
            }
        }
        try #require(status == 0)
        var limit = timeval(tv_sec: 30, tv_usec: 0)
        setsockopt(descriptor, SOL_SOCKET, SO_RCVTIMEO, &limit, socklen_t(MemoryLayout<timeval>.size))
    }

    deinit { close(descriptor) }

    func send(_ text: String) {
        let bytes = Array(text.utf8)
        _ = Glibc.send(descriptor, bytes, bytes.count, Int32(MSG_NOSIGNAL))
    }

    /// All that came until a text is in it, or the connection ends.
    func read(until text: String? = nil) -> String {
        var room = [UInt8](repeating: 0, count: 1 << 16)
        while true {
            let all = String(decoding: received, as: UTF8.self)
            if let text, all.contains(text) { return all }
            let count = recv(descriptor, &room, room.count, 0)
            guard count > 0 else { return all }
            received.append(contentsOf: room[..<count])
        }
    }
}

private func line(_ number: Int, padding: Int = 0) -> [UInt8] {
    Array("{\"number\":\(number),\"padding\":\"\(String(repeating: ".", count: padding))\"}\n".utf8)
}

@Suite("the page and its data over HTTP", .serialized)
final class HTTPServerTests {
    private let folder = TemporaryFolder()
    private let trouble = TroubleBox()
    private var servers: [HTTPServer] = []

    deinit { for server in servers { server.stop() } }

    private final class TroubleBox: Sendable {
        let words = Guarded<String?>(nil)
    }

    /// A server on some port that is free.
    private func serve(
        token: HTTPToken? = nil, limits: HTTPServer.Limits = HTTPServer.Limits(),
        picture: (@Sendable (Int) -> (number: Int, jpeg: [UInt8])?)? = nil
    ) throws -> HTTPServer {
        let content = HTTPServer.Content(
            state: { "{\"faces\":[]}" }, metrics: { "raut_faces 0\n" },
            trouble: { [trouble] in trouble.words.withLock { $0 } }, picture: picture)
        for _ in 0..<50 {
            let port = UInt16.random(in: 20_000...60_000)
            do {
                let server = try HTTPServer(
                    HTTPAddress("\(port)"), token: token,
                    hello: Array("{\"event\":\"hello\",\"version\":1}\n".utf8),
                    content: content, limits: limits)
                servers.append(server)
                return server
            } catch EventError.cannotServe {}
        }
        throw EventError.cannotServe(address: "any", reason: "no port is free")
    }

    private func ask(
        _ server: HTTPServer, _ path: String, method: String = "GET", host: String? = nil,
        headers: [String] = []
    ) throws -> String {
        let browser = try TestBrowser(port: server.address.port)
        let lines =
            [
                "\(method) \(path) HTTP/1.1", "Host: \(host ?? server.address.description)",
                "Connection: close",
            ]
            + headers
        browser.send(lines.joined(separator: "\r\n") + "\r\n\r\n")
        return browser.read()
    }

    private func status(_ answer: String) -> Int? {
        answer.split(separator: " ").dropFirst().first.flatMap { Int($0) }
    }

    @Test("the page, its parts, state, metrics and health are answered, and nothing else")
    func paths() throws {
        let server = try serve()
        let page = try ask(server, "/")
        #expect(status(page) == 200 && page.contains("<title>Raut</title>"))
        for header in [
            "Content-Security-Policy: default-src 'none'", "X-Frame-Options: DENY", "Cache-Control: no-store",
            "Cross-Origin-Resource-Policy: same-origin", "X-Content-Type-Options: nosniff",
        ] { #expect(page.contains(header)) }
        #expect(!page.contains("Access-Control-Allow"))
        #expect(try ask(server, "/raut.js").contains("EventSource"))
        #expect(try ask(server, "/raut.css").contains("prefers-color-scheme"))
        #expect(try ask(server, "/state").hasSuffix("{\"faces\":[]}"))
        let metrics = try ask(server, "/metrics")
        #expect(metrics.contains("raut_faces 0\n") && metrics.contains("raut_http_readers 0\n"))
        #expect(try ask(server, "/healthz").hasSuffix("\r\n\r\nok\n"))
        trouble.words.withLock { $0 = "no frame for 9 seconds" }
        let ill = try ask(server, "/healthz")
        #expect(status(ill) == 503 && ill.hasSuffix("no frame for 9 seconds\n"))
        for path in [
            "/stream.mjpg", "/etc/passwd", "/../../etc/passwd", "/..%2f..%2fetc/passwd",
            "/state/../../etc/passwd",
            "//etc/passwd", "/page.html",
        ] { #expect(try status(ask(server, path)) == 404, "\(path)") }
        #expect(try !ask(server, "/", method: "HEAD").contains("<title>"))
    }

    @Test("another site gets nothing: neither by its name made to point here, nor from a page of its own")
    func otherSites() throws {
        let server = try serve()
        let port = server.address.port
        for host in [
            "evil.example:\(port)", "evil.example", "127.0.0.1", "127.0.0.1:1",
            "localhost.evil.example:\(port)",
        ] {
            #expect(try status(ask(server, "/state", host: host)) == 403, "\(host)")
        }
        #expect(try status(ask(server, "/state", host: "localhost:\(port)")) == 200)
        #expect(try status(ask(server, "/state", headers: ["Origin: http://evil.example"])) == 403)
        #expect(try status(ask(server, "/state", headers: ["Origin: null"])) == 403)
        #expect(try status(ask(server, "/events", headers: ["Sec-Fetch-Site: cross-site"])) == 403)
        #expect(
            try status(ask(server, "/", headers: ["Sec-Fetch-Site: cross-site", "Sec-Fetch-Dest: document"]))
                == 200)
        #expect(
            try status(
                ask(
                    server, "/state",
                    headers: ["Origin: http://\(server.address)", "Sec-Fetch-Site: same-origin"]))
                == 200)
    }

    @Test("nothing is taken: other methods are refused, and a gigabyte is not waited for")
    func uploads() throws {
        let server = try serve()
        for method in ["POST", "PUT", "DELETE", "OPTIONS", "TRACE"] {
            #expect(try status(ask(server, "/state", method: method)) == 405, "\(method)")
        }
        let browser = try TestBrowser(port: server.address.port)
        browser.send(
            "POST / HTTP/1.1\r\nHost: \(server.address)\r\nContent-Length: 1073741824\r\n\r\n"
                + String(repeating: "x", count: 1 << 20))
        #expect(status(browser.read(until: "\r\n\r\n")) == 413)
        let long = try ask(server, "/" + String(repeating: "a", count: 1 << 20))
        #expect(long.isEmpty || (400..<500).contains(status(long) ?? 0))
        #expect(try status(ask(server, "/healthz")) == 200)
    }

    @Test("a reader of events gets hello, the faces in view, and each line as it comes")
    func events() throws {
        let server = try serve()
        server.send(line(1), inView: line(100))
        let browser = try TestBrowser(port: server.address.port)
        browser.send("GET /events HTTP/1.1\r\nHost: \(server.address)\r\n\r\n")
        let greeting = browser.read(until: "data: {\"number\":100")
        #expect(greeting.contains("Content-Type: text/event-stream"))
        #expect(greeting.contains("data: {\"event\":\"hello\",\"version\":1}\n\n"))
        #expect(!greeting.contains("\"number\":1,"))
        #expect(server.readers == 1)
        for number in 2..<40 { server.send(line(number)) }
        let all = browser.read(until: "\"number\":39,")
        for number in 2..<40 { #expect(all.contains("data: {\"number\":\(number),")) }
        server.greet(Array("{\"event\":\"hello\",\"version\":1,\"width\":3}\n".utf8), inView: [])
        #expect(
            browser.read(until: "\"width\":3").contains(
                "data: {\"event\":\"hello\",\"version\":1,\"width\":3}\n\n"))
    }

    @Test("a reader of events gets the last line before the end")
    func lastWords() throws {
        var limits = HTTPServer.Limits()
        limits.lastWords = 30
        for _ in 0..<20 {
            let server = try serve(limits: limits)
            let browser = try TestBrowser(port: server.address.port)
            browser.send("GET /events HTTP/1.1\r\nHost: \(server.address)\r\n\r\n")
            _ = browser.read(until: "hello")
            for number in 1...100 { server.send(line(number)) }
            server.stop()
            let all = browser.read()
            #expect(all.contains("data: {\"number\":100,"))
        }
    }

    @Test("a browser that never reads loses lines, holds nobody up, and is closed")
    func neverReads() throws {
        for patience: UInt32 in [600, 1] {
            var limits = HTTPServer.Limits()
            limits.patience = patience
            let server = try serve(limits: limits)
            let stuck = try TestBrowser(port: server.address.port, receiveBuffer: 4096)
            stuck.send("GET /events HTTP/1.1\r\nHost: \(server.address)\r\n\r\n")
            #expect(eventually { server.readers == 1 })
            // Far more than all buffers hold: where sending waited for the browser, this would last as long as it is
            // given, ten minutes.
            for number in 0..<20_000 { server.send(line(number, padding: 400)) }
            if patience == 1 {
                #expect(eventually { server.readers == 0 })
            } else {
                #expect(server.readers == 1)
            }
            #expect(try status(ask(server, "/healthz")) == 200)
        }
    }

    @Test("200 browsers: as many as there is room for are served, one more is told, others go on")
    func many() throws {
        var limits = HTTPServer.Limits()
        limits.connections = 300
        limits.streams = 20
        let server = try serve(limits: limits)
        var browsers: [TestBrowser] = []
        for _ in 0..<200 {
            let browser = try TestBrowser(port: server.address.port)
            browser.send("GET /events HTTP/1.1\r\nHost: \(server.address)\r\n\r\n")
            browsers.append(browser)
        }
        let statuses = browsers.map { status($0.read(until: "\r\n\r\n")) }
        #expect(statuses.count { $0 == 200 } == 20 && statuses.count { $0 == 503 } == 180)
        server.send(line(7))
        let served = zip(browsers, statuses).filter { $0.1 == 200 }.map(\.0)
        #expect(served.allSatisfy { $0.read(until: "\"number\":7,").contains("\"number\":7,") })
        browsers = []
        #expect(try status(ask(server, "/state")) == 200)
    }

    @Test("the picture is a stream of JPEGs, each once")
    func picture() throws {
        let number = Guarded(1)
        let box = NumberBox(number: number.withLock { $0 })
        let server = try serve(picture: { after in
            let current = box.value.withLock { $0 }
            return current == after ? nil : (current, Array("picture \(current)".utf8))
        })
        let browser = try TestBrowser(port: server.address.port)
        browser.send("GET /stream.mjpg HTTP/1.1\r\nHost: \(server.address)\r\n\r\n")
        #expect(browser.read(until: "picture 1").contains("multipart/x-mixed-replace; boundary=raut-picture"))
        #expect(eventually { server.showsPicture })
        box.value.withLock { $0 = 2 }
        server.pictureChanged()
        let all = browser.read(until: "picture 2")
        #expect(
            all.contains(
                "--raut-picture\r\nContent-Type: image/jpeg\r\nContent-Length: 9\r\n\r\npicture 2\r\n"))
        #expect(all.components(separatedBy: "picture 1\r\n").count == 2)
    }

    private final class NumberBox: Sendable {
        let value: Guarded<Int>
        init(number: Int) { value = Guarded(number) }
    }

    @Test("a port in use, a wrong address and an open door without a token are refused in one line")
    func refused() throws {
        let server = try serve()
        let content = HTTPServer.Content(state: { "" }, metrics: { "" }, trouble: { nil })
        #expect(
            throws: EventError.cannotServe(
                address: server.address.description,
                reason: "another program listens there: name another port")
        ) { try HTTPServer(server.address, hello: [], content: content) }
        #expect(throws: EventError.self) {
            try HTTPServer(HTTPAddress("0.0.0.0:8080"), hello: [], content: content)
        }
        for wrong in ["", "0", "65536", "http", "example.org:80", "::1:80", "1.2.3:80", "[::1]", "-1"] {
            #expect(throws: EventError.self, "\(wrong)") { try HTTPAddress(wrong) }
        }
        #expect(try HTTPAddress("[::1]:80").description == "[::1]:80")
        #expect(try HTTPAddress("localhost:8080") == HTTPAddress("8080"))
    }

    @Test("who knows the token is let in, once by the address and then by a cookie; nobody else is")
    func token() throws {
        let path = folder.path + "/token"
        try Data("0123456789abcdef0123\n".utf8).write(to: URL(fileURLWithPath: path))
        chmod(path, 0o644)
        #expect(throws: EventError.badToken(path: path, reason: "others may read it: chmod 600 \(path)")) {
            try HTTPToken(path: path)
        }
        chmod(path, 0o600)
        let server = try serve(token: HTTPToken(path: path))
        #expect(try status(ask(server, "/state")) == 401)
        #expect(
            try status(ask(server, "/metrics", headers: ["Authorization: Bearer 0123456789abcdef012"])) == 401
        )
        #expect(
            try status(ask(server, "/metrics", headers: ["Authorization: Bearer 0123456789abcdef0123"]))
                == 200)
        let first = try ask(server, "/?token=0123456789abcdef0123")
        #expect(status(first) == 303 && first.contains("Location: /\r\n"))
        #expect(
            first.contains("Set-Cookie: raut_token=0123456789abcdef0123; HttpOnly; SameSite=Strict; Path=/"))
        #expect(
            try status(ask(server, "/state", headers: ["Cookie: raut_token=0123456789abcdef0123"])) == 200)
        try Data("short\n".utf8).write(to: URL(fileURLWithPath: path))
        #expect(throws: EventError.self) { try HTTPToken(path: path) }
        #expect(throws: EventError.self) { try HTTPToken(path: folder.path) }
    }
}
#endif
