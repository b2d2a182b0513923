import Glibc

/// Brings pictures to another size: by area averaging where they shrink, bilinearly where they grow, each axis by
/// itself.
///
/// Keeps its tables and rows, so that a run of pictures of like size allocates nothing after the first.
package struct ImageResizer: Sendable {
    private var columns = ResampleAxis()
    private var rows = ResampleAxis()
    private var sums: [Float] = []

    /// Makes a resizer.
    package init() {}

    /// Brings a grey picture to a size; `target` is black where the source has no pixels.
    package mutating func resize(_ source: GrayImage, width: Int, height: Int, into target: inout GrayImage) {
        target.setSize(width: width, height: height)
        columns.set(
            start: 0, length: Double(source.width), sourceSize: source.width, targetSize: target.width)
        rows.set(
            start: 0, length: Double(source.height), sourceSize: source.height, targetSize: target.height)
        resample(source.pixels, width: source.width, height: source.height, channels: 1, into: &target.pixels)
    }

    /// Brings a colour picture to a size; `target` is black where the source has no pixels.
    package mutating func resize(_ source: ColorImage, width: Int, height: Int, into target: inout ColorImage)
    {
        target.setSize(width: width, height: height)
        columns.set(
            start: 0, length: Double(source.width), sourceSize: source.width, targetSize: target.width)
        rows.set(
            start: 0, length: Double(source.height), sourceSize: source.height, targetSize: target.height)
        resample(source.pixels, width: source.width, height: source.height, channels: 3, into: &target.pixels)
    }

    /// Fills `target`, whose size stays, with a square of a grey picture; where the square reaches beyond the
    /// picture, its edge goes on.
    ///
    /// - Parameters:
    ///   - source: The picture.
    ///   - centerX: The middle of the square in pixels; the first pixel reaches from 0 to 1.
    ///   - centerY: The same downwards.
    ///   - side: The square's side in pixels.
    ///   - tilt: How far the square is turned about its middle, in degrees clockwise as seen; the target is upright.
    ///   - target: The picture filled.
    package mutating func resample(
        _ source: GrayImage, centerX: Double, centerY: Double, side: Double, tilt: Double = 0,
        into target: inout GrayImage
    ) {
        guard tilt == 0 || !tilt.isFinite else {
            return resampleTilted(source, SIMD2(centerX, centerY), side, tilt, into: &target)
        }
        columns.set(
            start: centerX - side / 2, length: side, sourceSize: source.width, targetSize: target.width)
        rows.set(
            start: centerY - side / 2, length: side, sourceSize: source.height, targetSize: target.height)
        resample(source.pixels, width: source.width, height: source.height, channels: 1, into: &target.pixels)
    }

    /// Weighs rows first, along whole rows, then the columns of the one row that is left of them.
    private mutating func resample(
        _ source: [UInt8], width: Int, height: Int, channels: Int, into target: inout [UInt8]
    ) {
        guard columns.taps.count * rows.taps.count * channels == target.count, !columns.used.isEmpty,
            columns.used.upperBound <= width, rows.used.upperBound <= height,
            source.count == width * height * channels
        else {
            for index in target.indices { target[index] = 0 }
            return
        }
        let used = (columns.used.lowerBound * channels)..<(columns.used.upperBound * channels)
        if sums.count < width * channels {
            sums.append(contentsOf: repeatElement(0, count: width * channels - sums.count))
        }
        let (columns, rows) = (columns, rows)
        sums.withUnsafeMutableBufferPointer { sums in
            source.withUnsafeBufferPointer { source in
                target.withUnsafeMutableBufferPointer { target in
                    var written = 0
                    for row in rows.taps {
                        Self.weigh(source, row, rows.weights, width * channels, used, into: sums)
                        for column in columns.taps {
                            for channel in 0..<channels {
                                var sum: Float = 0
                                for tap in 0..<column.count {
                                    let at = (column.first &+ tap) &* channels &+ channel
                                    sum += sums[at] * columns.weights[column.offset &+ tap]
                                }
                                target[written] = Self.byte(sum)
                                written &+= 1
                            }
                        }
                    }
                }
            }
        }
    }

    /// The weighted sum of the source's rows for one row of the target.
    private static func weigh(
        _ source: UnsafeBufferPointer<UInt8>, _ row: ResampleAxis.Tap, _ weights: [Float], _ stride: Int,
        _ used: Range<Int>, into sums: UnsafeMutableBufferPointer<Float>
    ) {
        guard let source = source.baseAddress, let sums = sums.baseAddress else { return }
        for tap in 0..<row.count {
            let weight = weights[row.offset + tap]
            let line = source + (row.first + tap) * stride
            if tap == 0 {
                for at in used { sums[at] = weight * Float(line[at]) }
            } else {
                for at in used { sums[at] += weight * Float(line[at]) }
            }
        }
    }

    @inline(__always)
    private static func byte(_ value: Float) -> UInt8 { UInt8(min(255, max(0, value + 0.5))) }

    /// A turned square: the mean of a grid of bilinear samples in each pixel of the target, as many as it covers
    /// pixels of the source.
    private func resampleTilted(
        _ source: GrayImage, _ center: SIMD2<Double>, _ side: Double, _ tilt: Double,
        into target: inout GrayImage
    ) {
        let (width, height) = (source.width, source.height)
        guard width > 0, height > 0 else {
            for index in target.pixels.indices { target.pixels[index] = 0 }
            return
        }
        // No picture reaches further; the numbers below stay finite and fit their integers.
        func bounded(_ value: Double) -> Double { value.isFinite ? min(1e6, max(-1e6, value)) : 0 }
        let (center, side) = (SIMD2(bounded(center.x), bounded(center.y)), max(0, bounded(side)))
        // 32 × 32 samples a pixel are enough for faces of 1,500 pixels.
        let grid = max(1, min(32, Int((side / Double(max(1, target.width))).rounded(.up))))
        let radians = tilt * .pi / 180
        let stepX = side / Double(max(1, target.width) * grid)
        let stepY = side / Double(max(1, target.height) * grid)
        let right = SIMD2(Float(cos(radians) * stepX), Float(sin(radians) * stepX))
        let down = SIMD2(Float(-sin(radians) * stepY), Float(cos(radians) * stepY))
        let halfX = Float(target.width * grid - 1) / 2
        let halfY = Float(target.height * grid - 1) / 2
        // A pixel's value stands at its centre, half a pixel right of and below its corner.
        let middle = SIMD2(Float(center.x - 0.5), Float(center.y - 0.5))
        let limit = SIMD2(Float(width - 1), Float(height - 1))
        let columns = target.width
        source.pixels.withUnsafeBufferPointer { source in
            func sample(_ point: SIMD2<Float>) -> Float {
                let inside = point.clamped(lowerBound: .zero, upperBound: limit)
                let (x, y) = (Int(inside.x), Int(inside.y))
                let share = SIMD2(inside.x - Float(x), inside.y - Float(y))
                let (nextX, nextY) = (min(x + 1, width - 1), min(y + 1, height - 1))
                let above =
                    Float(source[y * width + x]) * (1 - share.x) + Float(source[y * width + nextX]) * share.x
                let below =
                    Float(source[nextY * width + x]) * (1 - share.x)
                    + Float(source[nextY * width + nextX]) * share.x
                return above * (1 - share.y) + below * share.y
            }
            for index in target.pixels.indices {
                let (firstX, firstY) = (index % columns * grid, index / columns * grid)
                var sum: Float = 0
                for y in firstY..<(firstY + grid) {
                    let line = middle + down * (Float(y) - halfY)
                    for x in firstX..<(firstX + grid) { sum += sample(line + right * (Float(x) - halfX)) }
                }
                target.pixels[index] = Self.byte(sum / Float(grid * grid))
            }
        }
    }
}
