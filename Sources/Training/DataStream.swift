import CLZMA
import Foundation
import System

/// A data file's bytes from its start to its end, unpacked on the way where they are packed with xz.
final class DataStream {
    private let path: String
    private let file: Int32
    private var decoder = lzma_stream()
    private var isPacked = false
    /// The file's next bytes, from `packedPlace`; where it is not packed, its first ones alone.
    private var packed: [UInt8] = []
    private var packedPlace = 0
    private var isAtEnd = false

    /// The bytes that every xz file begins with (The .xz File Format, section 2.1.1.1).
    private static let magic: [UInt8] = [0xFD, 0x37, 0x7A, 0x58, 0x5A, 0x00]
    private static let packedRoom = 1 << 16
    /// 256 MiB: xz's strongest setting, -9, needs 65 MiB to unpack; a header that claims more is refused.
    private static let decoderMemory: UInt64 = 256 << 20

    /// Opens a file.
    init(path: String) throws(DataError) {
        self.path = path
        file = open(path, O_RDONLY | O_CLOEXEC)
        guard file >= 0 else { throw .unreadable(path: path, reason: Self.reason(errno)) }
        try fillPacked()
        guard packed.starts(with: Self.magic) else { return }
        var settings = lzma_mt()
        settings.flags = raut_lzma_concatenated
        settings.threads = UInt32(clamping: ProcessInfo.processInfo.activeProcessorCount)
        settings.memlimit_threading = Self.decoderMemory
        settings.memlimit_stop = Self.decoderMemory
        guard lzma_stream_decoder_mt(&decoder, &settings) == LZMA_OK else {
            throw .unreadable(path: path, reason: "no memory to unpack it")
        }
        isPacked = true
    }

    deinit {
        lzma_end(&decoder)
        if file >= 0 { close(file) }
    }

    /// Fills a part of a buffer with the next bytes.
    ///
    /// - Returns: How many there were; 0 at the end.
    func read(into buffer: inout [UInt8], at range: Range<Int>) throws(DataError) -> Int {
        guard !range.isEmpty else { return 0 }
        guard !isPacked else { return try unpack(into: &buffer, at: range) }
        if packedPlace < packed.count {
            let count = min(range.count, packed.count - packedPlace)
            buffer.replaceSubrange(
                range.lowerBound..<range.lowerBound + count, with: packed[packedPlace..<packedPlace + count])
            packedPlace += count
            return count
        }
        return try readFile(into: &buffer, at: range)
    }

    private func unpack(into buffer: inout [UInt8], at range: Range<Int>) throws(DataError) -> Int {
        var left = range.count
        while left == range.count, !isAtEnd {
            if packedPlace == packed.count { try fillPacked() }
            let status = buffer.withUnsafeMutableBufferPointer { target in
                packed.withUnsafeBufferPointer { source in
                    step(source, into: UnsafeMutableBufferPointer(rebasing: target[range]), &left)
                }
            }
            switch status {
            case LZMA_OK: break
            case LZMA_STREAM_END: isAtEnd = true
            case LZMA_BUF_ERROR:
                throw .invalidFile(path: path, reason: "cut short: its xz stream does not end")
            case LZMA_MEMLIMIT_ERROR, LZMA_MEM_ERROR:
                throw .invalidFile(path: path, reason: "unpacking it would take more than 256 MiB")
            default: throw .invalidFile(path: path, reason: "broken: its xz stream does not unpack")
            }
        }
        return range.count - left
    }

    private func step(
        _ source: UnsafeBufferPointer<UInt8>, into target: UnsafeMutableBufferPointer<UInt8>,
        _ left: inout Int
    ) -> lzma_ret {
        let available = source.count - packedPlace
        decoder.next_in = source.baseAddress.map { $0 + packedPlace }
        decoder.avail_in = available
        decoder.next_out = target.baseAddress
        decoder.avail_out = target.count
        let status = lzma_code(&decoder, available == 0 ? LZMA_FINISH : LZMA_RUN)
        packedPlace += available - decoder.avail_in
        left = decoder.avail_out
        return status
    }

    private func fillPacked() throws(DataError) {
        var bytes = [UInt8](repeating: 0, count: Self.packedRoom)
        let count = try readFile(into: &bytes, at: 0..<bytes.count)
        bytes.removeLast(bytes.count - count)
        (packed, packedPlace) = (bytes, 0)
    }

    private func readFile(into buffer: inout [UInt8], at range: Range<Int>) throws(DataError) -> Int {
        while true {
            let count = buffer.withUnsafeMutableBytes {
                Foundation.read(
                    file, UnsafeMutableRawBufferPointer(rebasing: $0[range]).baseAddress, range.count)
            }
            if count >= 0 { return count }
            guard errno == EINTR else { throw .unreadable(path: path, reason: Self.reason(errno)) }
        }
    }

    private static func reason(_ number: Int32) -> String { Errno(number).description }
}
