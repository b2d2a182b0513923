import CKernels
import Imaging

/// Turns frames into pictures: grey for those who look for faces, colours for those who draw.
///
/// Keeps its working storage from frame to frame: one decoder a thread, no allocation after the first frame of a
/// size. Not safe to use from two threads at a time.
package final class FrameDecoder {
    /// How far 16-bit grey is shifted down; grows to what the brightest pixel so far needs, as infrared cameras
    /// put 10 or 12 bits of light into 16 and few say how many.
    private var narrowing: UInt16 = 0
    private var grayOfColor = GrayImage()
    private var planesOfPixels = YUVImage()
    private let jpeg: JPEGDecoder

    /// Makes a decoder; JPEGs that claim more pixels than `maximumPixels` are refused.
    package init(maximumPixels: Int = JPEGDecoder.defaultMaximumPixels) {
        jpeg = JPEGDecoder(tolerance: .strayBytes, maximumPixels: maximumPixels)
    }

    /// The same as ``gray(of:into:)``, on wish at half the width and height, rounded up, where that takes less time than the
    /// whole: of a JPEG.
    ///
    /// - Returns: the whole frame's size.
    /// - Throws: ``CaptureError/invalidData(source:reason:)`` where the bytes are not what the frame says.
    package func gray(
        of frame: Frame, into image: inout GrayImage, isHalved: Bool
    ) throws(CaptureError) -> FrameSize {
        guard frame.format == .mjpeg else {
            try gray(of: frame, into: &image)
            return frame.size
        }
        do {
            let (width, height) = try jpeg.decode(frame.bytes, into: &image, isHalved: isHalved)
            return FrameSize(width: width, height: height)
        } catch { throw Self.broken(frame, error) }
    }

    /// Luma as it came, without a way through colours.
    ///
    /// - Throws: ``CaptureError/invalidData(source:reason:)`` where the bytes are not what the frame says.
    package func gray(of frame: Frame, into image: inout GrayImage) throws(CaptureError) {
        guard frame.format != .mjpeg else {
            do { try jpeg.decode(frame.bytes, into: &image) } catch { throw Self.broken(frame, error) }
            return
        }
        guard let plane = frame.firstPlane else { throw Self.incomplete(frame) }
        image.setSize(width: frame.width, height: frame.height)
        let (width, height) = (frame.width, frame.height)
        frame.bytes.withUnsafeBufferPointer { bytes in
            image.pixels.withUnsafeMutableBufferPointer { pixels in
                guard let source = bytes.baseAddress, let target = pixels.baseAddress else { return }
                switch frame.format {
                case .gray, .nv12, .yu12:
                    PixelKernels.copyRows(
                        source, bytesPerRow: plane.bytesPerRow, width: width, height: height, to: target)
                case .yuyv, .uyvy:
                    let first = source + (frame.format == .yuyv ? 0 : 1)
                    eachRow(of: plane) { y, start in
                        PixelKernels.everySecond(first + start, count: width, to: target + y * width)
                    }
                case .y16:
                    var bits: UInt16 = 0
                    eachRow(of: plane) { _, start in
                        bits |= PixelKernels.bitsUsed(source + start, count: width)
                    }
                    let needed = UInt16(max(0, 8 - bits.leadingZeroBitCount))
                    narrowing = max(narrowing, needed)
                    let shift = narrowing
                    eachRow(of: plane) { y, start in
                        PixelKernels.narrow(
                            source + start, count: width, shift: shift, to: target + y * width)
                    }
                case .rgb24, .bgr24:
                    let red = frame.format == .rgb24 ? 0 : 2
                    eachRow(of: plane) { y, start in
                        PixelKernels.luma(
                            source + start, count: width, red: red, blue: 2 - red, to: target + y * width)
                    }
                case .mjpeg:
                    break
                }
            }
        }
    }

    /// Red, green and blue; grey formats give grey.
    ///
    /// - Throws: ``CaptureError/invalidData(source:reason:)`` where the bytes are not what the frame says.
    package func color(of frame: Frame, into image: inout ColorImage) throws(CaptureError) {
        guard frame.format != .mjpeg else {
            do { try jpeg.decode(frame.bytes, into: &image) } catch { throw Self.broken(frame, error) }
            return
        }
        let planes = frame.planes
        guard let plane = planes.first else { throw Self.incomplete(frame) }
        image.setSize(width: frame.width, height: frame.height)
        switch frame.format {
        case .gray, .y16:
            try gray(of: frame, into: &grayOfColor)
            image.setGray(grayOfColor)
        case .rgb24, .bgr24:
            copyColor(of: frame, plane: plane, into: &image)
        case .yuyv, .uyvy, .nv12, .yu12:
            convertYUV(of: frame, planes: planes, into: &image)
        case .mjpeg:
            break
        }
    }

    /// The planes of a JPEG frame, for a window that turns them into colours itself.
    ///
    /// - Throws: ``CaptureError/invalidData(source:reason:)`` where the frame is not `mjpeg` or is broken.
    package func planes(of frame: Frame, into image: inout YUVImage) throws(CaptureError) {
        guard frame.format == .mjpeg else { throw Self.incomplete(frame) }
        do { try jpeg.decode(frame.bytes, into: &image) } catch { throw Self.broken(frame, error) }
    }

    private func copyColor(of frame: Frame, plane: FramePlane, into image: inout ColorImage) {
        let width = frame.width
        frame.bytes.withUnsafeBufferPointer { bytes in
            image.pixels.withUnsafeMutableBufferPointer { pixels in
                guard let source = bytes.baseAddress, let target = pixels.baseAddress else { return }
                PixelKernels.copyRows(
                    source, bytesPerRow: plane.bytesPerRow, width: 3 * width, height: frame.height, to: target
                )
                guard frame.format == .bgr24 else { return }
                for x in 0..<width * frame.height { swap(&target[3 * x], &target[3 * x + 2]) }
            }
        }
    }

    private func convertYUV(of frame: Frame, planes: [FramePlane], into image: inout ColorImage) {
        let weights = YUVWeights(frame.encoding)
        let width = frame.width
        image.pixels.withUnsafeMutableBufferPointer { pixels in
            guard let target = pixels.baseAddress else { return }
            eachRowOfYUV(of: frame, planes) { y, row in
                PixelKernels.color(row, count: width, weights: weights, to: target + 3 * width * y)
            }
        }
    }

    private func eachRowOfYUV(
        of frame: Frame, _ planes: [FramePlane], _ body: (_ y: Int, _ row: PixelKernels.RowOfYUV) -> Void
    ) {
        frame.bytes.withUnsafeBufferPointer { bytes in
            guard let source = bytes.baseAddress else { return }
            eachRow(of: planes[0]) { y, start in
                let first = source + start
                switch frame.format {
                case .yuyv:
                    body(y, .init(luma: first, blue: first + 1, red: first + 3, lumaStep: 2, chromaStep: 4))
                case .uyvy:
                    body(y, .init(luma: first + 1, blue: first, red: first + 2, lumaStep: 2, chromaStep: 4))
                case .nv12:
                    let chroma = source + planes[1].offset + y / 2 * planes[1].bytesPerRow
                    body(y, .init(luma: first, blue: chroma, red: chroma + 1, lumaStep: 1, chromaStep: 2))
                case .yu12:
                    let blue = source + planes[1].offset + y / 2 * planes[1].bytesPerRow
                    let red = source + planes[2].offset + y / 2 * planes[2].bytesPerRow
                    body(y, .init(luma: first, blue: blue, red: red, lumaStep: 1, chromaStep: 1))
                case .gray, .y16, .rgb24, .bgr24, .mjpeg: return
                }
            }
        }
    }

    // MARK: - Pixels of windows

    /// Pixels of 32 bits, for a window that the processor draws in: the colours of ``color(of:into:)``.
    ///
    /// - Throws: ``CaptureError/invalidData(source:reason:)`` where the bytes are not what the frame says; the image
    ///   is as it was then.
    package func pixels(of frame: Frame, into image: inout PixelImage) throws(CaptureError) {
        let planes = frame.planes
        guard frame.format == .mjpeg || !planes.isEmpty else { throw Self.incomplete(frame) }
        switch frame.format {
        case .mjpeg:
            try self.planes(of: frame, into: &planesOfPixels)
            let (width, height) = (planesOfPixels.width, planesOfPixels.height)
            image.setSize(width: width, height: height)
            planesOfPixels.eachRow { y, row in image.set(row, at: y, YUVWeights(.jpeg)) }
        case .gray, .y16:
            try gray(of: frame, into: &grayOfColor)
            image.setSize(width: frame.width, height: frame.height)
            grayOfColor.pixels.withUnsafeBufferPointer { bytes in
                guard let start = bytes.baseAddress else { return }
                for y in 0..<frame.height { image.set(start + y * frame.width, 1, (0, 0, 0), at: y) }
            }
        case .rgb24, .bgr24:
            image.setSize(width: frame.width, height: frame.height)
            let places = frame.format == .rgb24 ? (0, 1, 2) : (2, 1, 0)
            frame.bytes.withUnsafeBufferPointer { bytes in
                guard let source = bytes.baseAddress else { return }
                eachRow(of: planes[0]) { y, start in image.set(source + start, 3, places, at: y) }
            }
        case .yuyv, .uyvy, .nv12, .yu12:
            image.setSize(width: frame.width, height: frame.height)
            let weights = YUVWeights(frame.encoding)
            eachRowOfYUV(of: frame, planes) { y, row in image.set(row, at: y, weights) }
        }
    }

    private func eachRow(of plane: FramePlane, _ body: (_ y: Int, _ start: Int) -> Void) {
        for y in 0..<plane.rows { body(y, plane.offset + y * plane.bytesPerRow) }
    }

    private static func broken(_ frame: Frame, _ error: JPEGError) -> CaptureError {
        .invalidData(source: "frame \(frame.number)", reason: "broken JPEG: \(error)")
    }

    private static func incomplete(_ frame: Frame) -> CaptureError {
        .invalidData(
            source: "frame \(frame.number)",
            reason: "\(frame.bytes.count) bytes are no \(frame.size) \(frame.format.rawValue) picture")
    }
}
