import Events
import Foundation
import Glibc
import System
import Testing
import TestSupport

private let hello = Array("hello\n".utf8)

private func numbered(_ number: Int, padding: Int = 0) -> [UInt8] {
    Array("line \(number)\(String(repeating: ".", count: padding))\n".utf8)
}

/// The number in a line that `numbered` made, or how many are said to be dropped.
private enum Seen: Equatable {
    case line(Int)
    case dropped(Int)

    init?(_ text: String) {
        let prefix = #"{"event":"dropped","count":"#
        if text.hasPrefix(prefix) {
            guard let count = Int(text.dropFirst(prefix.count).dropLast()) else { return nil }
            self = .dropped(count)
        } else {
            guard let number = Int(text.dropFirst(5).prefix { $0.isNumber }), text.hasPrefix("line ") else {
                return nil
            }
            self = .line(number)
        }
    }
}

@Suite("the event socket", .serialized)
struct EventServerTests {
    let folder = TemporaryFolder()
    var path: String { folder.path + "/events" }

    private func connect(_ server: EventServer) throws -> TestReader {
        let before = server.readers
        let reader = try #require(TestReader(path: path))
        #expect(reader.line() == "hello")
        #expect(eventually { server.readers > before })
        return reader
    }

    @Test("two readers both get hello and the same lines; one that goes away hurts nobody")
    func twoReaders() throws {
        let server = try EventServer(path: path, hello: hello)
        let first = try connect(server)
        let second = try connect(server)
        for number in 0..<100 { server.send(numbered(number)) }
        for number in 0..<100 {
            #expect(first.line() == "line \(number)")
            #expect(second.line() == "line \(number)")
        }
        first.close()
        #expect(eventually { server.readers == 1 })
        server.send(numbered(100))
        #expect(second.line() == "line 100")
        server.stop()
        #expect(second.line() == nil)
        #expect(access(path, F_OK) != 0)
        second.close()
    }

    @Test("a reader that stops reading loses lines, is told how many, and holds nobody up")
    func slowReader() throws {
        let server = try EventServer(path: path, hello: hello)
        let slow = try connect(server)
        let quick = try connect(server)
        let count = 4000
        for number in 0..<count {
            server.send(numbered(number, padding: 200))
            #expect(quick.line().flatMap(Seen.init) == .line(number))
        }
        var next = 0
        var told = 0
        while next < count {
            guard let seen = slow.line().flatMap(Seen.init) else { break }
            switch seen {
            case .line(let number):
                #expect(number == next)
                next = number + 1
            case .dropped(let lost):
                told += lost
                next += lost
            }
        }
        #expect(next == count)
        #expect(told > 1000)
        server.stop()
        slow.close()
        quick.close()
    }

    @Test("a new hello reaches a reader that lost lines: the newest one, after how many were lost")
    func lostHello() throws {
        let server = try EventServer(path: path, hello: hello)
        let slow = try connect(server)
        let newest = #"{"event":"hello","source":"newest"}"#
        for number in 0..<2000 {
            server.send(numbered(number, padding: 200))
            if number == 1500 {
                server.greet(Array("{\"event\":\"hello\",\"source\":\"old\"}\n".utf8), inView: [])
            }
            if number == 1800 { server.greet(Array("\(newest)\n".utf8), inView: []) }
        }
        // Who is told something now comes after what the others were sent.
        let witness = try #require(TestReader(path: path))
        #expect(witness.line() == newest)
        var told: [String] = []
        for _ in 0..<2000 where told.last != newest { if let line = slow.line() { told.append(line) } }
        #expect(told.last == newest)
        #expect(told.dropLast().last?.hasPrefix(#"{"event":"dropped","#) == true)
        server.stop()
        slow.close()
        witness.close()
    }

    @Test("a slow reader gets what waited for it before the end, and how many lines were lost")
    func lastWords() throws {
        var limits = EventServer.Limits()
        limits.lastWords = 30
        let server = try EventServer(path: path, hello: hello, limits: limits)
        let slow = try connect(server)
        let count = 3000
        for number in 0..<count { server.send(numbered(number, padding: 200)) }
        let seen = Guarded((lines: 0, dropped: 0))
        let reading = try JoinableThread(name: "slow") { [slow = Confined(slow)] in
            while let line = slow.value.line() {
                switch Seen(line) {
                case .line: seen.withLock { $0.lines += 1 }
                case .dropped(let lost): seen.withLock { $0.dropped += lost }
                case nil: break
                }
            }
        }
        server.stop(until: .after(60))
        #expect(reading.join(until: .after(60)))
        let (lines, dropped) = seen.withLock { $0 }
        #expect(lines + dropped == count)
        slow.close()
    }

