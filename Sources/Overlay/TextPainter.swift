import CSDL2
import Imaging

/// Draws text in DejaVu Sans; each piece is drawn once and kept as a texture while it is used.
final class TextPainter {
    /// Two weights at two sizes.
    enum Style: Int, CaseIterable {
        case body, strong, title
    }

    private struct Key: Hashable {
        let text: String
        let style: Style
    }

    private struct Piece {
        let texture: OpaquePointer
        let width: Float
        let height: Float
        var lastUse: Int
    }

    private let renderer: OpaquePointer
    private let paths: (regular: String, bold: String)
    private var fonts: [OpaquePointer] = []
    private var scale: Float = 0
    private var pieces: [Key: Piece] = [:]
    private var uses = 0

    /// More than a window shows at a time, so that only what has not been used for long is given up.
    private static let mostPieces = 400

    init(renderer: OpaquePointer) throws(WindowError) {
        self.renderer = renderer
        do {
            paths = (try Font.path(bold: false), try Font.path(bold: true))
        } catch {
            throw .font(reason: "\(error)")
        }
        try setScale(1)
    }

    /// Gives textures and fonts back; to be called while the renderer is there.
    func close() {
        forget()
        for font in fonts { TTF_CloseFont(font) }
        fonts = []
    }

    /// Opens the fonts for a scale of the window, 1 for a picture 720 pixels high.
    func setScale(_ scale: Float) throws(WindowError) {
        guard scale != self.scale else { return }
        forget()
        for font in fonts { TTF_CloseFont(font) }
        fonts = []
        for style in Style.allCases {
            let (path, size): (String, Float) =
                switch style {
                case .body: (paths.regular, 15)
                case .strong: (paths.bold, 15)
                case .title: (paths.bold, 20)
                }
            guard let font = TTF_OpenFont(path, Int32((size * scale).rounded())) else {
                throw .font(reason: "\(path): not a font that SDL_ttf can use")
            }
            TTF_SetFontHinting(font, TTF_HINTING_LIGHT)
            fonts.append(font)
        }
        self.scale = scale
    }

    /// Width and height of a text in pixels.
    func size(_ text: String, _ style: Style) -> (width: Float, height: Float) {
        piece(text, style).map { ($0.width, $0.height) } ?? (0, 0)
    }

    /// Draws a text from its left edge, its middle at a height.
    func draw(_ text: String, _ style: Style, x: Float, middle: Float, _ color: Color) {
        guard let piece = piece(text, style) else { return }
        SDL_SetTextureColorMod(piece.texture, color.red, color.green, color.blue)
        SDL_SetTextureAlphaMod(piece.texture, UInt8(max(0, min(1, color.opacity)) * 255))
        // On whole pixels: text between them is blurred.
        var target = SDL_FRect(
            x: x.rounded(), y: (middle - piece.height / 2).rounded(), w: piece.width, h: piece.height)
        SDL_RenderCopyF(renderer, piece.texture, nil, &target)
    }

    private func piece(_ text: String, _ style: Style) -> Piece? {
        guard !text.isEmpty, fonts.indices.contains(style.rawValue) else { return nil }
        uses += 1
        let key = Key(text: text, style: style)
        if let index = pieces.index(forKey: key) {
            pieces.values[index].lastUse = uses
            return pieces.values[index]
        }
        if pieces.count >= Self.mostPieces { forgetOldest() }
        let white = SDL_Color(r: 255, g: 255, b: 255, a: 255)
        guard let surface = TTF_RenderUTF8_Blended(fonts[style.rawValue], text, white) else { return nil }
        defer { SDL_FreeSurface(surface) }
        guard let texture = SDL_CreateTextureFromSurface(renderer, surface) else { return nil }
        let piece = Piece(
            texture: texture, width: Float(surface.pointee.w), height: Float(surface.pointee.h), lastUse: uses
        )
        pieces[key] = piece
        return piece
    }

    private func forgetOldest() {
        let limit = uses - Self.mostPieces / 2
        for (key, piece) in pieces where piece.lastUse < limit {
            SDL_DestroyTexture(piece.texture)
            pieces[key] = nil
        }
    }

    private func forget() {
        for piece in pieces.values { SDL_DestroyTexture(piece.texture) }
        pieces = [:]
    }
}
