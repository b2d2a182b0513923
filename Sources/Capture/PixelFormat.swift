/// How a frame's bytes hold its pixels: the formats read natively, named by their V4L2 four-character codes.
package enum PixelFormat: String, CaseIterable, Sendable {
    /// 4:2:2 packed, Y0 U Y1 V.
    case yuyv = "YUYV"
    /// 4:2:2 packed, U Y0 V Y1.
    case uyvy = "UYVY"
    /// 4:2:0, a luma plane, then one plane of interleaved U and V.
    case nv12 = "NV12"
    /// 4:2:0, planes Y, U, V (I420).
    case yu12 = "YU12"
    /// 8-bit grey.
    case gray = "GREY"
    /// 16-bit little-endian grey, of infrared cameras.
    case y16 = "Y16 "
    /// Red, green, blue, 8 bits each.
    case rgb24 = "RGB3"
    /// Blue, green, red, 8 bits each.
    case bgr24 = "BGR3"
    /// One JPEG a frame.
    case mjpeg = "MJPG"

    /// Bytes of a row of the first plane that hold pixels, or nil for a compressed format.
    func usedBytesPerRow(width: Int) -> Int? {
        switch self {
        case .gray, .nv12, .yu12: width
        case .yuyv, .uyvy: (width + 1) / 2 * 4
        case .y16: width * 2
        case .rgb24, .bgr24: width * 3
        case .mjpeg: nil
        }
    }
}
