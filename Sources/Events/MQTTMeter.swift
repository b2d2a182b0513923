#if MQTT
import CLinux
import Glibc
import System

/// Stands between libmosquitto and the connection to a broker, and hands over no more than a broker may say at which
/// nobody subscribed.
///
/// The library takes memory for what a packet's header claims, up to 256 MB, as fast as that comes. So it gets one end of
/// a socket pair in the place of its connection, and what the broker says passes here in small pieces. Without TLS each
/// packet's header is read before the library sees it; with TLS nobody but the library can read one, and what is
/// counted is the bytes: an answer to each packet that was sent, and the handshake.
final class MQTTMeter {
    /// Why the connection must end.
    struct Refusal: Error, Equatable {
        let reason: String
    }

    /// The connection to the broker.
    let connection: Int32
    private let near: Int32
    private let isEncrypted: Bool
    private var headers = PacketHeaders()
    private var allowance = EncryptedAllowance()
    private var incoming: [UInt8] = []
    private var outgoing: [UInt8] = []
    private var hasEnded = false

    /// Bytes that the library gets at a time.
    private static let piece = 4096

    /// Takes the place of a connection.
    ///
    /// - Parameters:
    ///   - descriptor: the library's; it keeps its number, and is one end of a socket pair from now on.
    ///   - isEncrypted: whether what passes can be read by the library alone.
    /// - Throws: the ``Errno`` of a call that failed; then the descriptor is as it was.
    init(replacing descriptor: Int32, isEncrypted: Bool) throws(Errno) {
        self.isEncrypted = isEncrypted
        connection = try valueOrErrno(.socket) { fcntl(descriptor, F_DUPFD_CLOEXEC, 0) }
        var ends: [Int32] = [-1, -1]
        do throws(Errno) {
            let kind = SOCK_STREAM.rawValue | SOCK_CLOEXEC.rawValue | SOCK_NONBLOCK.rawValue
            _ = try valueOrErrno(.socket) { socketpair(AF_UNIX, Int32(kind), 0, &ends) }
        } catch {
            close(connection)
            throw error
        }
        near = ends[0]
        _ = fcntl(connection, F_SETFL, fcntl(connection, F_GETFL) | O_NONBLOCK)
        dup2(ends[1], descriptor)
        _ = fcntl(descriptor, F_SETFD, FD_CLOEXEC)
        close(ends[1])
    }

    deinit {
        close(near)
        close(connection)
    }

    /// One more packet is sent, which the broker will answer.
    func expectAnswer() { allowance.answers += 1 }

    /// When the packet began that the broker has not ended yet; nil between packets, and where TLS hides them.
    var unfinishedSince: UInt64? { headers.unfinishedSince }

    /// True where all that the library said has been sent.
    var isClear: Bool { outgoing.isEmpty }

    /// Hands a piece of what the broker said to the library, which must take it before the next.
    ///
    /// - Throws: ``Refusal`` where it is more than may be; the library has not seen that then.
    func passIn() throws(Refusal) {
        if incoming.isEmpty, !hasEnded { try receive() }
        guard !incoming.isEmpty else { return }
        let sent = incoming.withUnsafeBytes { send(near, $0.baseAddress, $0.count, Int32(MSG_NOSIGNAL)) }
        if sent > 0 { incoming.removeFirst(sent) }
        if hasEnded, incoming.isEmpty { shutdown(near, Int32(SHUT_WR)) }
    }

    private func receive() throws(Refusal) {
        incoming = [UInt8](repeating: 0, count: Self.piece)
        let count = incoming.withUnsafeMutableBytes {
            recv(connection, $0.baseAddress, $0.count, Int32(MSG_DONTWAIT))
        }
        let error = Errno.last
        incoming.removeLast(incoming.count - max(0, count))
        guard count > 0 else {
            if count < 0, [.tryAgain, .interrupted].contains(error) { return }
            if count < 0, ![Errno(ECONNRESET), Errno(EPIPE)].contains(error) {
                throw Refusal(reason: error.description)
            }
            // The library says so.
            hasEnded = true
            shutdown(near, Int32(SHUT_WR))
            return
        }
        if isEncrypted {
            try allowance.take(count)
        } else {
            try headers.take(incoming)
        }
    }