    @Test("a reader that stays stuck is closed")
    func stuckReader() throws {
        var limits = EventServer.Limits()
        limits.patience = 0.3
        let server = try EventServer(path: path, hello: hello, limits: limits)
        let stuck = try connect(server)
        for number in 0..<3000 { server.send(numbered(number, padding: 200)) }
        #expect(eventually { server.readers == 0 })
        server.stop()
        stuck.close()
    }

    @Test("an idle reader is not taken for a stuck one")
    func idleReader() throws {
        var limits = EventServer.Limits()
        limits.patience = 0.1
        let server = try EventServer(path: path, hello: hello, limits: limits)
        let idle = try connect(server)
        #expect(holds(for: 0.3) { server.readers == 1 })
        server.send(numbered(1))
        #expect(idle.line() == "line 1")
        server.stop()
        idle.close()
    }

    @Test("what readers send is ignored, and one that closes its side still gets lines")
    func rubbish() throws {
        let server = try EventServer(path: path, hello: hello)
        let reader = try connect(server)
        for _ in 0..<100 { reader.write([UInt8](repeating: 255, count: 4096)) }
        server.send(numbered(1))
        #expect(reader.line() == "line 1")
        shutdown(reader.descriptor, Int32(SHUT_WR))
        // The server has seen that by the time it takes the next one.
        let next = try connect(server)
        server.send(numbered(2))
        #expect(reader.line() == "line 2" && next.line() == "line 2")
        server.stop()
        reader.close()
        next.close()
    }

    @Test(
        "two hundred readers that connect, stall, send rubbish and vanish cost the sender nothing and leak nothing"
    )
    func storm() throws {
        let server = try EventServer(path: path, hello: hello)
        let steady = try connect(server)
        var readers: [TestReader] = []
        var longest = Duration.zero
        for number in 0..<2000 {
            if readers.count < 200, let reader = TestReader(path: path) { readers.append(reader) }
            if number.isMultiple(of: 3) { readers.randomElement()?.write([UInt8](repeating: 7, count: 3000)) }
            if number.isMultiple(of: 2), readers.count > 100 {
                readers.remove(at: Int.random(in: 0..<readers.count)).close()
            }
            let line = numbered(number, padding: 300)
            longest = max(longest, ContinuousClock().measure { server.send(line) })
            #expect(steady.line().flatMap(Seen.init) == .line(number))
        }
        // Who waits for a reader that stalls waits for as long as such a one is let be: ten seconds.
        #expect(longest < .seconds(5))
        for reader in readers { reader.close() }
        #expect(eventually { server.readers == 1 && acceptedSockets(at: path).count == 1 })
        steady.close()
        server.stop()
    }

    @Test("readers beyond the limit are closed at once")
    func tooMany() throws {
        var limits = EventServer.Limits()
        limits.readers = 2
        let server = try EventServer(path: path, hello: hello, limits: limits)
        let readers = try [connect(server), connect(server)]
        let third = try #require(TestReader(path: path))
        #expect(third.line() == nil)
        server.stop()
        for reader in readers + [third] { reader.close() }
    }

    @Test("a new hello is for readers that are there and those that come after it")
    func newHello() throws {
        let server = try EventServer(path: path, hello: hello)
        let early = try connect(server)
        server.greet(Array("again\n".utf8), inView: [])
        let reader = try #require(TestReader(path: path))
        #expect(reader.line() == "again")
        #expect(early.line() == "again")
        server.stop()
        early.close()
        reader.close()
    }

    @Test("who connects before the first line is known waits for it")
    func early() throws {
        let server = try EventServer(path: path)
        let reader = try #require(TestReader(path: path))
        #expect(holds(for: 0.02) { server.readers == 0 })
        server.begin(hello: hello)
        #expect(reader.line() == "hello")
        server.stop()
        reader.close()
    }

    @Test("the socket's file or its folder is removed: it is made again, said once, and nobody is sent away")
    func removed() throws {
        var limits = EventServer.Limits()
        limits.fileInterval = 0.05
        let notices = Guarded<[EventServer.Notice]>([])
        let below = folder.path + "/below"
        mkdir(below, 0o700)
        let place = below + "/events"
        let server = try EventServer(path: place, hello: hello, limits: limits) { notice in
            notices.change { $0.append(notice) }
        }
        let steady = try #require(TestReader(path: place))
        #expect(steady.line() == "hello")
        for round in 1...2 {
            unlink(place)
            if round == 2 { rmdir(below) }
            #expect(eventually { access(place, F_OK) == 0 && notices.withLock { $0.count } == round })
            let late = try #require(TestReader(path: place))
            #expect(late.line() == "hello")
            server.send(numbered(round))
            #expect(steady.line() == "line \(round)" && late.line() == "line \(round)")
            late.close()
            #expect(eventually { server.readers == 1 })
        }
        #expect(notices.withLock { $0 } == [.remade(path: place), .remade(path: place)])
        server.stop()
        #expect(access(place, F_OK) != 0)
        steady.close()
    }

