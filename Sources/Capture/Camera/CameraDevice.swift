import CV4L2
import Glibc

/// An open video device: each request to the driver as one typed method. This file and `CameraStreaming.swift` are all
/// that know V4L2's structures.
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

    /// The four characters, and `-BE` where the highest bit says big-endian.
    static func name(of code: UInt32) -> String {
        let characters = (0..<4).map { UInt8(truncatingIfNeeded: code >> (8 * $0)) & 0x7F }
        return String(decoding: characters, as: UTF8.self) + (code >> 31 == 1 ? "-BE" : "")
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

    // MARK: - Between V4L2 and Swift

    static let capture = V4L2_BUF_TYPE_VIDEO_CAPTURE.rawValue

    func request(_ call: String, _ body: () -> Int32) throws(CameraError) {
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
