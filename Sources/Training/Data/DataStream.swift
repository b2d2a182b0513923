import CLZMA
import Foundation
import System

/// A data file's bytes from its start to its end, unpacked on the way where they are packed with xz.
final class DataStream {
    /// The file's size in bytes, or nil where it has none, such as a pipe's.
    let size: Int?
    /// Bytes of the file that were read, packed as they are.
    private(set) var taken = 0
    private let path: String
    private let file: OpenFile
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
    private let patience: Double
    /// What begins files that people take for tables, and what they are.
    private static let others: [(start: [UInt8], what: String)] = [
        ([0x1F, 0x8B], "packed with gzip: unpack it first, or pack it with xz"),
        ([0x50, 0x4B, 0x03, 0x04], "a ZIP archive: unpack it, and name the table that was in it"),
        ([0xFF, 0xFE], "UTF-16: save it as UTF-8"), ([0xFE, 0xFF], "UTF-16: save it as UTF-8"),
    ]

    /// Opens a file; of a pipe it waits for the first bytes, but not without an end.
    ///
    /// - Parameter patience: Seconds that a pipe may say nothing: whoever feeds it may never come.
    /// - Throws: ``DataError`` where it can't be read, or is packed otherwise than with xz.
    init(path: String, patience: Double) throws(DataError) {
        (self.path, self.patience) = (path, patience)
        do {
            file = try OpenFile(reading: path)
        } catch {
            throw .unreadable(path: path, reason: "\(error)")
        }
        var status = stat()
        let isRegular = fstat(file.descriptor, &status) == 0 && status.st_mode & S_IFMT == S_IFREG
        size = isRegular ? Int(status.st_size) : nil
        try fillPacked()
        if let other = Self.others.first(where: { packed.starts(with: $0.start) }) {
            throw .invalidFile(path: path, reason: "it is \(other.what)")
        }
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

    deinit { lzma_end(&decoder) }

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
            if size == nil,
                Cancellation().wait(for: file.descriptor, until: .after(patience)) == .timedOut
            {
                throw .unreadable(path: path, reason: "\(FileReadError.silent(seconds: patience))")
            }
            let got = buffer.withUnsafeMutableBytes { room in
                Result { () throws(Errno) in
                    try file.read(into: UnsafeMutableRawBufferPointer(rebasing: room[range]))
                }
            }
            switch got {
            case .success(let count):
                taken += count
                return count
            case .failure(.tryAgain): continue
            case .failure(let error): throw .unreadable(path: path, reason: "\(error)")
            }
        }
    }
}