    /// Sends what the library said, as far as the connection takes it.
    func passOut() {
        while true {
            if outgoing.isEmpty {
                var chunk = [UInt8](repeating: 0, count: 1 << 14)
                let count = recv(near, &chunk, chunk.count, Int32(MSG_DONTWAIT))
                guard count > 0 else { return }
                outgoing = Array(chunk[..<count])
            }
            let sent = send(connection, outgoing, outgoing.count, Int32(MSG_NOSIGNAL | MSG_DONTWAIT))
            guard sent > 0 else {
                // One that is gone says so when it is read.
                if ![.tryAgain, .interrupted].contains(Errno.last) { outgoing = [] }
                return
            }
            outgoing.removeFirst(sent)
        }
    }
}

/// Reads the headers of packets as they pass (MQTT 3.1.1, 2.2), and what of them the library would keep.
struct PacketHeaders {
    private var kind: UInt8 = 0
    private var size = 0
    /// Bits of the size that are known; nil outside of a header.
    private var shift: Int?
    /// Bytes of the packet that are still to come.
    private var rest = 0
    /// Messages of quality of service 2 that the broker has not released.
    private var held = 0
    /// When the first byte came of a packet whose last one has not.
    private(set) var unfinishedSince: UInt64?

    /// Bytes of a packet: a broker that nobody subscribed at has no more to say.
    static let largest = 4096
    private static let mostHeld = 20

    /// Looks at some bytes that follow those before.
    ///
    /// - Throws: ``MQTTMeter/Refusal`` for a packet that is too large, or one too many that would be kept.
    mutating func take(_ bytes: some Collection<UInt8>) throws(MQTTMeter.Refusal) {
        var place = bytes.startIndex
        while place < bytes.endIndex {
            if rest > 0 {
                let count = min(rest, bytes.distance(from: place, to: bytes.endIndex))
                place = bytes.index(place, offsetBy: count)
                rest -= count
                if rest == 0 { unfinishedSince = nil }
                continue
            }
            let byte = bytes[place]
            place = bytes.index(after: place)
            guard let known = shift else {
                (kind, size, shift) = (byte, 0, 0)
                unfinishedSince = MonotonicClock.now
                continue
            }
            size |= Int(byte & 127) << known
            shift = known + 7
            if byte < 128 {
                try begin()
            } else if known + 7 > 21 {
                throw MQTTMeter.Refusal(reason: "what answers speaks no MQTT")
            }
        }
    }

    private mutating func begin() throws(MQTTMeter.Refusal) {
        guard size <= Self.largest else {
            throw MQTTMeter.Refusal(
                reason: "the broker sends a packet of \(size) bytes, which nobody asked for")
        }
        // PUBLISH with quality of service 2 is kept until its PUBREL.
        if kind & 0xF6 == 0x34 { held += 1 }
        if kind & 0xF0 == 0x60 { held = max(0, held - 1) }
        guard held <= Self.mostHeld else {
            throw MQTTMeter.Refusal(reason: "the broker sends more than anybody asked for")
        }
        (rest, shift) = (size, nil)
        if size == 0 { unfinishedSince = nil }
    }
}

/// How many bytes a broker may send that can't be read as they pass.
struct EncryptedAllowance {
    /// Packets that the broker has to answer.
    var answers = 0
    private var taken = 0
    private let begun = MonotonicClock.now

    /// Certificates and what else it takes to begin.
    static let handshake = 1 << 18
    /// An answer of some bytes, and as much as TLS adds with any of its ciphers.
    private static let answer = 96
    /// Answers to the library's own questions whether the broker is there, a few bytes in 30 seconds.
    private static let bytesPerSecond = 8

    /// - Throws: ``MQTTMeter/Refusal`` where it is too much in all.
    mutating func take(_ count: Int) throws(MQTTMeter.Refusal) {
        taken += count
        let seconds = Int((MonotonicClock.now - begun) / 1_000_000_000)
        guard taken <= Self.handshake + Self.answer * answers + Self.bytesPerSecond * seconds else {
            throw MQTTMeter.Refusal(reason: "the broker sends more than anybody asked for")
        }
    }
}
#endif
