/// How luma and chroma of a frame stand for red, green and blue.
public struct ColorEncoding: Equatable, Sendable {
    /// The weights of red, green and blue in luma.
    public enum Matrix: Sendable {
        /// ITU-R BT.601, of webcams, JPEG and standard definition.
        case bt601
        /// ITU-R BT.709, of high definition.
        case bt709
    }

    /// The weights of red, green and blue in luma.
    public var matrix: Matrix
    /// True where luma runs from 0 to 255 (JPEG), false where from 16 to 235 (video).
    public var isFullRange: Bool

    /// Names an encoding by its matrix and range.
    public init(matrix: Matrix, isFullRange: Bool) {
        self.matrix = matrix
        self.isFullRange = isFullRange
    }

    /// BT.601, 16 to 235: what webcams give where they say nothing else.
    public static let video = ColorEncoding(matrix: .bt601, isFullRange: false)
    /// BT.601, 0 to 255: what JFIF files hold.
    public static let jpeg = ColorEncoding(matrix: .bt601, isFullRange: true)
}
