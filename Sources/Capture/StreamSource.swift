import Glibc
import Imaging
import System

/// Frames that another program writes into a pipe: YUV4MPEG2, or JPEGs one after another.
package final class StreamSource: FrameSource, Sendable {
    package let name: String
    package let width: Int
    package let height: Int
    package let frameRate: Double?
    private let descriptor: Int32
    private let closes: Bool
    private let signal: Cancellation
    private let reading: Guarded<Reading>

    /// How far it is; of one thread at a time.
    private struct Reading {
        enum Format {
            case yuv4mpeg(YUV4MPEGReader)
            case jpeg(JPEGStreamReader)
        }

        let format: Format
        var pacer: Pacer?
        var count = 0
        /// The first JPEG, read for its size.
        var waiting: [UInt8]?
    }

    /// Reads far enough to know what the stream is.
    ///
    /// - Parameters:
    ///   - name: what the source is called in messages.
    ///   - descriptor: where to read.
    ///   - closes: true to close the descriptor in the end.
    ///   - isPaced: true to hold a file to its own rate; a pipe's writer sets the pace.
    ///   - maximumPixels: a first JPEG that claims more is refused.
    ///   - signal: ends each wait, that for the first frame too.
    /// - Throws: ``CaptureError/invalidData(source:reason:)`` for anything but the two formats.
    package init(
        name: String, descriptor: Int32, closes: Bool, isPaced: Bool,
        maximumPixels: Int = JPEGDecoder.defaultMaximumPixels, signal: Cancellation = Cancellation()
    ) throws(CaptureError) {
        self.signal = signal
        self.name = name
        self.descriptor = descriptor
        self.closes = closes
        let reader = PipeReader(descriptor, signal: signal)
        let begun: Reading
        do {
            let start = try reader.peek(2)
            if start.elementsEqual([0xFF, 0xD8]) {
                let stream = JPEGStreamReader(reader)
                var first: [UInt8] = []
                try stream.next(into: &first)
                var luma = GrayImage()
                try JPEGDecoder(tolerance: .strayBytes, maximumPixels: maximumPixels).decode(
                    first, into: &luma)
                (width, height, frameRate) = (luma.width, luma.height, nil)
                begun = Reading(format: .jpeg(stream), waiting: first)
            } else {
                let stream = try YUV4MPEGReader(reader)
                let header = stream.header
                (width, height, frameRate) = (header.size.width, header.size.height, header.frameRate)
                begun = Reading(
                    format: .yuv4mpeg(stream),
                    pacer: isPaced ? Pacer(framesPerSecond: header.frameRate ?? 25) : nil)
            }
        } catch {
            if closes { close(descriptor) }
            throw Self.rejection(of: name, error)
        }
        reading = Guarded(begun)
    }

    deinit {
        if closes { close(descriptor) }
    }

    package func next(into frame: inout Frame) throws(CaptureError) -> Bool {
        try reading.withLock { reading throws(CaptureError) in try next(into: &frame, &reading) }
    }

    private func next(into frame: inout Frame, _ reading: inout Reading) throws(CaptureError) -> Bool {
        // What is buffered would keep it from waiting, and so from seeing the signal.
        if signal.isRaised { return false }
        if reading.pacer != nil && reading.pacer?.wait(signal) == nil { return false }
        do {
            switch reading.format {
            case .yuv4mpeg(let stream):
                guard try stream.next(into: &frame) else { return false }
            case .jpeg(let stream):
                if let waiting = reading.waiting.take() {
                    frame.bytes = waiting
                } else {
                    try stream.next(into: &frame.bytes)
                }
                frame.format = .mjpeg
                frame.encoding = .jpeg
                frame.width = width
                frame.height = height
                frame.bytesPerRow = 0
            }
        } catch PipeReader.End.ended {
            return false
        } catch PipeReader.End.cancelled {
            return false
        } catch PipeReader.End.failed(let number) {
            throw .lost(source: name, reason: Errno(number).description)
        } catch let error as YUV4MPEGError {
            throw .invalidData(source: name, reason: "after \(reading.count) frames: \(error.reason)")
        } catch {
            throw .invalidData(
                source: name, reason: "after \(reading.count) frames: what comes is no picture")
        }
        reading.count += 1
        frame.number = reading.count
        frame.monotonicTime = MonotonicClock.now
        frame.sourceTime =
            frameRate.map { UInt64(min(Double(reading.count - 1) * 1e9 / $0, 9e18)) } ?? frame.monotonicTime
        return true
    }

    package func cancel() { signal.raise() }

    private static func rejection(of name: String, _ error: any Error) -> CaptureError {
        let expected =
            "expected YUV4MPEG2 or JPEGs one after another, as ffmpeg writes with '-f yuv4mpegpipe -'"
        return switch error {
        case PipeReader.End.cancelled: .cancelled
        case PipeReader.End.ended: .invalidData(source: name, reason: "it ended before a frame: \(expected)")
        case PipeReader.End.failed(let number): .cannotOpen(source: name, reason: Errno(number).description)
        case let error as YUV4MPEGError where error.reason.hasPrefix("its"):
            .invalidData(source: name, reason: error.reason)
        case let error as JPEGError: .invalidData(source: name, reason: "its first JPEG is broken: \(error)")
        default: .invalidData(source: name, reason: "neither video nor pictures: \(expected)")
        }
    }
}
