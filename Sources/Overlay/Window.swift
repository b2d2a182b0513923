import CSDL2
import Capture
import Faces
import Glibc
import Imaging
import Tracking

/// What a person asked for with a key or the window's frame.
public enum WindowAction: Equatable, Sendable {
    /// q, Esc, or the window was closed.
    case quit
    /// Space.
    case pause
    /// m.
    case mirror
    /// f.
    case fullScreen
    /// b.
    case bars
    /// s.
    case snapshot
    /// The window has another size, or was uncovered: it must be drawn again.
    case resized
}

/// The window: the camera's picture, and over it the faces with their emotions.
///
/// Belongs to the thread that makes it, the program's first on most systems, and closes when it is let go.
public final class Window {
    /// True where the picture is shown as a mirror does.
    public var isMirrored = false
    /// True where each face has a panel of bars.
    public var showsBars = true
    /// The line in the corner: frame rate and latency.
    public var status = ""
    /// A line at the top that says why the picture stands still; empty for none.
    public var banner = ""
    /// A line at the foot, for a while.
    public var message = ""

    private let window: OpaquePointer
    private let renderer: OpaquePointer
    private let picture = PictureTexture()
    private let shapes: ShapePainter
    private let text: TextPainter
    private let faces: FacePainter
    private var isFullScreen = false

    /// Opens a window for pictures of a size.
    ///
    /// - Throws: ``WindowError/noDisplay(reason:)`` where there is none to open it on.
    public init(title: String, pictureWidth: Int, pictureHeight: Int) throws(WindowError) {
        // Signals are the program's own business, and so is the screen saver: a kiosk's may not come on.
        SDL_SetHint(SDL_HINT_NO_SIGNAL_HANDLERS, "1")
        SDL_SetHint(SDL_HINT_RENDER_SCALE_QUALITY, "linear")
        try Self.openDisplay()
        guard TTF_Init() == 0 else {
            SDL_QuitSubSystem(SDL_INIT_VIDEO)
            throw .sdl("text can't be drawn")
        }
        let opened: (window: OpaquePointer, renderer: OpaquePointer, text: TextPainter)
        do throws(WindowError) {
            opened = try Self.open(title, Self.firstSize(pictureWidth, pictureHeight))
        } catch {
            TTF_Quit()
            SDL_QuitSubSystem(SDL_INIT_VIDEO)
            throw error
        }
        (window, renderer, text) = opened
        shapes = ShapePainter(renderer: renderer)
        faces = FacePainter(shapes: shapes, text: text)
    }

    deinit {
        picture.close()
        shapes.close()
        text.close()
        SDL_DestroyRenderer(renderer)
        SDL_DestroyWindow(window)
        TTF_Quit()
        SDL_QuitSubSystem(SDL_INIT_VIDEO)
    }

    // MARK: - Keys

    /// What was asked for since the last call; waits for it up to some milliseconds.
    public func actions(waitingUpTo milliseconds: Int32) -> [WindowAction] {
        var actions: [WindowAction] = []
        var event = SDL_Event()
        guard SDL_WaitEventTimeout(&event, milliseconds) == 1 else { return actions }
        repeat {
            if let action = Self.action(event) { actions.append(action) }
        } while SDL_PollEvent(&event) == 1
        return actions
    }

    private static func action(_ event: SDL_Event) -> WindowAction? {
        switch SDL_EventType(event.type) {
        case SDL_QUIT: return .quit
        case SDL_WINDOWEVENT: return .resized
        case SDL_KEYDOWN where event.key.repeat == 0:
            switch SDL_KeyCode(UInt32(bitPattern: event.key.keysym.sym)) {
            case SDLK_q, SDLK_ESCAPE: return .quit
            case SDLK_SPACE: return .pause
            case SDLK_m: return .mirror
            case SDLK_f, SDLK_F11: return .fullScreen
            case SDLK_b: return .bars
            case SDLK_s: return .snapshot
            default: return nil
            }
        default: return nil
        }
    }

    /// Fills the screen, or goes back to a window.
    public func toggleFullScreen() {
        isFullScreen.toggle()
        SDL_SetWindowFullscreen(window, isFullScreen ? SDL_WINDOW_FULLSCREEN_DESKTOP.rawValue : 0)
    }

    // MARK: - Drawing

    /// Takes a frame as the picture to show; bytes that are no picture leave the one before.
    public func setPicture(_ frame: Frame) throws(WindowError) {
        try picture.update(frame, on: renderer)
    }

    /// Draws the picture and what is over it.
    public func draw(_ tracked: [TrackedFace]) throws(WindowError) {
        var (width, height): (Int32, Int32) = (0, 0)
        var (across, down): (Int32, Int32) = (0, 0)
        SDL_GetRendererOutputSize(renderer, &width, &height)
        SDL_GetWindowSize(window, &across, &down)
        let layout = ViewLayout(
            pictureWidth: picture.width, pictureHeight: picture.height, windowWidth: Int(width),
            windowHeight: Int(height), density: Float(width) / Float(max(1, across)), isMirrored: isMirrored)
        try text.setScale(layout.scale)
        SDL_SetRenderDrawColor(renderer, 12, 14, 18, 255)
        SDL_RenderClear(renderer)
        if let texture = picture.texture {
            var target = SDL_FRect(
                x: layout.picture.x, y: layout.picture.y, w: layout.picture.width, h: layout.picture.height)
            let flip = isMirrored ? SDL_FLIP_HORIZONTAL : SDL_FLIP_NONE
            SDL_RenderCopyExF(renderer, texture, nil, &target, 0, nil, flip)
            faces.draw(tracked, in: layout, showsBars: showsBars, isMirrored: isMirrored)
        }
        drawNotes(layout)
    }

