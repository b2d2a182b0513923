import Glibc
import Imaging
import System

/// Frames that another program writes into a pipe: YUV4MPEG2, or JPEGs one after another.
package final class StreamSource: FrameSource, @unchecked Sendable {
    // Unchecked: the protocol promises one thread at a time but for cancel(), and Cancellation is safe.

    private enum Format {
        case yuv4mpeg(YUV4MPEGReader)
        case jpeg(JPEGStreamReader)
    }

    package let name: String
    package private(set) var width = 0
    package private(set) var height = 0
    package private(set) var frameRate: Double?
    private let descriptor: Int32
    private let closes: Bool
    private let signal: Cancellation
    private let format: Format
    private var pacer: Pacer?
    private var count = 0
    /// The first JPEG, read for its size.
    private var waiting: [UInt8]?

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
        do {
            let start = try reader.peek(2)
            if start.elementsEqual([0xFF, 0xD8]) {
                let stream = JPEGStreamReader(reader)
                format = .jpeg(stream)
                var first: [UInt8] = []
                try stream.next(into: &first)
                var luma = GrayImage()
                try JPEGDecoder(tolerance: .strayBytes, maximumPixels: maximumPixels).decode(
                    first, into: &luma)
                width = luma.width
                height = luma.height
                waiting = first
            } else {
                let stream = try YUV4MPEGReader(reader)
                format = .yuv4mpeg(stream)
                width = stream.header.size.width
                height = stream.header.size.height
                frameRate = stream.header.frameRate
                if isPaced { pacer = Pacer(framesPerSecond: frameRate ?? 25) }
            }
        } catch {
            if closes { close(descriptor) }
            throw Self.rejection(of: name, error)
        }
    }

    deinit {
        if closes { close(descriptor) }
    }

    package func next(into frame: inout Frame) throws(CaptureError) -> Bool {
        // What is buffered would keep it from waiting, and so from seeing the signal.
        if signal.isRaised { return false }
        if pacer != nil && pacer?.wait(signal) == nil { return false }
        do {
            switch format {
            case .yuv4mpeg(let stream):
                guard try stream.next(into: &frame) else { return false }
            case .jpeg(let stream):
                if let waiting {
                    frame.bytes = waiting
                    self.waiting = nil
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
            throw .invalidData(source: name, reason: "after \(count) frames: \(error.reason)")
        } catch {
            throw .invalidData(source: name, reason: "after \(count) frames: what comes is no picture")
        }
        count += 1
        frame.number = count
        frame.monotonicTime = MonotonicClock.now
        frame.sourceTime =
            frameRate.map { UInt64(min(Double(count - 1) * 1e9 / $0, 9e18)) } ?? frame.monotonicTime
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
