/// How luma and chroma of a frame stand for red, green and blue.
package struct ColorEncoding: Equatable, Sendable {
    /// The weights of red, green and blue in luma.
    package enum Matrix: Sendable {
        /// ITU-R BT.601, of webcams, JPEG and standard definition.
        case bt601
        /// ITU-R BT.709, of high definition.
        case bt709
    }

    /// The weights of red, green and blue in luma.
    package var matrix: Matrix
    /// True where luma runs from 0 to 255 (JPEG), false where from 16 to 235 (video).
    package var isFullRange: Bool

    /// Names an encoding by its matrix and range.
    package init(matrix: Matrix, isFullRange: Bool) {
        self.matrix = matrix
        self.isFullRange = isFullRange
    }

    /// BT.601, 16 to 235: what webcams give where they say nothing else.
    package static let video = ColorEncoding(matrix: .bt601, isFullRange: false)
    /// BT.601, 0 to 255: what JFIF files hold.
    package static let jpeg = ColorEncoding(matrix: .bt601, isFullRange: true)
}
