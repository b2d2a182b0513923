import Events
import Foundation
import Glibc
import Mutation
import Synchronization
import Testing
import TestSupport

@Suite("Fuzz: readers of the event socket")
struct SocketFuzzTests {
    @Test("whatever readers send, and however they go, the others get every line")
    func socketInput() throws {
        let folder = TemporaryFolder()
        let path = folder.path + "/events"
        let server = try EventServer(path: path, hello: Array("hello\n".utf8))
        let steady = try #require(TestReader(path: path))
        #expect(steady.line() == "hello")
        let seeds = ["GET / HTTP/1.1\r\n\r\n", "{\"event\":\"hello\",\"version\":1}\n", "\u{0}\u{1}raut\n"]
            .map { Array($0.utf8) }
        for number in 0..<Mutation.count {
            Mutation.note(number, "socket")
            var mutation = Mutation(number: number)
            let reader = try #require(TestReader(path: path), "number \(number)")
            reader.write(mutation.damage(seeds))
            if mutation.below(3) == 0 { shutdown(reader.descriptor, Int32(mutation.below(3))) }
            if number.isMultiple(of: 16) {
                server.send(Array("line \(number)\n".utf8))
                #expect(steady.line() == "line \(number)")
            }
            reader.close()
        }
        #expect(eventually { server.readers == 1 })
        server.stop()
        steady.close()
    }
}

#if MQTT
@Suite("Fuzz: what an MQTT broker answers")
struct MQTTFuzzTests {
    @Test("damaged answers of a broker are taken or end the connection, and never the program")
    func brokerAnswers() throws {
        let broker = try #require(MutatedBroker())
        defer { broker.stop() }
        let address = try MQTTAddress("mqtt://127.0.0.1:\(broker.port)/kiosk")
        var welcomes = 0
        for number in 0..<Mutation.count {
            Mutation.note(number, "MQTT")
            let client = try MQTTClient(address, authorities: nil)
            do {
                try client.connect()
                var isSent = false
                // The broker hangs up at last, which ends the loop before its bound.
                for _ in 0..<200 {
                    try client.exchange(waitingFor: -1, milliseconds: 100)
                    guard client.isConnected, !isSent else { continue }
                    isSent = true
                    welcomes += 1
                    try client.publish(Array("line".utf8), to: nil, isRetained: false)
                }
                Issue.record("number \(number): a closed connection was not noticed")
            } catch {
                #expect(!"\(error)".contains("\n"))
            }
        }
        #expect(welcomes > Mutation.count / 20, "hardly any connection was made")
    }
}

/// Answers each connection with damaged packets, and hangs up.
private final class MutatedBroker: Sendable {
    let port: Int
    private let descriptor: Int32
    private let ended = DispatchSemaphore(value: 0)

    /// CONNACK, PUBACK, PINGRESP, PUBLISH, SUBACK, PUBREC, DISCONNECT (MQTT 3.1.1, 3.1 to 3.14).
    private static let packets: [[UInt8]] = [
        [0x20, 2, 0, 0], [0x20, 2, 0, 0, 0x40, 2, 0, 1], [0x20, 2, 0, 0, 0xD0, 0],
        [0x20, 2, 0, 0, 0x30, 7, 0, 3, 0x61, 0x2F, 0x62, 0x68, 0x69], [0x20, 2, 0, 5],
        [0x20, 2, 0, 0, 0x32, 6, 0, 1, 0x61, 0, 9, 0x21, 0x50, 2, 0, 1],
        [0x20, 2, 0, 0, 0x90, 3, 0, 1, 0, 0xE0, 0],
    ]

    init?() {
        guard let (listening, port) = loopbackListener() else { return nil }
        descriptor = listening
        self.port = port
        let thread = Thread { [self] in
            var number = 0
            while true {
                let client = accept(listening, nil, nil)
                guard client >= 0 else { break }
                var mutation = Mutation(number: number)
                var chunk = [UInt8](repeating: 0, count: 512)
                _ = recv(client, &chunk, chunk.count, 0)
                let answer = mutation.damage(Self.packets)
                _ = Glibc.send(client, answer, answer.count, Int32(MSG_NOSIGNAL))
                shutdown(client, Int32(SHUT_WR))
                close(client)
                number += 1
            }
            ended.signal()
        }
        thread.start()
    }

    func stop() {
        shutdown(descriptor, Int32(SHUT_RDWR))
        ended.wait()
        close(descriptor)
    }
}
#endif
