import CSDL2
import Drawing
import Imaging

/// The drawing as a transparent texture over the picture; only what changed is sent to the graphics card. Where the
/// processor draws, there is no texture: the drawing is laid over the window's own pixels.
final class LayerTexture {
    private let layer: DrawingLayer
    private var texture: OpaquePointer?
    private var width = 0
    private var height = 0
    private var pixels: [UInt32] = []
    /// The window's pixels, where they are written to; nil for a texture.
    private var plain: WindowPixels?

    init(text: PangoText) { layer = DrawingLayer(text: text) }

    /// Gives the texture back; to be called while the renderer is there.
    func close() {
        if let texture { SDL_DestroyTexture(texture) }
        texture = nil
    }

    /// Makes the texture show a drawing on a canvas of a size in pixels.
    ///
    /// - Parameter window: the one that the processor draws in; nil where a graphics card does.
    func update(
        _ drawing: Drawing, width: Int, height: Int, on renderer: OpaquePointer, in window: OpaquePointer?
    ) throws(WindowError) {
        do throws(DrawingError) {
            try layer.update(drawing, width: width, height: height)
        } catch {
            throw .drawing(error)
        }
        plain = window.flatMap { WindowPixels(of: $0, width: width, height: height) }
        guard plain == nil else { return close() }
        let isNew = texture == nil || width != self.width || height != self.height
        if isNew { try make(width, height, renderer) }
        for box in isNew ? layer.covered : layer.changed { try send(box) }
    }

    /// Lays it over what was drawn before.
    func draw(on renderer: OpaquePointer) {
        if let plain {
            // What was asked for so far is drawn now: nothing follows it but the drawing.
            SDL_RenderFlush(renderer)
            plain.lend { bytes, bytesPerRow in _ = layer.lay(over: &bytes, bytesPerRow: bytesPerRow) }
            return
        }
        guard let texture else { return }
        for box in layer.covered {
            var source = SDL_Rect(box)
            var target = source
            SDL_RenderCopy(renderer, texture, &source, &target)
        }
    }

    private func make(_ width: Int, _ height: Int, _ renderer: OpaquePointer) throws(WindowError) {
        close()
        texture = SDL_CreateTexture(
            renderer, SDL_PIXELFORMAT_ARGB8888.rawValue, Int32(SDL_TEXTUREACCESS_STREAMING.rawValue),
            Int32(width), Int32(height))
        guard let texture else { throw .sdl("nothing can be drawn over the picture") }
        (self.width, self.height) = (width, height)
        SDL_SetTextureBlendMode(texture, SDL_BLENDMODE_BLEND)
        SDL_SetTextureScaleMode(texture, SDL_ScaleModeNearest)
    }

    private func send(_ box: Rectangle) throws(WindowError) {
        layer.copy(box, into: &pixels)
        var target = SDL_Rect(box)
        guard SDL_UpdateTexture(texture, &target, pixels, Int32(4 * box.width)) == 0 else {
            throw .sdl("nothing can be drawn over the picture")
        }
    }
}

extension SDL_Rect {
    fileprivate init(_ box: Rectangle) {
        self.init(x: Int32(box.x), y: Int32(box.y), w: Int32(box.width), h: Int32(box.height))
    }
}
