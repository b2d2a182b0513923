import CV4L2
import Glibc

/// Frames through buffers that the driver fills and we read in place.
extension CameraDevice {
    /// The driver's buffers, mapped into our memory as long as this lives.
    final class Buffers {
        fileprivate var mapped: [UnsafeRawBufferPointer] = []
        /// Held so that it is closed after its buffers are unmapped: libv4l2 knows them no more then.
        private let device: CameraDevice

        fileprivate init(of device: CameraDevice) { self.device = device }

        deinit {
            for memory in mapped {
                v4l2_munmap(UnsafeMutableRawPointer(mutating: memory.baseAddress), memory.count)
            }
        }

        var count: Int { mapped.count }
    }

    /// Asks for buffers and maps them.
    func mapBuffers(_ count: Int) throws(CameraError) -> Buffers {
        var wish = v4l2_requestbuffers()
        wish.count = UInt32(clamping: count)
        wish.type = Self.capture
        wish.memory = V4L2_MEMORY_MMAP.rawValue
        try request("VIDIOC_REQBUFS") { cv4l2_request_buffers(descriptor, &wish) }
        let buffers = Buffers(of: self)
        for index in 0..<wish.count {
            var buffer = Self.buffer(index)
            try request("VIDIOC_QUERYBUF") { cv4l2_query_buffer(descriptor, &buffer) }
            let length = Int(buffer.length)
            let memory = v4l2_mmap(
                nil, length, PROT_READ | PROT_WRITE, MAP_SHARED, descriptor, Int64(buffer.m.offset))
            guard let memory, memory != UnsafeMutableRawPointer(bitPattern: -1) else {
                throw .refused(path: path, call: "mmap", number: errno)
            }
            buffers.mapped.append(UnsafeRawBufferPointer(start: memory, count: length))
        }
        return buffers
    }

    /// Hands a buffer to the driver to be filled.
    func queue(_ index: Int) throws(CameraError) {
        var buffer = Self.buffer(UInt32(clamping: index))
        try request("VIDIOC_QBUF") { cv4l2_queue_buffer(descriptor, &buffer) }
    }

    func startStreaming() throws(CameraError) {
        var type = Int32(bitPattern: Self.capture)
        try request("VIDIOC_STREAMON") { cv4l2_stream_on(descriptor, &type) }
    }

    func stopStreaming() {
        var type = Int32(bitPattern: Self.capture)
        _ = cv4l2_stream_off(descriptor, &type)
    }

    /// A buffer that the driver has filled.
    struct Filled: Equatable {
        var index: Int
        var byteCount: Int
        /// Counts the driver's frames, those it dropped too.
        var sequence: UInt32
        /// Nanoseconds of the monotonic clock, or nil where the driver stamps by another.
        var monotonicTime: UInt64?
        /// True where the driver says that the bytes are broken.
        var isBroken: Bool
    }

    /// The next filled buffer; nil where none is yet.
    ///
    /// - Throws: the errno: `ENODEV` where the device has gone, `EIO` where it failed.
    func dequeue() throws(StreamFault) -> Filled? {
        var buffer = Self.buffer(0)
        guard cv4l2_dequeue_buffer(descriptor, &buffer) == 0 else {
            if errno == EAGAIN || errno == EINTR { return nil }
            throw StreamFault(number: errno)
        }
        let isMonotonic =
            buffer.flags & UInt32(V4L2_BUF_FLAG_TIMESTAMP_MASK) == UInt32(V4L2_BUF_FLAG_TIMESTAMP_MONOTONIC)
        let time =
            UInt64(clamping: buffer.timestamp.tv_sec) &* 1_000_000_000
            &+ UInt64(clamping: buffer.timestamp.tv_usec) &* 1000
        return Filled(
            index: Int(buffer.index), byteCount: Int(buffer.bytesused), sequence: buffer.sequence,
            monotonicTime: isMonotonic && time > 0 ? time : nil,
            isBroken: buffer.flags & UInt32(V4L2_BUF_FLAG_ERROR) != 0)
    }

    /// The bytes of a filled buffer, valid until it is queued again.
    func bytes(of filled: Filled, in buffers: Buffers) -> UnsafeRawBufferPointer? {
        guard buffers.mapped.indices.contains(filled.index) else { return nil }
        let memory = buffers.mapped[filled.index]
        return UnsafeRawBufferPointer(rebasing: memory[0..<min(memory.count, filled.byteCount)])
    }

    /// An errno from a stream that ran.
    struct StreamFault: Error, Equatable {
        let number: Int32
    }

    private static func buffer(_ index: UInt32) -> v4l2_buffer {
        var buffer = v4l2_buffer()
        buffer.index = index
        buffer.type = capture
        buffer.memory = V4L2_MEMORY_MMAP.rawValue
        return buffer
    }
}
