import Imaging

/// A frame as a mirror shows it, for a renderer that is slow at turning pictures.
package struct FrameMirror {
    private var mirrored = Frame()
    private var planar = YUVImage()
    private let decoder = FrameDecoder()

    /// Has no frame yet.
    package init() {}

    /// The mirror image, in the frame's own format, of a compressed one in planes; nil where its bytes are no picture.
    package mutating func image(of frame: Frame) -> Frame? {
        (mirrored.width, mirrored.height) = (frame.width, frame.height)
        guard frame.format == .mjpeg else {
            (mirrored.format, mirrored.encoding) = (frame.format, frame.encoding)
            mirrored.bytesPerRow = frame.bytesPerRow
            mirrored.setByteCount(frame.bytes.count)
            let planes = frame.planes
            for (index, plane) in planes.enumerated() {
                reverse(frame.bytes, plane, to: plane, Unit(frame.format, plane: index))
            }
            return planes.isEmpty ? nil : mirrored
        }
        guard (try? decoder.planes(of: frame, into: &planar)) != nil else { return nil }
        (mirrored.width, mirrored.height) = (planar.width, planar.height)
        (mirrored.format, mirrored.encoding, mirrored.bytesPerRow) = (.yu12, .jpeg, planar.width)
        mirrored.setByteCount(planar.luma.count + planar.blueChroma.count + planar.redChroma.count)
        for (bytes, plane) in zip([planar.luma, planar.blueChroma, planar.redChroma], mirrored.planes) {
            let source = FramePlane(
                offset: 0, bytesPerRow: plane.usedBytesPerRow, usedBytesPerRow: plane.usedBytesPerRow,
                rows: plane.rows)
            reverse(bytes, source, to: plane, Unit(.yu12, plane: 0))
        }
        return mirrored
    }

    /// What changes its place as a whole.
    private struct Unit {
        /// Its bytes.
        var size: Int
        /// The first of two bytes in it that lie two apart and change places: two pixels' luma.
        var luma: Int?

        init(_ format: PixelFormat, plane: Int) {
            (size, luma) =
                switch format {
                case .yuyv: (4, 0)
                case .uyvy: (4, 1)
                case .rgb24, .bgr24: (3, nil)
                case .y16: (2, nil)
                case .nv12: (plane == 0 ? 1 : 2, nil)
                case .yu12, .gray, .mjpeg: (1, nil)
                }
        }
    }

    private mutating func reverse(
        _ bytes: [UInt8], _ plane: FramePlane, to target: FramePlane, _ unit: Unit
    ) {
        let (size, count) = (unit.size, plane.usedBytesPerRow / unit.size)
        bytes.withUnsafeBufferPointer { from in
            mirrored.bytes.withUnsafeMutableBufferPointer { to in
                for y in 0..<plane.rows {
                    let row = from[plane.offset + y * plane.bytesPerRow..<from.count]
                    var put = target.offset + y * target.bytesPerRow
                    for index in stride(from: count - 1, through: 0, by: -1) {
                        let at = row.startIndex + index * size
                        for byte in 0..<size { to[put + byte] = row[at + byte] }
                        if let luma = unit.luma { to.swapAt(put + luma, put + luma + 2) }
                        put += size
                    }
                }
            }
        }
    }
}
