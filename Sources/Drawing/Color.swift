import Foundation

/// A colour to draw with: red, green and blue in 8 bits each (sRGB), and how much it covers.
package struct Color: Hashable, Sendable {
    /// Red, 0 to 255.
    package var red: UInt8
    /// Green, 0 to 255.
    package var green: UInt8
    /// Blue, 0 to 255.
    package var blue: UInt8
    /// 1 covers what is below, 0 leaves it.
    package var opacity: Float

    /// Makes a colour from its components, opaque unless said.
    package init(red: UInt8, green: UInt8, blue: UInt8, opacity: Float = 1) {
        self.red = red
        self.green = green
        self.blue = blue
        self.opacity = opacity
    }

    /// The same colour, covering less or more.
    package func opacity(_ opacity: Float) -> Color {
        Color(red: red, green: green, blue: blue, opacity: opacity)
    }

    /// This colour with a share of another mixed in, 0 to 1, as opaque as this one.
    package func mixed(with other: Color, share: Float) -> Color {
        func mix(_ own: UInt8, _ its: UInt8) -> UInt8 {
            UInt8(max(0, min(255, (Float(own) + (Float(its) - Float(own)) * share).rounded())))
        }
        return Color(
            red: mix(red, other.red), green: mix(green, other.green), blue: mix(blue, other.blue),
            opacity: opacity)
    }

    /// How it looks on an opaque ground.
    package func over(_ ground: Color) -> Color { ground.mixed(with: self, share: opacity) }

    /// The relative luminance of WCAG 2, from 0 for black to 1 for white.
    package var luminance: Double {
        0.2126 * Self.linear(red) + 0.7152 * Self.linear(green) + 0.0722 * Self.linear(blue)
    }

    /// The contrast ratio of WCAG 2 between two opaque colours, from 1 to 21.
    package func contrast(to other: Color) -> Double {
        let (light, dark) = (max(luminance, other.luminance), min(luminance, other.luminance))
        return (light + 0.05) / (dark + 0.05)
    }

    /// A component of sRGB as light, 0 to 1.
    static func linear(_ component: UInt8) -> Double {
        let value = Double(component) / 255
        return value <= 0.04045 ? value / 12.92 : pow((value + 0.055) / 1.055, 2.4)
    }

    /// Black.
    package static let black = Color(red: 0, green: 0, blue: 0)
    /// White.
    package static let white = Color(red: 255, green: 255, blue: 255)
    /// Dark text on a bright ground.
    static let ink = Color(red: 18, green: 22, blue: 28)
    /// What panels and lines of text stand on.
    static let ground = Color(red: 18, green: 22, blue: 28, opacity: 0.86)
    /// Text that matters less, on a dark ground.
    static let faint = Color(red: 200, green: 206, blue: 214)
    /// A face without a name for what it shows.
    static let found = Color(red: 102, green: 217, blue: 160)
}
