import Imaging

/// A picture in luma and halved chroma that can be drawn into a `yu12` frame at any scale and place.
struct PlanarPicture {
    private let image: YUVImage

    /// Decodes a JPEG.
    init(jpeg: [UInt8]) throws(CaptureError) {
        var image = YUVImage()
        do {
            try JPEGDecoder().decode(jpeg, into: &image)
        } catch {
            throw .cannotOpen(source: "demo", reason: "its picture is broken: \(error)")
        }
        self.image = image
    }

    /// Decodes a JPEG of squares side by side: a picture each.
    static func squares(jpeg: [UInt8]) throws(CaptureError) -> [PlanarPicture] {
        let whole = try PlanarPicture(jpeg: jpeg).image
        guard whole.height > 1 else { return [] }
        return (0..<whole.width / whole.height).map { number in
            PlanarPicture(image: whole.cropped(x: number * whole.height, width: whole.height))
        }
    }

    private init(image: YUVImage) { self.image = image }

    /// Where the picture lies in a frame.
    struct Placement {
        /// The picture's left edge in the frame's pixels.
        var left: Double
        /// The picture's top edge.
        var top: Double
        /// Pixels of the frame a pixel of the picture takes.
        var scale: Double
    }

    /// One output column's or row's place between two of the picture, or outside of it.
    fileprivate struct Sample {
        var index: Int
        /// The second one's share, in 1/128.
        var share: Int32
    }

    /// Working storage that is kept from frame to frame.
    struct Scratch {
        fileprivate var columns: [Sample] = []
        fileprivate var row: [UInt8] = []
    }

    /// Draws the picture, bilinearly, before a background of luma 64 without colour. Its last row goes on to the frame's
    /// foot: a bust has a body.
    func draw(_ placement: Placement, into frame: inout Frame, scratch: inout Scratch) {
        let (width, height) = (frame.width, frame.height)
        let (chromaWidth, chromaHeight) = ((width + 1) / 2, (height + 1) / 2)
        frame.format = .yu12
        frame.encoding = .jpeg
        frame.bytesPerRow = width
        frame.setByteCount(width * height + 2 * chromaWidth * chromaHeight)
        let half = Placement(left: placement.left / 2, top: placement.top / 2, scale: placement.scale)
        let size = FrameSize(width: image.width, height: image.height)
        let chromaSize = FrameSize(width: image.chromaWidth, height: image.chromaHeight)
        let chroma = FrameSize(width: chromaWidth, height: chromaHeight)
        var offset = 0
        draw(image.luma, size, placement, at: offset, frame.size, 64, into: &frame.bytes, &scratch)
        offset += width * height
        draw(image.blueChroma, chromaSize, half, at: offset, chroma, 128, into: &frame.bytes, &scratch)
        offset += chromaWidth * chromaHeight
        draw(image.redChroma, chromaSize, half, at: offset, chroma, 128, into: &frame.bytes, &scratch)
    }

    private func draw(
        _ source: [UInt8], _ sourceSize: FrameSize, _ placement: Placement, at offset: Int, _ size: FrameSize,
        _ background: UInt8, into bytes: inout [UInt8], _ scratch: inout Scratch
    ) {
        let first = Self.visible(placement.left, placement.scale, sourceSize.width, size.width)
        let rows = Self.visible(placement.top, placement.scale, sourceSize.height, size.height)
        scratch.columns.removeAll(keepingCapacity: true)
        for x in first {
            scratch.columns.append(Self.sample(x, placement.left, placement.scale, sourceSize.width))
        }
        if scratch.row.count != sourceSize.width {
            scratch.row = [UInt8](repeating: 0, count: sourceSize.width)
        }
        bytes.withUnsafeMutableBufferPointer { all in
            guard let base = all.baseAddress else { return }
            for y in 0..<size.height {
                let target = base + offset + y * size.width
                guard y >= rows.lowerBound, !rows.isEmpty, !first.isEmpty else {
                    target.update(repeating: background, count: size.width)
                    continue
                }
                let row = Self.sample(y, placement.top, placement.scale, sourceSize.height)
                target.update(repeating: background, count: first.lowerBound)
                (target + first.upperBound).update(
                    repeating: background, count: size.width - first.upperBound)
                Self.blendRows(source, row, width: sourceSize.width, into: &scratch.row)
                Self.stretch(scratch.row, scratch.columns, into: target + first.lowerBound)
            }
        }
    }

    /// The frame's columns (or rows) that the picture covers.
    private static func visible(_ start: Double, _ scale: Double, _ length: Int, _ limit: Int) -> Range<Int> {
        let bound = Double(limit)
        let low = Int(min(max(start, 0), bound).rounded())
        let high = Int(min(max(start + scale * Double(length), 0), bound).rounded())
        return low..<max(low, high)
    }

    private static func sample(_ position: Int, _ start: Double, _ scale: Double, _ length: Int) -> Sample {
        let place = (Double(position) + 0.5 - start) / scale - 0.5
        let clamped = min(max(place, 0), Double(length - 1))
        let index = min(Int(clamped), max(0, length - 2))
        return Sample(index: index, share: Int32((clamped - Double(index)) * 128))
    }

    private static func blendRows(_ source: [UInt8], _ row: Sample, width: Int, into target: inout [UInt8]) {
        source.withUnsafeBufferPointer { source in
            target.withUnsafeMutableBufferPointer { target in
                let upper = UnsafeBufferPointer(rebasing: source[row.index * width..<(row.index + 1) * width])
                let lower = UnsafeBufferPointer(
                    rebasing: source[(row.index + 1) * width..<(row.index + 2) * width])
                let (near, far) = (UInt16(128 - row.share), UInt16(row.share))
                for x in 0..<width {
                    let sum = UInt16(upper[x]) &* near &+ UInt16(lower[x]) &* far &+ 64
                    target[x] = UInt8(truncatingIfNeeded: sum &>> 7)
                }
            }
        }
    }

    private static func stretch(
        _ row: [UInt8], _ columns: [Sample], into target: UnsafeMutablePointer<UInt8>
    ) {
        row.withUnsafeBufferPointer { row in
            columns.withUnsafeBufferPointer { columns in
                for x in 0..<columns.count {
                    let sample = columns[x]
                    let left = Int32(row[sample.index])
                    let right = Int32(row[sample.index &+ 1])
                    target[x] = UInt8(
                        truncatingIfNeeded: left &+ ((right &- left) &* sample.share &+ 64) &>> 7)
                }
            }
        }
    }
}
