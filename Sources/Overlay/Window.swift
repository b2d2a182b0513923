import CSDL2
import CSDL2Late
import Capture
import Drawing
import Glibc
import Imaging

/// The window: the camera's picture, and over it the faces with their emotions.
///
/// Belongs to the thread that makes it, the program's first on most systems, and closes when it is let go.
package final class Window {
    /// True where the picture is shown as a mirror does.
    package var isMirrored = false
    /// What is drawn of faces.
    package var options = DrawingOptions()
    /// Lines that belong to no face.
    package var notes = Notes()
    /// True where what is drawn still moves: it must be drawn again soon.
    package private(set) var isMoving = false
    /// Seconds between two drawings of what moves while the picture stands: where the processor draws, a new picture
    /// mostly comes before.
    package var motionInterval: Double { made.isSoftware ? 1.0 / 20 : 1.0 / 60 }

    private let made: WindowRenderer
    private var window: OpaquePointer { made.window }
    private var renderer: OpaquePointer { made.renderer }
    private let picture: any ShownPicture
    private let layout: SceneLayout
    private let layer: LayerTexture
    private let isKiosk: Bool
    private var isFullScreen = false
    /// Where the window was before it filled a screen that nobody manages.
    private var placeBefore: SDL_Rect?

    /// Sets what the process's libraries are told of by its environment; to be called before it has threads.
    ///
    /// Mesa keeps no shaders in the person's cache: nothing is written that was not asked for, and no thread of least
    /// priority makes the end of the process wait.
    package static func prepareProcess() { setenv("MESA_SHADER_CACHE_DISABLE", "true", 0) }

    /// Opens a window for pictures of a size.
    ///
    /// - Parameter isKiosk: full screen at once, without a pointer, the screen saver kept away, and no key that ends the
    ///   program, writes or uncovers what is behind.
    /// - Throws: ``WindowError/noDisplay(reason:)`` where there is none to open it on, ``WindowError/missing(reason:)``
    ///   where SDL is not installed.
    package init(
        title: String, pictureWidth: Int, pictureHeight: Int, isKiosk: Bool = false
    ) throws(WindowError) {
        try Self.lookForDisplay()
        if let reason = raut_load_sdl2() { throw .missing(reason: String(cString: reason)) }
        let text: PangoText
        do throws(DrawingError) { text = try PangoText() } catch { throw .drawing(error) }
        layout = SceneLayout(text: text)
        layer = LayerTexture(text: text)
        self.isKiosk = isKiosk
        // Signals are the program's own business, and so is the screen saver: only a kiosk keeps it away.
        SDL_SetHint(SDL_HINT_NO_SIGNAL_HANDLERS, "1")
        SDL_SetHint(SDL_HINT_RENDER_SCALE_QUALITY, "linear")
        SDL_SetHint(SDL_HINT_VIDEO_ALLOW_SCREENSAVER, isKiosk ? "0" : "1")
        SDL_SetHint(SDL_HINT_VIDEO_MINIMIZE_ON_FOCUS_LOSS, "0")
        try Self.openDisplay()
        do throws(WindowError) {
            made =
                isKiosk ? try Self.openScreen(title) : try Self.open(title, pictureWidth, pictureHeight)
        } catch {
            SDL_QuitSubSystem(SDL_INIT_VIDEO)
            throw error
        }
        picture = made.drawsPictures ? PlainPicture() : PictureTexture()
        DisplayWatch.begin(window)
        isFullScreen = isKiosk
        if isKiosk { SDL_ShowCursor(SDL_DISABLE) }
    }

    deinit {
        // Nothing can be given back to a display that is gone.
        guard !DisplayWatch.isGone else { return }
        picture.close()
        layer.close()
        made.close()
        SDL_QuitSubSystem(SDL_INIT_VIDEO)
    }

    // MARK: - Keys

    /// What was asked for since the last call; waits for it up to some milliseconds.
    ///
    /// - Throws: ``WindowError/displayLost`` where the display is gone.
    package func actions(waitingUpTo milliseconds: Int32) throws(WindowError) -> [WindowAction] {
        var actions: [WindowAction] = []
        var event = SDL_Event()
        guard SDL_WaitEventTimeout(&event, milliseconds) == 1 else {
            if DisplayWatch.isGone { throw .displayLost }
            return actions
        }
        repeat {
            guard let action = WindowAction(event) else { continue }
            if !isKiosk || !action.isKeptFromVisitors || event.type == SDL_QUIT.rawValue {
                actions.append(action)
            }
        } while SDL_PollEvent(&event) == 1
        if DisplayWatch.isGone { throw .displayLost }
        return actions
    }

    /// Fills the screen, or goes back to a window.
    package func toggleFullScreen() {
        isFullScreen.toggle()
        guard WindowManager.isThere(for: window) else { return placeByHand() }
        SDL_SetWindowFullscreen(window, isFullScreen ? SDL_WINDOW_FULLSCREEN_DESKTOP.rawValue : 0)
    }

    /// Does what a window manager would: SDL asks one, and takes it as done where there is none.
    private func placeByHand() {
        var place = SDL_Rect()
        if isFullScreen {
            SDL_GetWindowPosition(window, &place.x, &place.y)
            SDL_GetWindowSize(window, &place.w, &place.h)
            placeBefore = place
            SDL_GetDisplayBounds(max(0, SDL_GetWindowDisplayIndex(window)), &place)
        } else {
            guard let placeBefore else { return }
            place = placeBefore
        }
        SDL_SetWindowPosition(window, place.x, place.y)
        SDL_SetWindowSize(window, place.w, place.h)
    }

    // MARK: - Drawing

    /// Takes a frame as the picture to show; bytes that are no picture leave the one before.
    package func setPicture(_ frame: Frame) throws(WindowError) {
        try picture.update(frame, on: renderer)
    }

    /// How much of the picture's height the largest of some faces takes; 0 without one.
    package func share(ofHeight faces: [DrawnFace]) -> Double {
        guard picture.height > 0 else { return 0 }
        return Double(faces.map(\.box.height).max() ?? 0) / Double(picture.height)
    }

    /// Draws the picture and what is over it.
    ///
    /// - Parameter time: seconds of a clock that doesn't run back; nil to draw everything at its place at once.
    package func draw(_ faces: [DrawnFace], at time: Double? = nil) throws(WindowError) {
        var (width, height): (Int32, Int32) = (0, 0)
        var (across, down): (Int32, Int32) = (0, 0)
        SDL_GetRendererOutputSize(renderer, &width, &height)
        SDL_GetWindowSize(window, &across, &down)
        let canvas = Canvas(
            width: Int(width), height: Int(height), pictureWidth: picture.width,
            pictureHeight: picture.height,
            density: max(density, Double(width) / Double(max(1, across))), isMirrored: isMirrored)
        let drawing = layout.arrange(
            picture.width == 0 ? [] : faces, on: canvas, options: options, notes: notes, at: time)
        isMoving = drawing.isMoving
        try layer.update(
            drawing, width: Int(width), height: Int(height), on: renderer, in: made.isSoftware ? window : nil)
        let box = canvas.picture
        let isFilled =
            picture.width > 0 && box.x <= 0 && box.y <= 0 && box.right >= Double(width)
            && box.bottom >= Double(height)
        if !isFilled || !made.isSoftware {
            SDL_SetRenderDrawColor(renderer, 12, 14, 18, 255)
            SDL_RenderClear(renderer)
        }
        let drawn = DrawnWindow(window: window, renderer: renderer, width: Int(width), height: Int(height))
        try picture.draw(in: box, isMirrored: isMirrored, of: drawn)
        layer.draw(on: renderer)
        if DisplayWatch.isGone { throw .displayLost }
    }

    /// Shows what was drawn; waits for the display's next refresh where the driver can.
    package func present() { SDL_RenderPresent(renderer) }

    /// Writes what was drawn last, before it is presented, as a PNG file.
    package func snapshot(to path: String) throws {
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

    // MARK: - Opening

    private static var isDriverNamed: Bool { getenv("SDL_VIDEODRIVER") != nil }

    /// A person who names a driver in SDL_VIDEODRIVER, for a console without X or for a test, gets it. Else there must
    /// be an X or Wayland display: where there is none SDL would draw into nothing.
    private static func lookForDisplay() throws(WindowError) {
        guard isDriverNamed || getenv("DISPLAY") != nil || getenv("WAYLAND_DISPLAY") != nil else {
            throw .noDisplay(reason: "neither DISPLAY nor WAYLAND_DISPLAY is set")
        }
    }

    private static func openDisplay() throws(WindowError) {
        if !isDriverNamed {
            // In SDL's own order, without those that draw into nothing or complain of a display that is not asked for.
            var drivers = [("DISPLAY", "x11"), ("WAYLAND_DISPLAY", "wayland")].filter { getenv($0.0) != nil }
            if getenv("WAYLAND_DISPLAY") != nil, WaylandSeat.isMissing {
                drivers.removeAll { $0.1 == "wayland" }
                guard !drivers.isEmpty else { throw .noDisplay(reason: noSeat) }
            }
            SDL_SetHint("SDL_VIDEODRIVER", drivers.map(\.1).joined(separator: ","))
        } else if getenv("SDL_VIDEODRIVER").map({ String(cString: $0) }) == "wayland", WaylandSeat.isMissing {
            throw .noDisplay(reason: noSeat)
        }
        guard SDL_InitSubSystem(SDL_INIT_VIDEO) == 0 else {
            let reason = WindowError.sdlReason
            throw .noDisplay(
                reason: isDriverNamed ? reason : "the one that is named in the environment can't be reached")
        }
    }

    private static let noSeat =
        "the Wayland compositor has no seat, neither keyboard nor pointer, which SDL can't do without before 2.30"

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
        _ title: String, _ pictureWidth: Int, _ pictureHeight: Int
    ) throws(WindowError) -> WindowRenderer {
        let size = firstSize(pictureWidth, pictureHeight)
        // SDL_WINDOWPOS_CENTERED, a macro that is not imported.
        let centered: Int32 = 0x2FFF_0000
        return try WindowRenderer(
            title, SDL_Rect(x: centered, y: centered, w: size.width, h: size.height),
            SDL_WINDOW_RESIZABLE.rawValue)
    }

    /// As large as the screen, whether or not there is a window manager that makes it so.
    private static func openScreen(_ title: String) throws(WindowError) -> WindowRenderer {
        var bounds = SDL_Rect(x: 0, y: 0, w: 1280, h: 720)
        SDL_GetDisplayBounds(0, &bounds)
        return try WindowRenderer(
            title, bounds, SDL_WINDOW_FULLSCREEN_DESKTOP.rawValue | SDL_WINDOW_BORDERLESS.rawValue)
    }

    /// Pixels a point by the display's own word, which X11 gives as dots an inch: 96 is one.
    private var density: Double {
        var dots: Float = 0
        guard SDL_GetDisplayDPI(max(0, SDL_GetWindowDisplayIndex(window)), nil, &dots, nil) == 0 else {
            return 1
        }
        // What a screen says of its size is often wrong by a little, and sometimes by all.
        return dots.isFinite && dots > 130 ? min(4, Double(dots / 96 * 4).rounded() / 4) : 1
    }
}
