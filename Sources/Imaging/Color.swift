/// A colour to draw with: red, green and blue in 8 bits each, and how much it covers.
public struct Color: Hashable, Sendable {
    /// Red, 0 to 255.
    public var red: UInt8
    /// Green, 0 to 255.
    public var green: UInt8
    /// Blue, 0 to 255.
    public var blue: UInt8
    /// 1 covers what is below, 0 leaves it.
    public var opacity: Float

    /// Makes a colour from its components, opaque unless said.
    public init(red: UInt8, green: UInt8, blue: UInt8, opacity: Float = 1) {
        self.red = red
        self.green = green
        self.blue = blue
        self.opacity = opacity
    }

    /// The same colour, covering less or more.
    public func opacity(_ opacity: Float) -> Color {
        Color(red: red, green: green, blue: blue, opacity: opacity)
    }

    /// The brightness, 0 to 255, by BT.601.
    public var luma: UInt8 { Luma.of(red: red, green: green, blue: blue) }

    /// Black.
    public static let black = Color(red: 0, green: 0, blue: 0)
    /// White.
    public static let white = Color(red: 255, green: 255, blue: 255)
}
