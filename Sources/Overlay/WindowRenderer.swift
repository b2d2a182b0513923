import CSDL2
import Glibc
import System

/// What draws in a window: the graphics card, or where there is none SDL itself.
///
/// Without a card OpenGL is drawn by the processor, which paints the whole window anew, shaders and all: at 1280×720 that
/// takes twice the time of SDL's own copying, and 90 MB more for a compiler of shaders.
struct WindowRenderer {
    let window: OpaquePointer
    let renderer: OpaquePointer
    /// True where the processor draws: what need not be drawn again should not be.
    let isSoftware: Bool
    /// True where pictures are drawn by our own kernels: the processor draws, and nobody asked for SDL's drawing.
    var drawsPictures: Bool { isSoftware && !Self.isNamed }
    /// A person who names a driver gets it.
    private static var isNamed: Bool { getenv("SDL_RENDER_DRIVER") != nil }

    /// Opens a window and what draws in it.
    ///
    /// - Throws: ``WindowError`` where there can be none.
    init(_ title: String, _ place: SDL_Rect, _ flags: UInt32) throws(WindowError) {
        // SDL shows its own pictures through X alone; for others it would ask OpenGL for help.
        let isX11 = SDL_GetCurrentVideoDriver().map { String(cString: $0) } == "x11"
        let mayChoose = isX11 && !Self.isNamed
        if mayChoose, !Self.hasGraphicsCard, let own = try? Self.software(title, place, flags) {
            self = own
            return
        }
        let window = try Self.window(title, place, flags)
        let fast = SDL_RENDERER_ACCELERATED.rawValue | SDL_RENDERER_PRESENTVSYNC.rawValue
        let slow = SDL_RENDERER_SOFTWARE.rawValue
        guard let renderer = SDL_CreateRenderer(window, -1, fast) ?? SDL_CreateRenderer(window, -1, slow)
        else {
            let error = WindowError.sdl("nothing can be drawn in it")
            SDL_DestroyWindow(window)
            throw error
        }
        if mayChoose, Self.isDrawnByProcessor {
            SDL_DestroyRenderer(renderer)
            SDL_DestroyWindow(window)
            self = try Self.software(title, place, flags)
            return
        }
        self.init(window: window, renderer: renderer, isSoftware: Self.isSoftware(renderer))
    }

    private init(window: OpaquePointer, renderer: OpaquePointer, isSoftware: Bool) {
        (self.window, self.renderer, self.isSoftware) = (window, renderer, isSoftware)
    }

    /// Gives both back.
    func close() {
        SDL_DestroyRenderer(renderer)
        SDL_DestroyWindow(window)
    }

    private static func window(
        _ title: String, _ place: SDL_Rect, _ flags: UInt32
    ) throws(WindowError) -> OpaquePointer {
        let flags = flags | SDL_WINDOW_ALLOW_HIGHDPI.rawValue
        guard let window = SDL_CreateWindow(title, place.x, place.y, place.w, place.h, flags) else {
            throw .noDisplay(reason: WindowError.sdlReason)
        }
        SDL_SetWindowMinimumSize(window, 160, 120)
        return window
    }

    /// A window that the processor draws in, without OpenGL.
    private static func software(
        _ title: String, _ place: SDL_Rect, _ flags: UInt32
    ) throws(WindowError) -> WindowRenderer {
        // Else SDL would show its picture as a texture of OpenGL's.
        SDL_SetHint(SDL_HINT_FRAMEBUFFER_ACCELERATION, "0")
        let window = try window(title, place, flags)
        guard let renderer = SDL_CreateRenderer(window, -1, SDL_RENDERER_SOFTWARE.rawValue) else {
            let error = WindowError.sdl("nothing can be drawn in it")
            SDL_SetHint(SDL_HINT_FRAMEBUFFER_ACCELERATION, nil)
            SDL_DestroyWindow(window)
            throw error
        }
        return WindowRenderer(window: window, renderer: renderer, isSoftware: true)
    }

    private static func isSoftware(_ renderer: OpaquePointer) -> Bool {
        var info = SDL_RendererInfo()
        return SDL_GetRendererInfo(renderer, &info) == 0 && info.flags & SDL_RENDERER_SOFTWARE.rawValue != 0
    }

    // MARK: - Graphics cards

    /// True where the system has a device that draws: a card's or a chip's, of Linux's own drivers or their makers'.
    private static var hasGraphicsCard: Bool {
        let names = ((try? FileSystem.names(in: "/dev")) ?? [])
        let makers = ["nvidia", "dxg", "mali", "kgsl", "galcore", "pvr"]
        if names.contains(where: { name in makers.contains { name.hasPrefix($0) } }) { return true }
        let direct = (try? FileSystem.names(in: "/dev/dri")) ?? []
        return direct.contains { $0.hasPrefix("card") || $0.hasPrefix("renderD") }
    }

    /// True where the renderer just made is OpenGL's and Mesa draws it without a card, as in most virtual machines.
    private static var isDrawnByProcessor: Bool {
        guard let symbol = SDL_GL_GetProcAddress("glGetString") else { return false }
        let string = unsafeBitCast(
            symbol, to: (@convention(c) (UInt32) -> UnsafePointer<CChar>?).self)
        /// `GL_RENDERER` of OpenGL's header.
        let rendererName: UInt32 = 0x1F01
        guard let name = string(rendererName).map({ String(cString: $0).lowercased() }) else { return false }
        return ["llvmpipe", "softpipe", "swrast", "software rasterizer"].contains { name.contains($0) }
    }
}
