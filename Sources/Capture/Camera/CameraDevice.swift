import CV4L2
import Glibc

/// An open video device: each request to the driver as one typed method. The only file that knows V4L2's structures.
final class CameraDevice {
    /// `/dev/videoN`.
    let path: String
    /// For poll(2).
    let descriptor: Int32

    /// Opens a device through libv4l2, which converts formats that are not read here.
    init(path: String) throws(CameraError) {
        Self.quietLibrary
        let descriptor = cv4l2_open(path, O_RDWR | O_NONBLOCK | O_CLOEXEC)
        guard descriptor >= 0 else { throw .claiming(path, call: "open", number: errno) }
        self.path = path
        self.descriptor = descriptor
    }

    deinit { v4l2_close(descriptor) }

    private static let quietLibrary: Void = cv4l2_set_log(fopen("/dev/null", "we"))

    // MARK: - What it is

    /// What a device says of itself.
    struct Capability: Equatable {
        var card: String
        var bus: String
        var isCamera: Bool
    }

    /// Looks at a device without libv4l2.
    static func capability(path: String) throws(CameraError) -> Capability {
        let descriptor = open(path, O_RDWR | O_NONBLOCK | O_CLOEXEC)
        guard descriptor >= 0 else { throw .claiming(path, call: "open", number: errno) }
        defer { close(descriptor) }
        var answer = v4l2_capability()
        guard cv4l2_raw_capability(descriptor, &answer) == 0 else {
            if errno == ENOTTY || errno == EINVAL { throw .notACamera(path: path) }
            throw .claiming(path, call: "VIDIOC_QUERYCAP", number: errno)
        }
        // A device has the sum of its nodes' capabilities; what this node can do is in device_caps.
        let ofNode = answer.capabilities & UInt32(V4L2_CAP_DEVICE_CAPS) != 0
        let abilities = ofNode ? answer.device_caps : answer.capabilities
        // libv4l2's plugin makes multi-planar cameras look like others.
        let captures = UInt32(V4L2_CAP_VIDEO_CAPTURE) | UInt32(V4L2_CAP_VIDEO_CAPTURE_MPLANE)
        let isCamera = abilities & captures != 0 && abilities & UInt32(V4L2_CAP_STREAMING) != 0
        return Capability(card: text(answer.card), bus: text(answer.bus_info), isCamera: isCamera)
    }

    // MARK: - What it offers

    /// A format as the driver lists it.
    struct Offer: Equatable {
        var code: UInt32
        /// True where libv4l makes it out of another.
        var isConverted: Bool
    }

    /// Every format, in the driver's order.
    func formats() -> [Offer] {
        var offers: [Offer] = []
        var answer = v4l2_fmtdesc()
        answer.type = Self.capture
        while offers.count < 256, cv4l2_enumerate_formats(descriptor, &answer) == 0 {
            let isConverted = answer.flags & UInt32(V4L2_FMT_FLAG_EMULATED) != 0
            offers.append(Offer(code: answer.pixelformat, isConverted: isConverted))
            answer.index += 1
        }
        return offers
    }

    /// The sizes of a format: a list, or a range with steps.
    enum Sizes: Equatable {
        case list([FrameSize])
        case range(smallest: FrameSize, largest: FrameSize, step: FrameSize)
    }

    /// The sizes of a format; an empty list where the driver can't say.
    func sizes(of code: UInt32) -> Sizes {
        var sizes: [FrameSize] = []
        var answer = v4l2_frmsizeenum()
        answer.pixel_format = code
        while sizes.count < 256, cv4l2_enumerate_sizes(descriptor, &answer) == 0 {
            if answer.type != V4L2_FRMSIZE_TYPE_DISCRETE.rawValue {
                let range = answer.stepwise
                return .range(
                    smallest: FrameSize(width: Int(range.min_width), height: Int(range.min_height)),
                    largest: FrameSize(width: Int(range.max_width), height: Int(range.max_height)),
                    step: FrameSize(
                        width: max(1, Int(range.step_width)), height: max(1, Int(range.step_height))))
            }
            sizes.append(FrameSize(width: Int(answer.discrete.width), height: Int(answer.discrete.height)))
            answer.index += 1
        }
        return .list(sizes)
    }

    /// Frames a second at a size, the highest first; empty where the driver can't say.
    func rates(of code: UInt32, size: FrameSize) -> [Double] {
        var rates: [Double] = []
        var answer = v4l2_frmivalenum()
        answer.pixel_format = code
        answer.width = UInt32(clamping: size.width)
        answer.height = UInt32(clamping: size.height)
        while rates.count < 64, cv4l2_enumerate_intervals(descriptor, &answer) == 0 {
            if answer.type != V4L2_FRMIVAL_TYPE_DISCRETE.rawValue {
                let ends = [Self.rate(answer.stepwise.min), Self.rate(answer.stepwise.max)]
                return ends.compactMap { $0 }.sorted(by: >)
            }
            if let rate = Self.rate(answer.discrete) { rates.append(rate) }
            answer.index += 1
        }
        return rates.sorted(by: >)
    }

