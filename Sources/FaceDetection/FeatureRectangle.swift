/// A rectangle of a feature, in pixels of the window, and what its sum counts for.
///
/// A tilted rectangle hangs from (`x`, `y`), its top corner: `width` runs down to the right, `height` down
/// to the left, both at 45 degrees.
package struct FeatureRectangle: Sendable, Equatable {
    // Cascades have thousands, and no window has more than 1,024 columns: what does not fit is outside of it.
    private var box: SIMD4<Int16>
    package var weight: Float

    package init(x: Int, y: Int, width: Int, height: Int, weight: Float) {
        box = SIMD4(
            Int16(clamping: x), Int16(clamping: y), Int16(clamping: width), Int16(clamping: height))
        self.weight = weight
    }

    /// Of the left or top corner, the column.
    package var x: Int { Int(box.x) }
    /// Of the same, the row.
    package var y: Int { Int(box.y) }
    package var width: Int { Int(box.z) }
    package var height: Int { Int(box.w) }
}

extension FeatureRectangle {
    /// Whether all its pixels lie inside a window of this size.
    func fits(width windowWidth: Int, height windowHeight: Int, tilted: Bool) -> Bool {
        guard (1...windowWidth).contains(width), (1...windowHeight).contains(height) else {
            return false
        }
        guard (0..<windowWidth).contains(x), (0..<windowHeight).contains(y) else { return false }
        return tilted
            ? x >= height && x + width <= windowWidth && y + width + height <= windowHeight
            : x + width <= windowWidth && y + height <= windowHeight
    }
}
