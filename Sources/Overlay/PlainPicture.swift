import CSDL2
import Capture
import Drawing
import Imaging

/// The camera's picture where the processor draws: turned into the window's kind of pixels once, and enlarged straight onto
/// the window's own, in a fraction of the time that SDL takes for it.
final class PlainPicture: ShownPicture {
    private let decoder = FrameDecoder()
    private var image = PixelImage()
    private var scaler = PictureScaler()
    /// For windows whose pixels are of another form.
    private var texture: OpaquePointer?
    private var textureSize = FrameSize(width: 0, height: 0)
    private var isSent = false

    var width: Int { image.width }
    var height: Int { image.height }

    func update(_ frame: Frame, on renderer: OpaquePointer) {
        if (try? decoder.pixels(of: frame, into: &image)) != nil { isSent = false }
    }

    func draw(in box: Bounds, isMirrored: Bool, of window: DrawnWindow) throws(WindowError) {
        guard width > 0, height > 0 else { return }
        guard let pixels = WindowPixels(of: window.window, width: window.width, height: window.height) else {
            return try drawTexture(in: box, isMirrored, window.renderer)
        }
        // What was asked for so far is drawn now.
        SDL_RenderFlush(window.renderer)
        let place = Rectangle(
            x: Int(box.x), y: Int(box.y), width: Int(box.width), height: Int(box.height))
        pixels.lend { bytes, bytesPerRow in
            scaler.draw(image, isMirrored: isMirrored, in: place, onto: &bytes, bytesPerRow: bytesPerRow)
        }
    }

    func close() {
        if let texture { SDL_DestroyTexture(texture) }
        (texture, isSent) = (nil, false)
    }

    private func drawTexture(
        in box: Bounds, _ isMirrored: Bool, _ renderer: OpaquePointer
    ) throws(WindowError) {
        let size = FrameSize(width: width, height: height)
        if texture == nil || size != textureSize {
            close()
            texture = SDL_CreateTexture(
                renderer, SDL_PIXELFORMAT_ARGB8888.rawValue, Int32(SDL_TEXTUREACCESS_STREAMING.rawValue),
                Int32(width), Int32(height))
            guard texture != nil else { throw .sdl("a picture of \(size) pixels can't be shown") }
            textureSize = size
            SDL_SetTextureScaleMode(texture, SDL_ScaleModeLinear)
        }
        if !isSent, SDL_UpdateTexture(texture, nil, image.pixels, Int32(4 * width)) != 0 {
            throw .sdl("the picture can't be shown")
        }
        isSent = true
        var target = SDL_FRect(box)
        SDL_RenderCopyExF(
            renderer, texture, nil, &target, 0, nil, isMirrored ? SDL_FLIP_HORIZONTAL : SDL_FLIP_NONE)
    }
}
