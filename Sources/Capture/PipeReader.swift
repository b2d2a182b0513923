import Glibc
import System

/// Reads a pipe, a socket or a file through a buffer, and stops waiting when a signal is raised.
package final class PipeReader {
    /// Why there is nothing to read.
    enum End: Error, Equatable {
        /// The writer has closed it.
        case ended
        /// The signal was raised.
        case cancelled
        /// Nothing came in time.
        case stalled
        /// read(2) failed with this errno.
        case failed(Int32)
        /// A line or a frame is longer than is taken.
        case tooLong
    }

    /// How long a read waits for bytes, in nanoseconds; nil for ever.
    var patience: UInt64?
    private let descriptor: Int32
    private let signal: Cancellation
    private var buffer = [UInt8](repeating: 0, count: 65536)
    private var start = 0
    private var end = 0

    /// Reads from a descriptor, which stays the caller's to close.
    package init(_ descriptor: Int32, signal: Cancellation) {
        self.descriptor = descriptor
        self.signal = signal
    }

    /// The next byte.
    func byte() throws(End) -> UInt8 {
        if start == end { try fill() }
        defer { start += 1 }
        return buffer[start]
    }

    /// The next `count` bytes, without taking them; `count` is at most the buffer's 65536.
    func peek(_ count: Int) throws(End) -> ArraySlice<UInt8> {
        while end - start < count { try fill() }
        return buffer[start..<start + count]
    }

    /// The bytes up to the next newline, without it.
    func line(longest: Int) throws(End) -> [UInt8] {
        var line: [UInt8] = []
        while true {
            let byte = try byte()
            if byte == UInt8(ascii: "\n") { return line }
            guard line.count < longest else { throw .tooLong }
            line.append(byte)
        }
    }

    /// Makes `bytes` the next `count` bytes. They grow as bytes come, so that a header which claims much costs no more
    /// memory than was sent; of the same size as before, nothing is allocated.
    func read(_ count: Int, into bytes: inout [UInt8]) throws(End) {
        if bytes.count > count { bytes.removeLast(bytes.count - count) }
        var filled = 0
        while filled < count {
            if filled == bytes.count {
                let more = min(count - filled, max(1 << 20, filled))
                bytes.append(contentsOf: repeatElement(0, count: more))
            }
            let buffered = min(bytes.count - filled, end - start)
            if buffered > 0 {
                bytes.replaceSubrange(filled..<filled + buffered, with: buffer[start..<start + buffered])
                start += buffered
                filled += buffered
            } else {
                filled += try receive(into: &bytes, from: filled)
            }
        }
    }

    /// Appends bytes up to and including the next one that equals `mark`.
    func append(through mark: UInt8, to bytes: inout [UInt8], longest: Int) throws(End) {
        while true {
            if start == end { try fill() }
            let found = buffer[start..<end].firstIndex(of: mark)
            let next = found.map { $0 + 1 } ?? end
            guard bytes.count + next - start <= longest else { throw .tooLong }
            bytes.append(contentsOf: buffer[start..<next])
            start = next
            if found != nil { return }
        }
    }

    private func fill() throws(End) {
        if start == end {
            start = 0
            end = 0
        } else if end == buffer.count {
            buffer.replaceSubrange(0..<end - start, with: buffer[start..<end])
            end -= start
            start = 0
        }
        end += try receive(into: &buffer, from: end)
    }

    private func receive(into bytes: inout [UInt8], from offset: Int) throws(End) -> Int {
        while true {
            let deadline = patience.map { Deadline.after(nanoseconds: $0) } ?? .never
            switch signal.wait(for: descriptor, until: deadline) {
            case .cancelled: throw .cancelled
            case .timedOut: throw .stalled
            case .ready: break
            }
            let count = bytes.withUnsafeMutableBytes { all in
                Glibc.read(descriptor, all.baseAddress.map { $0 + offset }, all.count - offset)
            }
            if count > 0 { return count }
            if count == 0 { throw .ended }
            if errno != EINTR && errno != EAGAIN { throw .failed(errno) }
        }
    }
}