    // MARK: - What is chosen

    /// What the driver has taken of what was asked.
    struct Picture: Equatable {
        var code: UInt32
        var size: FrameSize
        var bytesPerRow: Int
        var encoding: ColorEncoding
    }

    /// Asks for a format and size; the driver takes the nearest it has.
    func setPicture(code: UInt32, size: FrameSize) throws(CameraError) -> Picture {
        var format = v4l2_format()
        format.type = Self.capture
        format.fmt.pix.width = UInt32(clamping: size.width)
        format.fmt.pix.height = UInt32(clamping: size.height)
        format.fmt.pix.pixelformat = code
        format.fmt.pix.field = V4L2_FIELD_NONE.rawValue
        try request("VIDIOC_S_FMT") { cv4l2_set_format(descriptor, &format) }
        let given = format.fmt.pix
        return Picture(
            code: given.pixelformat, size: FrameSize(width: Int(given.width), height: Int(given.height)),
            bytesPerRow: Int(given.bytesperline), encoding: Self.encoding(given))
    }

    /// Asks for so many frames a second; what the driver took, or nil where it does not say.
    func setRate(_ rate: Double) -> Double? {
        var parameters = v4l2_streamparm()
        parameters.type = Self.capture
        parameters.parm.capture.timeperframe.numerator = 1000
        parameters.parm.capture.timeperframe.denominator = UInt32(min(max(rate, 0.001), 1000) * 1000)
        if cv4l2_set_parameters(descriptor, &parameters) != 0 {
            parameters = v4l2_streamparm()
            parameters.type = Self.capture
            guard cv4l2_get_parameters(descriptor, &parameters) == 0 else { return nil }
        }
        return Self.rate(parameters.parm.capture.timeperframe)
    }

    /// Takes the timings of the signal where the input is HDMI or the like; webcams have none.
    func followSignal() {
        var index: Int32 = 0
        var input = v4l2_input()
        guard cv4l2_get_input(descriptor, &index) == 0, index >= 0 else { return }
        input.index = UInt32(index)
        guard cv4l2_enumerate_input(descriptor, &input) == 0,
            input.capabilities & UInt32(V4L2_IN_CAP_DV_TIMINGS) != 0
        else { return }
        var timings = v4l2_dv_timings()
        if cv4l2_query_timings(descriptor, &timings) == 0 { _ = cv4l2_set_timings(descriptor, &timings) }
    }

    // MARK: - Streaming

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

    // MARK: - Between V4L2 and Swift

    private static let capture = V4L2_BUF_TYPE_VIDEO_CAPTURE.rawValue

    private static func buffer(_ index: UInt32) -> v4l2_buffer {
        var buffer = v4l2_buffer()
        buffer.index = index
        buffer.type = capture
        buffer.memory = V4L2_MEMORY_MMAP.rawValue
        return buffer
    }

    private func request(_ call: String, _ body: () -> Int32) throws(CameraError) {
        while body() != 0 {
            if errno == EINTR { continue }
            throw .claiming(path, call: call, number: errno)
        }
    }

    private static func rate(_ interval: v4l2_fract) -> Double? {
        guard interval.numerator > 0, interval.denominator > 0 else { return nil }
        return Double(interval.denominator) / Double(interval.numerator)
    }

    /// A driver that says nothing means BT.601, in full range for JPEG alone.
    private static func encoding(_ picture: v4l2_pix_format) -> ColorEncoding {
        let isDefault = picture.ycbcr_enc == V4L2_YCBCR_ENC_DEFAULT.rawValue
        let is709 =
            picture.ycbcr_enc == V4L2_YCBCR_ENC_709.rawValue
            || isDefault && picture.colorspace == V4L2_COLORSPACE_REC709.rawValue
        let isFull =
            picture.quantization == V4L2_QUANTIZATION_FULL_RANGE.rawValue
            || picture.quantization == V4L2_QUANTIZATION_DEFAULT.rawValue
                && picture.colorspace == V4L2_COLORSPACE_JPEG.rawValue
        return ColorEncoding(matrix: is709 ? .bt709 : .bt601, isFullRange: isFull)
    }

    private static func text<Characters>(_ characters: Characters) -> String {
        withUnsafeBytes(of: characters) { String(decoding: $0.prefix { $0 != 0 }, as: UTF8.self) }
    }
}

extension PixelFormat {
    /// `JPEG`.
    private static let jpegCode: UInt32 = 0x4745_504A

    /// The four-character code as a number, first character lowest.
    var code: UInt32 {
        rawValue.utf8.reversed().reduce(0) { $0 << 8 | UInt32($1) }
    }

    /// The format of a four-character code; nil for those that are not read natively.
    init?(code: UInt32) {
        // Single JPEGs and Motion JPEG are the same to a decoder that knows the standard Huffman tables.
        let code = code == Self.jpegCode ? Self.mjpeg.code : code
        guard let format = Self.allCases.first(where: { $0.code == code }) else { return nil }
        self = format
    }
}
