import CFreeType
import Glibc

/// Why text can't be drawn.
public enum FontError: Error, Equatable, Sendable, CustomStringConvertible {
    /// The font is not installed.
    case missing
    /// FreeType can't use the font file: its path.
    case broken(path: String)

    /// One line: what is wrong and what to do about it.
    public var description: String {
        switch self {
        case .missing: "the font DejaVu Sans is not there: install the Debian package fonts-dejavu-core"
        case .broken(let path):
            "\(path): not a font that FreeType can use: install the Debian package fonts-dejavu-core again"
        }
    }
}

/// DejaVu Sans in one size, drawn by FreeType.
///
/// Each sign is drawn once and kept. Used from one thread at a time.
public final class Font {
    /// One sign's picture and where it belongs.
    struct Glyph {
        var width: Int
        var height: Int
        /// Pixels from the pen to the picture's left edge.
        var left: Int
        /// Pixels from the baseline up to the picture's top edge.
        var top: Int
        /// Pixels that the pen moves on.
        var advance: Double
        /// 0 to 255, row by row.
        var coverage: [UInt8]
    }

    /// Pixels from the baseline up to the top of capitals and of most tall letters.
    public private(set) var capHeight = 0.0
    /// The size in pixels to the em.
    public let size: Double

    private var library: FT_Library?
    private var face: FT_Face?
    private var glyphs: [Unicode.Scalar: Glyph] = [:]

    /// The folders in which Debian and other systems keep the font.
    private static let folders = [
        "/usr/share/fonts/truetype/dejavu", "/usr/share/fonts/TTF", "/usr/share/fonts/dejavu",
        "/usr/share/fonts/dejavu-sans-fonts", "/usr/local/share/fonts",
    ]

    /// The font's file, regular or bold.
    public static func path(bold: Bool) throws(FontError) -> String {
        try path(bold: bold, in: folders)
    }

    /// The font's file in the first of some folders that has it.
    package static func path(bold: Bool, in folders: [String]) throws(FontError) -> String {
        let name = bold ? "DejaVuSans-Bold.ttf" : "DejaVuSans.ttf"
        guard let folder = folders.first(where: { access("\($0)/\(name)", R_OK) == 0 }) else {
            throw .missing
        }
        return "\(folder)/\(name)"
    }

    /// Opens the font in a size of pixels to the em, 1 to 1,000.
    public convenience init(size: Double, bold: Bool = false) throws(FontError) {
        try self.init(path: Self.path(bold: bold), size: size)
    }

    /// Opens a font file in a size of pixels to the em, 1 to 1,000.
    public init(path: String, size: Double) throws(FontError) {
        self.size = size.isFinite ? min(1000, max(1, size)) : 16
        guard FT_Init_FreeType(&library) == 0, FT_New_Face(library, path, 0, &face) == 0,
            FT_Set_Char_Size(face, 0, FT_F26Dot6(self.size * 64), 72, 72) == 0
        else { throw .broken(path: path) }
        capHeight = Double(glyph("H").top)
    }

    deinit {
        FT_Done_Face(face)
        FT_Done_FreeType(library)
    }

    /// How far a line of text reaches, in pixels.
    public func width(of text: String) -> Double {
        text.unicodeScalars.reduce(0) { $0 + glyph($1).advance }
    }

    /// The signs of a line, each with the pen's place in pixels from the line's beginning.
    func layOut(_ text: String) -> [(Glyph, Double)] {
        var pen = 0.0
        return text.unicodeScalars.map { scalar in
            let glyph = glyph(scalar)
            defer { pen += glyph.advance }
            return (glyph, pen)
        }
    }

    private func glyph(_ scalar: Unicode.Scalar) -> Glyph {
        if let known = glyphs[scalar] { return known }
        let drawn =
            draw(scalar) ?? Glyph(width: 0, height: 0, left: 0, top: 0, advance: size / 2, coverage: [])
        glyphs[scalar] = drawn
        return drawn
    }

    private func draw(_ scalar: Unicode.Scalar) -> Glyph? {
        // Light hinting: crisp upright and unchanged in width, so that the pen's fractions stay true.
        let flags = Int32(FT_LOAD_RENDER) | Int32(FT_RENDER_MODE_LIGHT.rawValue) << 16
        guard FT_Load_Char(face, FT_ULong(scalar.value), flags) == 0, let slot = face?.pointee.glyph?.pointee
        else { return nil }
        let bitmap = slot.bitmap
        let (width, height, pitch) = (Int(bitmap.width), Int(bitmap.rows), Int(bitmap.pitch))
        var glyph = Glyph(
            width: width, height: height, left: Int(slot.bitmap_left), top: Int(slot.bitmap_top),
            advance: Double(slot.linearHoriAdvance) / 65536, coverage: [])
        guard let buffer = bitmap.buffer, pitch >= width else { return glyph }
        glyph.coverage.reserveCapacity(width * height)
        for row in 0..<height {
            glyph.coverage += UnsafeBufferPointer(start: buffer + row * pitch, count: width)
        }
        return glyph
    }
}
