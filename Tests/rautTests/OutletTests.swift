#if HTTP
import EmotionRecognition
import Events
import Foundation
import Glibc
import System
import Testing
import TestSupport

import raut

/// What a server on this machine answers to one request, or to its beginning.
private func answer(_ port: Int, _ path: String, until part: String? = nil) -> String {
    let descriptor = socket(AF_INET, Int32(SOCK_STREAM.rawValue), 0)
    defer { close(descriptor) }
    var address = sockaddr_in()
    address.sin_family = sa_family_t(AF_INET)
    address.sin_port = UInt16(port).bigEndian
    inet_pton(AF_INET, "127.0.0.1", &address.sin_addr)
    var limit = timeval(tv_sec: 5, tv_usec: 0)
    setsockopt(descriptor, SOL_SOCKET, SO_RCVTIMEO, &limit, socklen_t(MemoryLayout<timeval>.size))
    let status = withUnsafePointer(to: &address) { pointer in
        pointer.withMemoryRebound(to: sockaddr.self, capacity: 1) {
            connect(descriptor, $0, socklen_t(MemoryLayout<sockaddr_in>.size))
        }
    }
    guard status == 0 else { return "" }
    let request = Array(
        "GET \(path) HTTP/1.1\r\nHost: localhost:\(port)\r\nConnection: close\r\n\r\n".utf8)
    _ = send(descriptor, request, request.count, Int32(MSG_NOSIGNAL))
    var received: [UInt8] = []
    var room = [UInt8](repeating: 0, count: 1 << 16)
    while case let count = recv(descriptor, &room, room.count, 0), count > 0 {
        received += room[..<count]
        if let part, String(decoding: received, as: UTF8.self).contains(part) { break }
    }
    return String(decoding: received, as: UTF8.self)
}

@Suite("the log and the page of a session", .serialized, .timeLimit(.minutes(2)))
struct OutletTests {
    init() { signal(SIGPIPE, SIG_IGN) }

    private func events(_ folder: String) -> [String] {
        var lines: [String] = []
        for (day, _) in EventLogFile.days(in: folder) {
            try? EventLogFile.read(day, in: folder) { lines.append(String(decoding: $1, as: UTF8.self)) }
        }
        return lines
    }

    /// A port that is free for now.
    private func port() -> Int { Int.random(in: 20_000..<60_000) }

    @Test(
        "a log goes on, or another takes its place, when options are read again: no event is in none or in both"
    )
    func logs() throws {
        let stand = try SessionStand(source: "camera")
        defer { stand.tearDown() }
        func plan(_ name: String, days: Int? = nil, minSize: Int = 80) {
            stand.plan(source: "camera", minSize: minSize) { settings in
                settings.log = LogSettings(folder: "\(stand.folder)/\(name)", days: days)
            }
        }
        plan("one")
        try stand.begin()
        #expect(eventually(within: 30) { stand.frames > 2 })
        stand.camera.isThere = false
        #expect(eventually { stand.count(#""state":"lost""#) == 1 })
        // The same log with another number of days.
        plan("one", days: 3, minSize: 90)
        let greeted = stand.count(#""event":"hello""#)
        stand.session.hangUp()
        #expect(eventually { stand.count(#""event":"hello""#) > greeted })
        stand.camera.isThere = true
        #expect(eventually { stand.count(#""state":"back""#) == 1 })
        plan("other")
        stand.session.hangUp()
        #expect(eventually { stand.count(#""event":"hello""#) > greeted + 1 })
        stand.camera.isThere = false
        #expect(eventually { stand.count(#""state":"lost""#) == 2 })
        // The first is free for others soon.
        #expect(eventually { (try? EventLog(folder: "\(stand.folder)/one", hello: [])) != nil })
        stand.session.stop()
        #expect(stand.end(within: 10) == 0)
        let (one, other) = (events("\(stand.folder)/one"), events("\(stand.folder)/other"))
        #expect(one.count { $0.contains(#""event":"hello""#) } == 1)
        #expect(one.count { $0.contains(#""state":"lost""#) } == 1)
        #expect(one.count { $0.contains(#""state":"back""#) } == 1)
        #expect(other.count { $0.contains(#""event":"hello""#) } == 1)
        #expect(other.count { $0.contains(#""state":"lost""#) } == 1)
        #expect(!other.contains { $0.contains(#""state":"back""#) })
    }

    @Test("a log that another program writes to is refused: at the start, and when options are read again")
    func twoPrograms() throws {
        let stand = try SessionStand(source: "camera")
        defer { stand.tearDown() }
        let other = try EventLog(folder: "\(stand.folder)/log", hello: [])
        defer { other.stop() }
        try stand.begin()
        #expect(eventually(within: 30) { stand.frames > 2 })
        stand.plan(source: "camera") { $0.log = LogSettings(folder: "\(stand.folder)/log", days: nil) }
        stand.session.hangUp()
        let said = "another program writes to it: name another folder: everything stays as it was"
        #expect(eventually { stand.reports.contains { $0.hasSuffix(said) } })
        #expect(stand.goesOn())
    }

    @Test("the page answers from the beginning, and what it serves changes with the options")
    func page() throws {
        let stand = try SessionStand(source: "camera")
        defer { stand.tearDown() }
        let port = port()
        func plan(picture: Bool, port: Int) throws {
            let address = try HTTPAddress("\(port)")
            stand.plan(source: "camera", minSize: picture ? 90 : 80) {
                $0.http = HTTPSettings(address: address, tokenPath: nil, showsPicture: picture)
            }
        }
        try plan(picture: false, port: port)
        try stand.begin()
        #expect(eventually(within: 30) { stand.frames > 2 })
        #expect(answer(port, "/healthz").hasSuffix("\r\n\r\nok\n"))
        let state = answer(port, "/state")
        #expect(state.contains(#""source":"camera","width":160,"height":120"#))
        #expect(Precision.allCases.contains { state.contains(#""precision":"\#($0)","labels":["#) })
        #expect(answer(port, "/stream.mjpg").hasPrefix("HTTP/1.1 404"))
        let metrics = answer(port, "/metrics")
        #expect(metrics.contains("raut_source_up 1\n") && metrics.contains("raut_http_readers 0\n"))
        let events = answer(port, "/events", until: #""event":"frame""#)
        #expect(events.contains(#"data: {"event":"hello","version":1,"#))
        try plan(picture: true, port: port)
        stand.session.hangUp()
        #expect(
            eventually {
                answer(port, "/stream.mjpg", until: "image/jpeg").contains("Content-Type: image/jpeg")
            })
        // A port that another program has.
        let other = socket(AF_INET, Int32(SOCK_STREAM.rawValue), 0)
        defer { close(other) }
        var address = sockaddr_in()
        address.sin_family = sa_family_t(AF_INET)
        var size = socklen_t(MemoryLayout<sockaddr_in>.size)
        withUnsafeMutablePointer(to: &address) { pointer in
            pointer.withMemoryRebound(to: sockaddr.self, capacity: 1) {
                bind(other, $0, size)
                listen(other, 1)
                getsockname(other, $0, &size)
            }
        }
        try plan(picture: false, port: Int(UInt16(bigEndian: address.sin_port)))
        stand.session.hangUp()
        let said = "another program listens there: name another port: everything stays as it was"
        #expect(eventually { stand.reports.contains { $0.hasSuffix(said) } })
        #expect(answer(port, "/healthz").hasSuffix("ok\n"))
        stand.camera.isThere = false
        #expect(eventually { answer(port, "/healthz").contains("503") })
        #expect(answer(port, "/metrics").contains("raut_source_up 0\n"))
    }
}
#endif
