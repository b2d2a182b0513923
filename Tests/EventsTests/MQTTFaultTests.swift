#if MQTT
import Events
import Foundation
import Glibc
import Synchronization
import System
import Testing
import TestSupport

/// A broker that does as it is told with each client, and keeps what clients say.
private final class FaultyBroker: Sendable {
    /// What it does with a client.
    enum Manner: Sendable {
        /// Answers CONNECT with this code (MQTT 3.1.1, 3.2.2.3), and acknowledges nothing.
        case answer(UInt8)
        /// Takes the connection and says nothing.
        case mute
        /// Welcomes, and hangs up at the first message.
        case welcomeAndDrop
        /// Welcomes, and sends a packet of so many bytes.
        case flood(Int)
        /// Welcomes, and sends messages that must be kept until it releases them, and never does.
        case hold
        /// Welcomes byte by byte, and begins a packet of 256 MB as slowly.
        case trickle
        /// Welcomes, and begins a packet that it never ends.
        case pause
    }

    let port: Int
    private let listening: Int32
    private let manner: Manner
    private let taken = Guarded<[[UInt8]]>([])

    init(_ manner: Manner) throws {
        self.manner = manner
        let (descriptor, port) = try #require(loopbackListener())
        listening = descriptor
        self.port = port
        _ = try JoinableThread(name: "faulty-broker") { [self] in
            while case let client = accept(descriptor, nil, nil), client >= 0 {
                _ = try? JoinableThread(name: "faulty-client") { [self] in
                    serve(client)
                    close(client)
                }
            }
        }
    }

    deinit { close(listening) }

    private let flood = Guarded((bytes: 0, isOver: false))

    /// Bytes that it could get rid of, and whether that has come to an end.
    var flooded: Int { flood.withLock { $0.bytes } }
    var floodEnded: Bool { flood.withLock { $0.isOver } }
    /// How many connections there were.
    var connections: Int { taken.withLock { $0.count } }
    /// All that each client said.
    var said: [[UInt8]] { taken.withLock { $0.map { $0.map { $0 } } } }

    func leave() { shutdown(listening, Int32(SHUT_RDWR)) }

    private func serve(_ client: Int32) {
        let index = taken.change { taken in
            taken.append([])
            return taken.count - 1
        }
        var chunk = [UInt8](repeating: 0, count: 4096)
        func take() -> Bool {
            let count = recv(client, &chunk, chunk.count, 0)
            if count > 0 { taken.change { $0[index] += chunk[..<count] } }
            return count > 0
        }
        func say(_ bytes: [UInt8]) -> Bool {
            send(client, bytes, bytes.count, Int32(MSG_NOSIGNAL)) == bytes.count
        }
        guard take() else { return }
        switch manner {
        case .answer(let code): _ = say([0x20, 2, 0, code])
        case .mute: break
        case .welcomeAndDrop:
            _ = say([0x20, 2, 0, 0])
            _ = take()
            return
        case .flood(let size):
            _ = say([0x20, 2, 0, 0])
            var (length, header) = (size, [UInt8(0x30)])
            while length > 0 {
                header.append(UInt8(length & 127) | (length > 127 ? 128 : 0))
                length >>= 7
            }
            defer { flood.change { $0.isOver = true } }
            guard say(header + [0, 1, 0x61]) else { return }
            let piece = [UInt8](repeating: 0x61, count: 1 << 16)
            for _ in 0..<size >> 16 {
                guard say(piece) else { return }
                flood.change { $0.bytes += piece.count }
            }
        case .hold:
            _ = say([0x20, 2, 0, 0])
            // PUBLISH with quality of service 2 (MQTT 3.1.1, 3.3): a topic, a number, and 3000 bytes.
            for number in 1...1000 as ClosedRange<UInt16> {
                let head: [UInt8] = [0x34, 0xBD, 0x17, 0, 1, 0x61, UInt8(number >> 8), UInt8(number & 255)]
                guard say(head + [UInt8](repeating: 0x61, count: 3000)) else { return }
            }
        case .trickle:
            for byte in [0x20, 2, 0, 0, 0x30, 0x80, 0x80, 0x80, 0x7F, 0x61] as [UInt8] {
                guard say([byte]) else { return }
                _ = holds(for: 0.02) { true }
            }
        case .pause:
            guard say([0x20, 2, 0, 0]) else { return }
            // The head of an acknowledgement (MQTT 3.1.1, 3.4) and half of its number.
            guard say([0x40, 2, 0]) else { return }
        }
        while take() {}
    }
}

@Suite("an MQTT broker that does not do as it should", .serialized, .timeLimit(.minutes(3)))
struct MQTTFaultTests {
    init() { signal(SIGPIPE, SIG_IGN) }

    private func sink(
        _ broker: FaultyBroker, patience: Double = 10, pause: Double = 0.02,
        notices: Guarded<[MQTTSink.Notice]>
    ) throws -> MQTTSink {
        var timing = MQTTSink.Timing()
        (timing.patience, timing.firstPause) = (patience, pause)
        let sink = try MQTTSink(
            MQTTAddress("mqtt://kiosk:s3cret@127.0.0.1:\(broker.port)/kiosk"), timing: timing
        ) { notice in notices.change { $0.append(notice) } }
        try sink.begin(hello: Array("hello\n".utf8))
        return sink
    }

