import CLinux
import Glibc

/// One reader of the socket.
final class Reader {
    let descriptor: Int32
    /// When it last took something, or last had nothing to take.
    private(set) var lastProgress: UInt64
    /// What epoll watches it for.
    var interest: UInt32 = EPOLLIN.rawValue
    /// False when what it sends is not read any more: it closed its side, or sent too much.
    private(set) var isListened = true
    private var backlog: LineBacklog
    private var discarded = 0

    /// Bytes of its own that a reader may send, all ignored; then it is left to wait for its socket.
    private static let discardLimit = 1 << 16

    init(_ descriptor: Int32, backlog limit: Int, _ now: UInt64) {
        self.descriptor = descriptor
        lastProgress = now
        backlog = LineBacklog(limit: limit)
        // A small kernel buffer: a reader that comes back should get news, not a long history.
        var size: Int32 = 1 << 16
        setsockopt(descriptor, SOL_SOCKET, SO_SNDBUF, &size, socklen_t(MemoryLayout<Int32>.size))
    }

    var isWaiting: Bool { !backlog.isEmpty }

    func addLost(_ count: Int, hello: [UInt8]) { backlog.addLost(count, hello: hello) }

    /// Sends whole lines, keeps what is not taken within its limit; false where the reader is gone.
    func pass(_ lines: [UInt8], _ now: UInt64) -> Bool {
        if backlog.isEmpty {
            lastProgress = now
            backlog.noticeLoss()
        }
        guard flush(now) else { return false }
        var start = lines.startIndex
        if backlog.isEmpty {
            let sent = lines.withUnsafeBytes { write($0) }
            guard sent >= 0 else { return false }
            guard sent < lines.count else { return true }
            start = sent
            if sent > 0, lines[sent - 1] != UInt8(ascii: "\n") {
                start = (lines[sent...].firstIndex(of: UInt8(ascii: "\n")) ?? lines.endIndex - 1) + 1
                backlog.appendAlways(lines[sent..<start])
            }
        }
        while start < lines.endIndex {
            let end = (lines[start...].firstIndex(of: UInt8(ascii: "\n")) ?? lines.endIndex - 1) + 1
            backlog.append(lines[start..<end])
            start = end
        }
        return true
    }

    /// Sends what waits; false where the reader is gone.
    func flush(_ now: UInt64) -> Bool {
        while !backlog.isEmpty {
            let sent = backlog.take { write($0) }
            guard sent >= 0 else { return false }
            guard sent > 0 else { return true }
            lastProgress = now
            if backlog.isEmpty { backlog.noticeLoss() }
        }
        return true
    }

    /// Reads and forgets what the reader sends.
    func discardInput() {
        withUnsafeTemporaryAllocation(byteCount: 4096, alignment: 1) { room in
            guard let start = room.baseAddress else { return }
            let count = recv(descriptor, start, room.count, Int32(MSG_DONTWAIT))
            // An end of input is no end of interest: `socat -u`, `nc -N` close their side and go on reading.
            if count == 0 { isListened = false }
            discarded += max(0, count)
            if discarded >= Self.discardLimit { isListened = false }
        }
    }

    /// The count of bytes taken, 0 where the reader takes none now, -1 where it is gone.
    private func write(_ bytes: UnsafeRawBufferPointer) -> Int {
        var sent = 0
        while sent < bytes.count {
            let count = Glibc.send(
                descriptor, bytes.baseAddress?.advanced(by: sent), bytes.count - sent,
                Int32(MSG_DONTWAIT | MSG_NOSIGNAL))
            if count > 0 {
                sent += count
            } else if errno == EAGAIN {
                return sent
            } else if errno != EINTR {
                return -1
            }
        }
        return sent
    }
}
