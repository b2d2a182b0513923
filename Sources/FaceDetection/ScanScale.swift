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
        guard parameters.scaleFactor > 1 else { return scales }
        let limit = parameters.maxSize.flatMap { $0 > 0 ? $0 : nil } ?? Int.max
        var factor = 1.0
        while true {
            let side = (
                width: (Double(window.width) * factor).rounded(.toNearestOrEven),
                height: (Double(window.height) * factor).rounded(.toNearestOrEven)
            )
            if side.width > Double(min(limit, width)) || side.height > Double(min(limit, height)) { break }
            if side.width >= Double(parameters.minSize), side.height >= Double(parameters.minSize) {
                let single = Float(factor)
                scales.append(
                    ScanScale(
                        factor: single,
                        width: Int((Float(width) / single).rounded(.toNearestOrEven)),
                        height: Int((Float(height) / single).rounded(.toNearestOrEven)),
                        step: single >= 2 ? 1 : 2))
            }
            factor *= parameters.scaleFactor
        }
        return scales
    }

    /// Windows side by side.
    func windowColumns(_ window: (width: Int, height: Int)) -> Int {
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
