import Imaging

/// One step of the picture pyramid: the picture made smaller, so that a window of the cascade's own size covers a
/// larger face of it.
package struct ScanScale: Hashable, Sendable {
    /// How many of the picture's pixels a pixel of this scale covers along each side.
    package var factor: Float
    /// The smaller picture's columns and rows.
    package var width, height: Int
    /// From window to window, in pixels of this scale.
    package var step: Int

    /// The scales that OpenCV's `detectMultiScale` visits for a picture of this size, smallest faces first.
    package static func list(
        width: Int, height: Int, window: (width: Int, height: Int), parameters: DetectionParameters
    ) -> [ScanScale] {
        var scales: [ScanScale] = []
        list(width: width, height: height, window: window, parameters: parameters, into: &scales)
        return scales
    }

    /// Replaces `scales` by those visited, keeping its storage.
    static func list(
        width: Int, height: Int, window: (width: Int, height: Int), parameters: DetectionParameters,
        into scales: inout [ScanScale]
    ) {
        scales.removeAll(keepingCapacity: true)
        guard parameters.scaleFactor > 1 else { return }
        let limit = parameters.maxSize.flatMap { $0 > 0 ? $0 : nil }
        // A coarse search visits every second scale.
        let finest = parameters.scaleFactor
        let step = parameters.isCoarse ? finest * finest : finest
        var isTooLarge = false
        var nearest: (factor: Float, distance: Int)?
        var factor = 1.0
        // A window's sides are rounded from double precision here, and from single precision below, as OpenCV does.
        while (Double(window.width) * factor).rounded(.toNearestOrEven) <= Double(width),
            (Double(window.height) * factor).rounded(.toNearestOrEven) <= Double(height)
        {
            let single = Float(factor)
            factor *= step
            let across = Int((Float(window.width) * single).rounded(.toNearestOrEven))
            let down = Int((Float(window.height) * single).rounded(.toNearestOrEven))
            isTooLarge = isTooLarge || across > limit ?? width || down > limit ?? height
            if !isTooLarge, across >= parameters.minSize, down >= parameters.minSize {
                scales.append(
                    ScanScale(
                        factor: single, width: width, height: height, isCoarse: parameters.isCoarse))
            }
            let (overAcross, overDown) = (across - parameters.minSize, down - parameters.minSize)
            let distance = overAcross * overAcross + overDown * overDown
            if distance < nearest?.distance ?? .max { nearest = (single, distance) }
        }
        if scales.isEmpty, parameters.usesNearestScale, let nearest {
            scales.append(
                ScanScale(
                    factor: nearest.factor, width: width, height: height, isCoarse: parameters.isCoarse))
        }
    }

    /// A picture of a size made smaller by a factor.
    private init(factor: Float, width: Int, height: Int, isCoarse: Bool) {
        self.factor = factor
        self.width = Int((Float(width) / factor).rounded(.toNearestOrEven))
        self.height = Int((Float(height) / factor).rounded(.toNearestOrEven))
        step = isCoarse || factor < 2 ? 2 : 1
    }

    /// Windows side by side.
    package func windowColumns(_ window: (width: Int, height: Int)) -> Int {
        width < window.width ? 0 : (width - window.width) / step + 1
    }

    /// Rows of windows, one below the other.
    func windowRows(_ window: (width: Int, height: Int)) -> Int {
        height < window.height ? 0 : (height - window.height) / step + 1
    }

    /// All windows.
    func windowCount(_ window: (width: Int, height: Int)) -> Int {
        windowColumns(window) * windowRows(window)
    }

    /// The windows of a row whose middle lies inside the turned picture.
    func windowColumns(_ window: (width: Int, height: Int), row: Int, on turn: Turn) -> Range<Int> {
        let size = Double(factor)
        let middle = (Double(row * step) + Double(window.height) / 2) * size
        guard let inside = turn.columns(y: middle, margin: 0) else { return 0..<0 }
        func index(_ column: Double) -> Double { (column / size - Double(window.width) / 2) / Double(step) }
        let first = max(0, Int(index(inside.lowerBound).rounded(.up)))
        let end = min(windowColumns(window), Int(index(inside.upperBound).rounded(.down)) + 1)
        return first..<max(first, end)
    }

    /// The picture's rectangle that a window at (x, y) of this scale covers.
    package func rectangle(x: Int, y: Int, window: (width: Int, height: Int)) -> Rectangle {
        func scaled(_ length: Int) -> Int { Int((Float(length) * factor).rounded(.toNearestOrEven)) }
        return Rectangle(
            x: scaled(x), y: scaled(y), width: scaled(window.width), height: scaled(window.height))
    }
}
