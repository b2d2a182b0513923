/// Columns and rows of a picture in pixels.
package struct FrameSize: Hashable, Sendable, CustomStringConvertible {
    /// Columns in pixels.
    package var width: Int
    /// Rows in pixels.
    package var height: Int

    /// The longest side that is taken: more is an attack or a mistake.
    package static let longestSide = 16384

    /// Makes a size from columns and rows.
    package init(width: Int, height: Int) {
        self.width = width
        self.height = height
    }

    /// Reads `640x480`; nil where the text is no such thing or a side is not from 1 to ``longestSide``.
    package init?(_ text: String) {
        let sides = text.split(separator: "x", omittingEmptySubsequences: false)
        guard sides.count == 2, let width = Int(sides[0]), let height = Int(sides[1]) else { return nil }
        self.init(width: width, height: height)
        guard isValid else { return nil }
    }

    /// True where both sides are from 1 to ``longestSide``.
    package var isValid: Bool {
        (1...Self.longestSide).contains(width) && (1...Self.longestSide).contains(height)
    }

    /// `640×480`.
    package var description: String { "\(width)×\(height)" }
}
