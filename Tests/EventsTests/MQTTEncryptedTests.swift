#if MQTT
import Events
import Foundation
import Glibc
import System
import Testing
import TestSupport

@Suite("an MQTT broker that floods over TLS", .serialized, .timeLimit(.minutes(3)))
struct MQTTEncryptedTests {
    init() { signal(SIGPIPE, SIG_IGN) }

    @Test(
        "a packet of 256 MB over TLS, and one packet after another, end the connection and cost no memory",
        .enabled(if: hasOpenSSL), arguments: [268_000_000, 3000])
    func encryptedFlood(size: Int) throws {
        let folder = TemporaryFolder()
        let certificate = try makeCertificate(in: folder.path)
        let broker = Process()
        broker.executableURL = URL(fileURLWithPath: "/usr/bin/env")
        broker.arguments = ["python3", "-c", Self.encryptedBroker, certificate, "\(size)"]
        let pipe = Pipe()
        broker.standardOutput = pipe
        try broker.run()
        defer { kill(broker.processIdentifier, SIGKILL) }
        func line() -> Int? {
            var text: [UInt8] = []
            while let byte = try? pipe.fileHandleForReading.read(upToCount: 1)?.first, byte != 10 {
                text.append(byte)
            }
            return Int(String(decoding: text, as: UTF8.self))
        }
        let port = try #require(line())
        let notices = Guarded<[MQTTSink.Notice]>([])
        var timing = MQTTSink.Timing()
        timing.firstPause = 60
        let sink = try MQTTSink(
            MQTTAddress("mqtts://127.0.0.1:\(port)/kiosk"), authorities: certificate, timing: timing
        ) { notice in notices.change { $0.append(notice) } }
        try sink.begin(hello: Array("hello\n".utf8))
        #expect(eventually { notices.withLock { $0.count } == 1 })
        #expect(
            notices.withLock { $0.first } == .lost(reason: "the broker sends more than anybody asked for"))
        sink.stop()
        // What it could get rid of: the kernel's buffers hold some megabytes, and we took much less.
        let taken = try #require(line())
        #expect(taken > 3 && taken < 32 << 20)
    }

    /// Welcomes a client over TLS and sends it 268 MB in packets of a size; prints its port, and how many bytes it could
    /// send.
    private static let encryptedBroker = """
        import socket, ssl, sys
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        context.load_cert_chain(sys.argv[1], sys.argv[1] + ".key")
        listening = socket.socket()
        listening.bind(("127.0.0.1", 0))
        listening.listen()
        print(listening.getsockname()[1], flush=True)
        client = context.wrap_socket(listening.accept()[0], server_side=True)
        client.recv(4096)
        client.sendall(b"\\x20\\x02\\x00\\x00")
        size, sent = int(sys.argv[2]), 0
        length, rest = b"", size
        while rest:
            length += bytes([rest & 127 | (128 if rest > 127 else 0)])
            rest >>= 7
        packet = b"\\x30" + length + b"\\x00\\x01a" + bytes(min(size - 3, 1 << 16))
        try:
            while sent < 268000000:
                client.sendall(packet)
                sent += len(packet)
                if size > 1 << 16: packet = bytes(1 << 16)
        except OSError:
            pass
        print(sent, flush=True)
        """
}
#endif
