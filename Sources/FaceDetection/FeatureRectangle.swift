/// A rectangle of a feature, in pixels of the window, and what its sum counts for.
///
/// A tilted rectangle hangs from (`x`, `y`), its top corner: `width` runs down to the right, `height` down
/// to the left, both at 45 degrees.
package struct FeatureRectangle: Sendable, Equatable {
    package var x, y, width, height: Int
    package var weight: Float
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
