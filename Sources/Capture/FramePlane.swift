/// Where one plane of a frame lies in its bytes.
package struct FramePlane: Equatable, Sendable {
    /// The plane's first byte in ``Frame/bytes``.
    package let offset: Int
    /// Bytes from one row to the next.
    package let bytesPerRow: Int
    /// Bytes of a row that hold pixels.
    package let usedBytesPerRow: Int
    /// Rows of the plane.
    package let rows: Int

    /// The byte after the plane's last pixel.
    var end: Int { rows == 0 ? offset : offset + (rows - 1) * bytesPerRow + usedBytesPerRow }
}

extension Frame {
    /// The frame's size.
    package var size: FrameSize { FrameSize(width: width, height: height) }

    /// The planes in the order in which they lie: one of a packed format, luma and chroma of `nv12`, luma, blue
    /// and red of `yu12`; none of a compressed frame, or where the bytes are fewer than size and format need.
    ///
    /// A caller that has seen the planes may read each without looking at `bytes.count` again. In `yu12`, rows of
    /// the chroma planes are half as long as those of luma, rounded up.
    package var planes: [FramePlane] {
        let planes = layout
        return (planes.last?.end ?? 0) <= bytes.count ? planes : []
    }

    /// The first plane, which holds the luma of the formats that have one; nil where the frame has no planes.
    package var firstPlane: FramePlane? { planes.first }

    /// Bytes from the first to the last pixel of an uncompressed frame; 0 where size and format don't fit.
    var byteCountOfPlanes: Int { layout.last?.end ?? 0 }

    private var layout: [FramePlane] {
        guard size.isValid, let used = format.usedBytesPerRow(width: width) else { return [] }
        guard (used...FrameSize.longestSide * 8).contains(bytesPerRow) else { return [] }
        let luma = FramePlane(offset: 0, bytesPerRow: bytesPerRow, usedBytesPerRow: used, rows: height)
        let chromaRows = (height + 1) / 2
        switch format {
        case .nv12:
            let chroma = FramePlane(
                offset: bytesPerRow * height, bytesPerRow: bytesPerRow,
                usedBytesPerRow: (width + 1) / 2 * 2, rows: chromaRows)
            return chroma.usedBytesPerRow <= bytesPerRow ? [luma, chroma] : []
        case .yu12:
            let stride = (bytesPerRow + 1) / 2
            let offset = bytesPerRow * height
            let used = (width + 1) / 2
            return [
                luma,
                FramePlane(offset: offset, bytesPerRow: stride, usedBytesPerRow: used, rows: chromaRows),
                FramePlane(
                    offset: offset + stride * chromaRows, bytesPerRow: stride, usedBytesPerRow: used,
                    rows: chromaRows),
            ]
        case .yuyv, .uyvy, .gray, .y16, .rgb24, .bgr24:
            return [luma]
        case .mjpeg:
            return []
        }
    }
}