    @Test(
        "why a broker refuses is said in words that help",
        arguments: [
            (1, "another version"), (2, "our name"), (3, "not available"), (4, "wrong user name or password"),
            (5, "not allowed"), (77, "the code 77"),
        ] as [(UInt8, String)])
    func refused(code: UInt8, words: String) throws {
        let broker = try FaultyBroker(.answer(code))
        let notices = Guarded<[MQTTSink.Notice]>([])
        let sink = try sink(broker, notices: notices)
        #expect(eventually { notices.withLock { $0.count } == 1 })
        guard case .lost(let reason)? = notices.withLock({ $0.first }) else { return }
        #expect(reason.contains(words), "\(reason)")
        #expect(!reason.contains("s3cret") && !reason.contains("kiosk:"))
        sink.stop()
        broker.leave()
    }

    @Test("a broker that takes the connection and says nothing is noticed")
    func mute() throws {
        let broker = try FaultyBroker(.mute)
        let notices = Guarded<[MQTTSink.Notice]>([])
        let sink = try sink(broker, patience: 2, notices: notices)
        #expect(eventually { notices.withLock { $0.count } == 1 })
        #expect(
            notices.withLock { $0.first } == .lost(reason: "the broker has not answered for 2 seconds"))
        let time = ContinuousClock().measure { sink.stop() }
        #expect(time < .seconds(5))
        broker.leave()
    }

    @Test("a host that is not there, and a port where nobody listens, are said as what they are")
    func unreachable() throws {
        for (host, words) in [
            ("127.0.0.1:1", "Connection refused"), ("no-such-host.invalid", "no host of this name"),
        ] {
            let notices = Guarded<[MQTTSink.Notice]>([])
            let sink = try MQTTSink(MQTTAddress("mqtt://\(host)/kiosk")) { notice in
                notices.change { $0.append(notice) }
            }
            try sink.begin(hello: Array("hello\n".utf8))
            #expect(eventually(within: 30) { notices.withLock { $0.count } == 1 })
            guard case .lost(let reason)? = notices.withLock({ $0.first }) else { return }
            // Where there is no network a name server may not even say no.
            #expect(reason.contains(words) || reason.contains("can't be reached"), "\(reason)")
            sink.stop()
        }
    }

    @Test("a packet of 256 MB that nobody asked for ends the connection and costs no memory")
    func flood() throws {
        let broker = try FaultyBroker(.flood(268_000_000))
        let notices = Guarded<[MQTTSink.Notice]>([])
        let sink = try sink(broker, pause: 5, notices: notices)
        #expect(eventually { notices.withLock { $0.count } >= 1 })
        #expect(
            notices.withLock { $0.first }
                == .lost(reason: "the broker sends a packet of 268000000 bytes, which nobody asked for"))
        sink.stop()
        broker.leave()
        // What is not taken costs nothing; the kernel's buffers hold some megabytes.
        #expect(eventually { broker.floodEnded })
        #expect(broker.flooded < 32 << 20)
    }

    @Test("messages that would have to be kept end the connection")
    func held() throws { try seesThrough(.hold, "the broker sends more than anybody asked for") }

    @Test("a packet whose header comes in pieces is seen through")
    func pieces() throws {
        try seesThrough(.trickle, "the broker sends a packet of 266338304 bytes, which nobody asked for")
    }

    @Test("a packet that is begun and never ended ends the connection")
    func unfinished() throws {
        try seesThrough(.pause, "the broker began a packet and did not end it in 2 seconds", patience: 2)
    }

    private func seesThrough(
        _ manner: FaultyBroker.Manner, _ reason: String, patience: Double = 10
    ) throws {
        let broker = try FaultyBroker(manner)
        let notices = Guarded<[MQTTSink.Notice]>([])
        let sink = try sink(broker, patience: patience, pause: 5, notices: notices)
        #expect(eventually { notices.withLock { $0.count } >= 1 })
        #expect(notices.withLock { $0.first } == .lost(reason: reason))
        sink.stop()
        broker.leave()
    }

    @Test("a broker that welcomes and drops in turn costs no memory, and is tried again with longer pauses")
    func welcomesAndDrops() throws {
        let broker = try FaultyBroker(.welcomeAndDrop)
        let notices = Guarded<[MQTTSink.Notice]>([])
        let sink = try sink(broker, pause: 0.001, notices: notices)
        let line = Array(String(repeating: "x", count: 1000).utf8) + [10]
        for _ in 0..<200 { sink.send(line) }
        #expect(eventually { broker.connections >= 8 })
        let before = residentMegabytes()
        for _ in 0..<2000 { sink.send(line) }
        #expect(eventually(within: 20) { broker.connections >= 11 })
        // Tests beside this one take some and give it back.
        #expect(eventually { residentMegabytes() - before < 16 })
        // The pauses grow: it has not been tried hundreds of times.
        #expect(broker.connections < 30)
        sink.stop()
        broker.leave()
    }

    @Test("who stops while it connects says neither online nor offline afterwards")
    func stopDuringConnect() throws {
        let broker = try FaultyBroker(.mute)
        let notices = Guarded<[MQTTSink.Notice]>([])
        let sink = try sink(broker, notices: notices)
        #expect(eventually { broker.said.first.map { !$0.isEmpty } ?? false })
        sink.stop()
        // DISCONNECT (MQTT 3.1.1, 3.14): the broker forgets the last will, which says offline.
        #expect(eventually { broker.said.first?.suffix(2) == [0xE0, 0] })
        let text = String(decoding: broker.said.first ?? [], as: UTF8.self)
        #expect(!text.contains("online"))
        #expect(notices.withLock { $0.isEmpty })
        broker.leave()
    }

    private func residentMegabytes() -> Int {
        let text = (try? String(contentsOfFile: "/proc/self/statm", encoding: .utf8)) ?? ""
        let pages = text.split(separator: " ").dropFirst().first.flatMap { Int($0) } ?? 0
        return pages * Int(sysconf(Int32(_SC_PAGESIZE))) >> 20
    }
}
#endif