    @Test("a socket's file that can't be made again is said once, and made when it can")
    func cannotRemake() throws {
        var limits = EventServer.Limits()
        limits.fileInterval = 0.05
        let notices = Guarded<[EventServer.Notice]>([])
        let server = try EventServer(path: path, hello: hello, limits: limits) { notice in
            notices.change { $0.append(notice) }
        }
        unlink(path)
        // Somebody else's file stands there.
        close(open(path, O_CREAT | O_WRONLY, 0o600))
        #expect(eventually { notices.withLock { $0.count } == 1 })
        #expect(holds(for: 0.2) { notices.withLock { $0.count } == 1 })
        unlink(path)
        #expect(eventually { notices.withLock { $0.last } == .remade(path: path) })
        #expect(notices.withLock { $0.count } == 2)
        server.stop()
    }

    @Test("a lock that somebody holds on the socket's folder is waited for a moment, and then said")
    func lockedFolder() throws {
        let descriptor = open(folder.path, O_RDONLY | O_DIRECTORY)
        #expect(flock(descriptor, LOCK_EX) == 0)
        let time = ContinuousClock().measure {
            let error = #expect(throws: EventError.self) { try EventServer(path: path, hello: hello) }
            #expect("\(error.map { "\($0)" } ?? "")".contains("another program has locked its folder"))
        }
        #expect(time > .seconds(1) && time < .seconds(20))
        // Somebody who wants to end does not wait that long.
        let cancellation = Cancellation()
        cancellation.raise()
        let quickest = (1...3).map { _ in
            ContinuousClock().measure {
                #expect(throws: EventError.self) { try EventServer(path: path, cancellation) }
            }
        }.min()
        #expect(try #require(quickest) < .seconds(1))
        close(descriptor)
        try EventServer(path: path, hello: hello).stop()
    }

    @Test("a reader that comes late is told of the faces in view after hello, and each line once")
    func late() throws {
        let server = try EventServer(path: path, hello: hello)
        server.send(numbered(1), inView: numbered(1))
        let first = try connect(server)
        #expect(first.line() == "line 1")
        server.send(numbered(2), inView: numbered(1) + numbered(2))
        let second = try connect(server)
        #expect(second.line() == "line 1" && second.line() == "line 2")
        server.send(numbered(3), inView: [])
        let third = try connect(server)
        server.send(numbered(4))
        #expect(first.line() == "line 2" && first.line() == "line 3" && first.line() == "line 4")
        #expect(second.line() == "line 3" && second.line() == "line 4")
        #expect(third.line() == "line 4")
        server.stop()
        for reader in [first, second, third] { reader.close() }
    }

    @Test("readers that come while lines are sent see each number once, in order, from what was in view on")
    func lateInAStorm() throws {
        let server = try EventServer(path: path, hello: hello)
        let ending = Cancellation()
        let sender = try JoinableThread(name: "sender") {
            // As long as two hundred readers have come; each line replaces what is in view.
            for number in 0..<1_000_000 {
                server.send(numbered(number), inView: numbered(number))
                if ending.isRaised { return }
                if number.isMultiple(of: 16) { _ = ending.sleep(seconds: 5e-5) }
            }
        }
        for _ in 0..<200 {
            let reader = try #require(TestReader(path: path))
            #expect(reader.line() == "hello")
            var next: Int?
            for _ in 0..<20 {
                // On a busy machine some may be lost, and then are counted.
                switch try #require(reader.line().flatMap(Seen.init)) {
                case .line(let number):
                    if let next { #expect(number == next) }
                    next = number + 1
                case .dropped(let lost): next = next.map { $0 + lost }
                }
            }
            reader.close()
        }
        ending.raise()
        sender.join()
        server.stop()
    }

    @Test(
        "a reader that left while a child held a copy of its socket is not taken for the one that comes next")
    func copiedByAChild() throws {
        let server = try EventServer(path: path, hello: hello)
        var copies: [Int32] = []
        for number in 1...5 {
            let first = try connect(server)
            // A child has a copy of each descriptor from fork(2) to execve(2).
            let known = copies
            copies += acceptedSockets(at: path).filter { !known.contains($0) }.map { dup($0) }
            first.close()
            #expect(eventually { server.readers == 0 })
            let second = try connect(server)
            server.send(numbered(number))
            #expect(second.line() == "line \(number)")
            second.close()
            #expect(eventually { server.readers == 0 })
        }
        #expect(copies.count == 5)
        for copy in copies { Glibc.close(copy) }
        server.stop()
    }

