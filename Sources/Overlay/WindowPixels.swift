import CSDL2

/// A window's own pixels, where the processor draws in it and they are plain: 32 bits each, the upper 8 unused, then red,
/// green and blue.
struct WindowPixels {
    private let window: OpaquePointer

    /// Nil where the window's pixels are of another form, or its size is not the one given.
    init?(of window: OpaquePointer, width: Int, height: Int) {
        guard let surface = SDL_GetWindowSurface(window)?.pointee, let format = surface.format?.pointee else {
            return nil
        }
        guard surface.w == width, surface.h == height, format.BytesPerPixel == 4, format.Rmask == 0xFF_0000,
            format.Gmask == 0xFF00, format.Bmask == 0xFF, surface.pitch % 4 == 0
        else { return nil }
        self.window = window
    }

    /// Lends them, row by row, to be drawn on at once.
    func lend(_ body: (_ bytes: inout MutableSpan<UInt8>, _ bytesPerRow: Int) -> Void) {
        guard let surface = SDL_GetWindowSurface(window)?.pointee, let pixels = surface.pixels else { return }
        let bytesPerRow = Int(surface.pitch)
        var bytes = MutableSpan(
            _unsafeStart: pixels.assumingMemoryBound(to: UInt8.self), count: bytesPerRow * Int(surface.h))
        body(&bytes, bytesPerRow)
    }
}
