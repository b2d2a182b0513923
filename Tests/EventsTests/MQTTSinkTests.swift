#if MQTT
import Events
import Foundation
import Glibc
import System
import Testing
import TestSupport

/// A real broker on the loopback interface.
private final class Broker {
    let port: Int
    /// Where it speaks TLS, and the certificate that it shows; nil where it does not.
    private(set) var encrypted: (port: Int, certificate: String)?
    private let folder = TemporaryFolder()
    private var process: Process?

    static let program = ["/usr/sbin/mosquitto", "/usr/bin/mosquitto", "/usr/local/sbin/mosquitto"]
        .first { FileManager.default.isExecutableFile(atPath: $0) }
    static let reader = ["/usr/bin/mosquitto_sub", "/usr/local/bin/mosquitto_sub"]
        .first { FileManager.default.isExecutableFile(atPath: $0) }
    static var isThere: Bool { program != nil && reader != nil }

    init(isEncrypted: Bool = false) throws {
        port = try #require(Self.freePort())
        if isEncrypted {
            let certificate = try makeCertificate(in: folder.path)
            encrypted = (try #require(Self.freePort()), certificate)
        }
        try start()
    }

    deinit { stop() }

    func start() throws {
        var settings = "listener \(port) 127.0.0.1\nallow_anonymous true\npersistence false\n"
        if let encrypted {
            settings +=
                "listener \(encrypted.port) 127.0.0.1\ncertfile \(encrypted.certificate)\n"
                + "keyfile \(encrypted.certificate).key\n"
            // It would become somebody who can't read them.
            if geteuid() == 0 { settings += "user root\n" }
        }
        let path = folder.path + "/broker.conf"
        try settings.write(toFile: path, atomically: true, encoding: .utf8)
        let process = Process()
        process.executableURL = URL(fileURLWithPath: try #require(Self.program))
        process.arguments = ["-c", path]
        process.standardOutput = FileHandle.nullDevice
        process.standardError = FileHandle.nullDevice
        try process.run()
        self.process = process
        #expect(eventually { Self.answers(port) })
    }

    func stop() {
        // Not SIGTERM, which a thread of the tests may have blocked, for its children too.
        if let process { kill(process.processIdentifier, SIGKILL) }
        process?.waitUntilExit()
        process = nil
    }

    /// A program that is not ours and prints `TOPIC MESSAGE` for each message below a topic.
    func subscribe(_ topic: String) throws -> Subscriber { try Subscriber(port: port, topic: topic) }

    private static func answers(_ port: Int) -> Bool {
        withAddress(port) { descriptor, address, length in connect(descriptor, address, length) == 0 }
    }

    private static func freePort() -> Int? {
        var port: Int?
        _ = withAddress(0) { descriptor, address, length in
            guard bind(descriptor, address, length) == 0 else { return false }
            var found = sockaddr_in()
            var size = socklen_t(MemoryLayout<sockaddr_in>.size)
            return withUnsafeMutablePointer(to: &found) { pointer in
                pointer.withMemoryRebound(to: sockaddr.self, capacity: 1) {
                    guard getsockname(descriptor, $0, &size) == 0 else { return false }
                    port = Int(UInt16(bigEndian: pointer.pointee.sin_port))
                    return true
                }
            }
        }
        return port
    }

    private static func withAddress(
        _ port: Int, _ body: (Int32, UnsafePointer<sockaddr>, socklen_t) -> Bool
    ) -> Bool {
        let descriptor = socket(AF_INET, Int32(SOCK_STREAM.rawValue), 0)
        defer { close(descriptor) }
        var address = sockaddr_in()
        address.sin_family = sa_family_t(AF_INET)
        address.sin_port = UInt16(port).bigEndian
        address.sin_addr.s_addr = UInt32(0x7F00_0001).bigEndian
        return withUnsafePointer(to: &address) { pointer in
            pointer.withMemoryRebound(to: sockaddr.self, capacity: 1) {
                body(descriptor, $0, socklen_t(MemoryLayout<sockaddr_in>.size))
            }
        }
    }
}

/// `mosquitto_sub`, and the lines it has printed.
private final class Subscriber: Sendable {
    private let process = Process()
    private let text = Guarded("")

    init(port: Int, topic: String) throws {
        process.executableURL = URL(fileURLWithPath: try #require(Broker.reader))
        process.arguments = ["-h", "127.0.0.1", "-p", "\(port)", "-v", "-q", "1", "-t", "\(topic)/#"]
        let pipe = Pipe()
        process.standardOutput = pipe
        process.standardError = FileHandle.nullDevice
        pipe.fileHandleForReading.readabilityHandler = { [weak self] file in
            let piece = String(decoding: file.availableData, as: UTF8.self)
            self?.text.withLock { $0 += piece }
        }
        try process.run()
    }

    deinit {
        (process.standardOutput as? Pipe)?.fileHandleForReading.readabilityHandler = nil
        kill(process.processIdentifier, SIGKILL)
    }

    var lines: [String] { text.withLock { $0.split(separator: "\n").map(String.init) } }

    func sees(_ line: String) -> Bool { eventually(within: 20) { self.lines.contains(line) } }
}

@Suite("events to an MQTT broker", .serialized, .enabled(if: Broker.isThere, "no mosquitto is installed"))
struct MQTTSinkTests {
    private let hello = Array("hello\n".utf8)

    private func line(_ number: Int) -> [UInt8] { Array("line \(number)\n".utf8) }

    /// How many lines a `dropped` event counts; nil for other lines.
    private static func droppedCount(_ line: String) -> Int? {
        guard line.hasPrefix(#"kiosk/1 {"event":"dropped","count":"#) else { return nil }
        return Int(line.drop { $0 != "," }.filter(\.isNumber))
    }

    private func address(_ broker: Broker) throws -> MQTTAddress {
        try MQTTAddress("mqtt://127.0.0.1:\(broker.port)/kiosk/1")
    }

    @Test("lines come in order, the first line and the state are kept, and the end is said")
    func published() throws {
        let broker = try Broker()
        let sink = try MQTTSink(address(broker))
        try sink.begin(hello: hello)
        let early = try broker.subscribe("kiosk/1")
        #expect(early.sees("kiosk/1/status online"))
        #expect(early.sees("kiosk/1/hello hello"))
        for number in 0..<200 { sink.send(line(number)) }
        #expect(early.sees("kiosk/1 line 199"))
        let events = early.lines.filter { $0.hasPrefix("kiosk/1 ") }
        #expect(events == (0..<200).map { "kiosk/1 line \($0)" })
        let late = try broker.subscribe("kiosk/1")
        #expect(late.sees("kiosk/1/hello hello"))
        let another = #"{"event":"hello","source":"another"}"#
        sink.greet(Array("\(another)\n".utf8), inView: [])
        #expect(late.sees("kiosk/1/hello \(another)"))
        sink.stop()
        #expect(late.sees("kiosk/1/status offline"))
    }

    @Test("a broker that goes and comes back is said once each, and gets lines again")
    func brokerRestarts() throws {
        let broker = try Broker()
        let notices = Guarded<[MQTTSink.Notice]>([])
        let sink = try MQTTSink(address(broker)) { notice in
            notices.withLock { $0.append(notice) }
        }
        try sink.begin(hello: hello)
        let before = try broker.subscribe("kiosk/1")
        #expect(before.sees("kiosk/1/status online"))
        broker.stop()
        #expect(eventually(within: 20) { notices.withLock { $0.count } == 1 })
        sink.send(line(1))
        try broker.start()
        let after = try broker.subscribe("kiosk/1")
        #expect(after.sees("kiosk/1/status online"))
        sink.send(line(2))
        #expect(after.sees("kiosk/1 line 2"))
        #expect(notices.withLock { $0.last } == .back)
        #expect(notices.withLock { $0.count } == 2)
        sink.stop()
    }

    @Test("without a broker nothing waits: lines are dropped beyond the limit, and counted once there is one")
    func noBroker() throws {
        let broker = try Broker()
        broker.stop()
        let sink = try MQTTSink(address(broker), limit: 1000)
        try sink.begin(hello: hello)
        for number in 0..<100_000 { sink.send(line(number)) }
        try broker.start()
        let reader = try broker.subscribe("kiosk/1")
        #expect(reader.sees("kiosk/1/status online"))
        // What waited may come before the reader, and leave no room for the first lines after it.
        var sent = 100_000
        #expect(
            eventually(within: 20) {
                sink.send(line(-sent))
                defer { sent += 1 }
                return reader.lines.contains("kiosk/1 line \(-sent + 1)")
            })
        sink.stop()
        let total = reader.lines.compactMap(Self.droppedCount).reduce(0, +)
        let arrived = reader.lines.count { $0.hasPrefix("kiosk/1 line ") }
        #expect(arrived < 10_000)
        // The reader may have missed what came first: then it saw less than was sent, and never more.
        #expect(total + arrived <= sent)
    }

    /// A line of a face in view.
    private func face(_ number: Int, happy: Double, sad: Double) -> [UInt8] {
        let emotions =
            #""angry":0,"disgust":0,"fear":0,"happy":\#(happy),"sad":\#(sad),"surprise":0,"neutral":0"#
        return Array("{\"event\":\"appeared\",\"face\":\(number),\"emotions\":{\(emotions)}}\n".utf8)
    }

    /// The last message at a topic, as JSON; nil where there is none, or an empty one.
    private func object(_ reader: Subscriber, at topic: String) -> [String: Any]? {
        let message = reader.lines.last { $0.hasPrefix("\(topic) ") }?.dropFirst(topic.count + 1)
        return message.flatMap { try? JSONSerialization.jsonObject(with: Data($0.utf8)) } as? [String: Any]
    }

    @Test(
        "Home Assistant is told of three sensors by its convention, and of a state, which late subscribers get too"
    )
    func homeAssistant() throws {
        let broker = try Broker()
        let sink = try MQTTSink(address(broker))
        try sink.begin(hello: hello)
        let home = HomeAssistant(sink, program: "raut 1.0.0")
        #expect(home.wantsChanges)
        home.begin()
        let (one, two) = (face(1, happy: 0.9, sad: 0.1), face(2, happy: 0.05, sad: 0.95))
        home.send(one, inView: one)
        home.send(two, inView: one + two)
        // Both come after all that was told: what they get was kept by the broker.
        let state = "kiosk/1/state"
        #expect(
            eventually(within: 20) {
                guard let reader = try? broker.subscribe("kiosk/1") else { return false }
                return eventually(within: 2) { object(reader, at: state)?["faces"] as? Int == 2 }
            })
        let (events, sensors) = (try broker.subscribe("kiosk/1"), try broker.subscribe("homeassistant"))
        #expect(eventually(within: 20) { object(events, at: state) != nil })
        let now = try #require(object(events, at: state))
        #expect(now["faces"] as? Int == 2 && now["mood"] as? String == "sad")
        #expect(now["brightest"] as? String == "sad" && now["confidence"] as? Double == 0.95)
        #expect((now["emotions"] as? [String: Double])?["happy"] == 0.475)
        #expect(eventually(within: 20) { sensors.lines.count == 3 })
        var identities: Set<String> = []
        for line in sensors.lines {
            let topic = try #require(line.split(separator: " ").first.map(String.init))
            let parts = topic.split(separator: "/")
            #expect(
                parts.count == 5 && parts[0] == "homeassistant" && parts[1] == "sensor"
                    && parts[4] == "config")
            let sensor = try #require(object(sensors, at: topic))
            identities.insert(try #require(sensor["unique_id"] as? String))
            #expect(sensor["state_topic"] as? String == state)
            #expect(sensor["availability_topic"] as? String == "kiosk/1/status")
            #expect(sensor["value_template"] as? String == "{{ value_json.\(parts[3]) }}")
            #expect(sensor["default_entity_id"] as? String == "sensor.raut_kiosk_1_\(parts[3])")
            let device = try #require(sensor["device"] as? [String: Any])
            #expect(device["identifiers"] as? [String] == ["\(parts[2])"])
            #expect(now["\(parts[3])"] != nil)
            if let options = sensor["options"] as? [String] {
                #expect(options.contains("nobody") && options.count == 8)
            }
        }
        #expect(identities.count == 3)
        // As the card in the examples names them.
        let example = URL(fileURLWithPath: #filePath)
            .appendingPathComponent("../../../docs/examples/home-assistant.yaml").standardized
        let card = try String(contentsOf: example, encoding: .utf8)
        for key in ["faces", "mood", "brightest"] {
            #expect(card.contains("entity: sensor.raut_kiosk_1_\(key)\n"))
        }

        // A broker that forgets is told again.
        broker.stop()
        home.send(hello, inView: two)
        try broker.start()
        let again = try broker.subscribe("kiosk/1")
        #expect(eventually(within: 20) { object(again, at: state)?["faces"] as? Int == 1 })
        // Taken back, they are gone for who comes then.
        home.withdraw()
        #expect(again.sees("kiosk/1/state (null)") || again.lines.last == "kiosk/1/state ")
        let late = try broker.subscribe("homeassistant")
        let status = try broker.subscribe("kiosk/1")
        #expect(status.sees("kiosk/1/status online"))
        #expect(late.lines.isEmpty)
        sink.stop()
    }

    @Test("over TLS lines come as they do without, each acknowledged", .enabled(if: hasOpenSSL))
    func encrypted() throws {
        let broker = try Broker(isEncrypted: true)
        let encrypted = try #require(broker.encrypted)
        let reader = try broker.subscribe("kiosk/1")
        let sink = try MQTTSink(
            MQTTAddress("mqtts://127.0.0.1:\(encrypted.port)/kiosk/1"), authorities: encrypted.certificate)
        try sink.begin(hello: hello)
        #expect(reader.sees("kiosk/1/status online"))
        // More answers than are allowed without what was sent.
        for number in 0..<6000 {
            sink.send(line(number))
            if number.isMultiple(of: 500) { #expect(reader.sees("kiosk/1 line \(number)")) }
        }
        #expect(reader.sees("kiosk/1 line 5999"))
        #expect(reader.lines.filter { $0.hasPrefix("kiosk/1 ") } == (0..<6000).map { "kiosk/1 line \($0)" })
        sink.stop()
        #expect(reader.sees("kiosk/1/status offline"))
    }

    @Test("an end without a broker is quick")
    func quickEnd() throws {
        let broker = try Broker()
        broker.stop()
        let sink = try MQTTSink(address(broker))
        try sink.begin(hello: hello)
        sink.send(line(1))
        #expect(ContinuousClock().measure { sink.stop() } < .seconds(5))
    }

    @Test("certificates that are not there are said to be missing")
    func noCertificates() throws {
        #expect(
            throws: EventError.cannotPublish(
                address: "mqtts://127.0.0.1:8883/x", reason: "no certificates in /nowhere.pem")
        ) {
            try MQTTSink(MQTTAddress("mqtts://127.0.0.1/x"), authorities: "/nowhere.pem")
        }
    }
}
#endif