    @Test("a socket that was handed over blocking, as systemd does, serves readers one after another")
    func inherited() throws {
        let listening = socket(AF_UNIX, Int32(SOCK_STREAM.rawValue), 0)
        #expect(bindUnixSocket(listening, to: path) && listen(listening, 8) == 0)
        let server = try EventServer(listening: listening)
        server.begin(hello: hello)
        let first = try connect(server)
        server.send(numbered(1))
        #expect(first.line() == "line 1")
        let second = try connect(server)
        server.send(numbered(2))
        #expect(first.line() == "line 2" && second.line() == "line 2")
        server.stop()
        // The file is systemd's.
        #expect(access(path, F_OK) == 0)
        first.close()
        second.close()
    }

    @Test(
        "the file of a socket that was handed over is not made again where somebody removes it: that is said once"
    )
    func inheritedAndRemoved() throws {
        let listening = socket(AF_UNIX, Int32(SOCK_STREAM.rawValue), 0)
        #expect(bindUnixSocket(listening, to: path) && listen(listening, 8) == 0)
        let notices = Guarded<[EventServer.Notice]>([])
        var limits = EventServer.Limits()
        limits.fileInterval = 0.02
        let server = try EventServer(listening: listening, limits: limits) { notice in
            notices.change { $0.append(notice) }
        }
        server.begin(hello: hello)
        let reader = try connect(server)
        #expect(holds(for: 0.06) { notices.withLock { $0 } == [] })
        unlink(path)
        #expect(eventually { notices.withLock { !$0.isEmpty } })
        #expect(holds(for: 0.1) { notices.withLock { $0 } == [.gone(path: path)] })
        #expect(access(path, F_OK) != 0)
        // Who is there stays.
        server.send(numbered(1))
        #expect(reader.line() == "line 1")
        server.stop()
        reader.close()
    }

    @Test("a stale socket file is replaced, one in use is not")
    func stale() throws {
        let first = try EventServer(path: path, hello: hello)
        #expect(throws: EventError.self) { try EventServer(path: path, hello: hello) }
        // Whoever tried the place was a reader for a moment, too.
        let reader = try #require(TestReader(path: path))
        #expect(reader.line() == "hello")
        #expect(eventually { first.readers == 1 })
        first.stop()
        reader.close()

        let abandoned = socket(AF_UNIX, Int32(SOCK_STREAM.rawValue), 0)
        #expect(bindUnixSocket(abandoned, to: path))
        close(abandoned)
        #expect(access(path, F_OK) == 0)
        let second = try EventServer(path: path, hello: hello)
        let again = try connect(second)
        second.stop()
        again.close()
    }

    @Test("at the end only the server's own socket file is removed")
    func foreignFile() throws {
        let server = try EventServer(path: path, hello: hello)
        unlink(path)
        try Data("mine".utf8).write(to: URL(fileURLWithPath: path))
        server.stop()
        #expect(access(path, F_OK) == 0)
    }

    @Test("a file that is no socket is left alone")
    func ordinaryFile() throws {
        try Data("mine".utf8).write(to: URL(fileURLWithPath: path))
        #expect(throws: EventError.self) { try EventServer(path: path, hello: hello) }
        #expect(FileManager.default.contents(atPath: path) == Data("mine".utf8))
    }

    @Test("paths that are too long or in no folder, and unknown groups, are said to be so")
    func wrongPaths() {
        let long = folder.path + "/" + String(repeating: "x", count: 110)
        var unknown = SocketAccess()
        unknown.group = "no-such-group"
        func reason(_ path: String, _ access: SocketAccess = SocketAccess()) -> String {
            do {
                try EventServer(path: path, access: access, hello: hello).stop()
                return ""
            } catch { return error.description }
        }
        #expect(reason(long).contains("bytes long"))
        #expect(reason("").contains("bytes long"))
        #expect(reason(folder.path + "/none/events").contains("No such file or directory"))
        #expect(reason(path, unknown).contains("no group 'no-such-group'"))
        #expect(access(path, F_OK) != 0)
    }

    @Test("the file has the mode asked for", arguments: [0o660, 0o600, 0o666] as [UInt32])
    func mode(mode: UInt32) throws {
        var access = SocketAccess()
        access.mode = mode
        access.group = "\(getgid())"
        let server = try EventServer(path: path, access: access, hello: hello)
        var status = stat()
        #expect(lstat(path, &status) == 0)
        #expect(status.st_mode & 0o777 == mode)
        server.stop()
    }
}