    /// Shows what was drawn; waits for the display's next refresh where the driver can.
    public func present() { SDL_RenderPresent(renderer) }

    /// Writes what was drawn last, before it is presented, as a PNG file.
    public func snapshot(to path: String) throws {
        var (width, height): (Int32, Int32) = (0, 0)
        SDL_GetRendererOutputSize(renderer, &width, &height)
        var image = ColorImage(width: Int(width), height: Int(height))
        let pitch = width * 3
        let status = image.pixels.withUnsafeMutableBytes {
            SDL_RenderReadPixels(renderer, nil, SDL_PIXELFORMAT_RGB24.rawValue, $0.baseAddress, pitch)
        }
        guard status == 0 else { throw WindowError.sdl("no snapshot") }
        try ImageFile.writePNG(image, path: path)
    }

    private func drawNotes(_ layout: ViewLayout) {
        let margin = 12 * layout.scale
        let area = layout.picture
        note(status, .body, layout) { size in (area.x + margin, area.y + margin, size) }
        note(banner, .title, layout) { size in
            (area.x + (area.width - size.width) / 2, area.y + margin, size)
        }
        note(message, .body, layout) { size in
            (area.x + (area.width - size.width) / 2, area.bottom - margin - size.height, size)
        }
    }

    /// A line of text on a dark ground, placed by its size.
    private func note(
        _ line: String, _ style: TextPainter.Style, _ layout: ViewLayout,
        _ place: ((width: Float, height: Float)) -> (Float, Float, (width: Float, height: Float))
    ) {
        guard !line.isEmpty else { return }
        let padding = 10 * layout.scale
        let size = text.size(line, style)
        let (x, y, box) = place((size.width + 2 * padding, size.height + padding))
        let ground = ViewBox(x: x, y: y, width: box.width, height: box.height)
        shapes.fill(ground, radius: 8 * layout.scale, FacePainter.ground)
        text.draw(line, style, x: x + padding, middle: y + box.height / 2, .white)
    }

    // MARK: - Opening

    /// A person who names a driver in SDL_VIDEODRIVER, for a console without X or for a test, gets it. Else there must
    /// be an X or Wayland display: where there is none SDL would draw into nothing.
    private static func openDisplay() throws(WindowError) {
        let isDriverNamed = getenv("SDL_VIDEODRIVER") != nil
        guard isDriverNamed || getenv("DISPLAY") != nil || getenv("WAYLAND_DISPLAY") != nil else {
            throw .noDisplay(reason: "neither DISPLAY nor WAYLAND_DISPLAY is set")
        }
        if !isDriverNamed {
            // In SDL's own order, without those that draw into nothing or complain of a display that is not asked for.
            let drivers = [("DISPLAY", "x11"), ("WAYLAND_DISPLAY", "wayland")].filter { getenv($0.0) != nil }
            SDL_SetHint("SDL_VIDEODRIVER", drivers.map(\.1).joined(separator: ","))
        }
        guard SDL_InitSubSystem(SDL_INIT_VIDEO) == 0 else {
            let reason = SDL_GetError().map { String(cString: $0) } ?? "SDL gives no reason"
            throw .noDisplay(
                reason: isDriverNamed ? reason : "the one that is named in the environment can't be reached")
        }
    }

    /// The picture's own size, larger for small pictures, smaller where the display is.
    private static func firstSize(_ width: Int, _ height: Int) -> (width: Int32, height: Int32) {
        var bounds = SDL_Rect(x: 0, y: 0, w: 1280, h: 800)
        SDL_GetDisplayUsableBounds(0, &bounds)
        let (width, height) = (Double(max(1, width)), Double(max(1, height)))
        let fit = min(Double(bounds.w) * 0.95 / width, Double(bounds.h) * 0.9 / height)
        let factor = min(fit, max(1, 720 / height))
        return (Int32(max(160, width * factor)), Int32(max(120, height * factor)))
    }

    private static func open(
        _ title: String, _ size: (width: Int32, height: Int32)
    ) throws(WindowError) -> (OpaquePointer, OpaquePointer, TextPainter) {
        // SDL_WINDOWPOS_CENTERED, a macro that is not imported.
        let centered: Int32 = 0x2FFF_0000
        let flags = SDL_WINDOW_RESIZABLE.rawValue | SDL_WINDOW_ALLOW_HIGHDPI.rawValue
        guard let window = SDL_CreateWindow(title, centered, centered, size.width, size.height, flags) else {
            throw .noDisplay(reason: SDL_GetError().map { String(cString: $0) } ?? "SDL gives no reason")
        }
        SDL_SetWindowMinimumSize(window, 160, 120)
        let fast = SDL_RENDERER_ACCELERATED.rawValue | SDL_RENDERER_PRESENTVSYNC.rawValue
        let slow = SDL_RENDERER_SOFTWARE.rawValue
        guard let renderer = SDL_CreateRenderer(window, -1, fast) ?? SDL_CreateRenderer(window, -1, slow)
        else {
            let error = WindowError.sdl("nothing can be drawn in it")
            SDL_DestroyWindow(window)
            throw error
        }
        do throws(WindowError) {
            return (window, renderer, try TextPainter(renderer: renderer))
        } catch {
            SDL_DestroyRenderer(renderer)
            SDL_DestroyWindow(window)
            throw error
        }
    }
}
