import CSDL2
import Glibc
import Synchronization

/// Takes note of an X server or a window that is gone, on which Xlib would end the program at once and let nobody say
/// goodbye.
///
/// The corresponding Xlib functions are `XSetIOErrorHandler`, `XSetIOErrorExitHandler` (since libX11 1.7) and
/// `XSetErrorHandler`. A Wayland compositor that is gone ends the window by SDL's quit event.
enum DisplayWatch {
    private typealias LostHandler = @convention(c) (OpaquePointer?) -> Int32
    private typealias SetLostHandler = @convention(c) (LostHandler?) -> LostHandler?
    private typealias ExitHandler = @convention(c) (OpaquePointer?, UnsafeMutableRawPointer?) -> Void
    private typealias SetExitHandler =
        @convention(c) (UnsafeMutableRawPointer?, ExitHandler?, UnsafeMutableRawPointer?) -> Void
    private typealias ErrorHandler =
        @convention(c) (OpaquePointer?, UnsafeMutablePointer<XErrorEvent>?) -> Int32
    private typealias SetErrorHandler = @convention(c) (ErrorHandler?) -> ErrorHandler?

    private static let gone = Atomic<Bool>(false)
    private static let watched = Atomic<UInt>(0)

    /// True once the server can't be reached any more, or has no such window: no call may go to it.
    static var isGone: Bool { gone.load(ordering: .relaxed) }

    /// Begins to watch a window and its display.
    static func begin(_ window: OpaquePointer) {
        gone.store(false, ordering: .relaxed)
        // SDL has loaded it for itself alone; nothing is loaded here.
        guard let display = raut_x11_display(window),
            let library = dlopen("libX11.so.6", RTLD_NOW | RTLD_NOLOAD)
        else { return }
        watched.store(raut_x11_window(window), ordering: .relaxed)
        // The first one's usual answer is to end the program, the second one's too.
        if let symbol = dlsym(library, "XSetIOErrorHandler") {
            let set = unsafeBitCast(symbol, to: SetLostHandler.self)
            _ = set { _ in DisplayWatch.note() }
        }
        if let symbol = dlsym(library, "XSetIOErrorExitHandler") {
            unsafeBitCast(symbol, to: SetExitHandler.self)(display, { _, _ in _ = DisplayWatch.note() }, nil)
        }
        if let symbol = dlsym(library, "XSetErrorHandler") {
            let set = unsafeBitCast(symbol, to: SetErrorHandler.self)
            _ = set { _, error in DisplayWatch.note(error) }
        }
    }

    private static func note() -> Int32 {
        gone.store(true, ordering: .relaxed)
        return 0
    }

    /// A request that failed is no reason to end, unless the window is not there any more.
    private static func note(_ error: UnsafeMutablePointer<XErrorEvent>?) -> Int32 {
        guard let error = error?.pointee else { return 0 }
        let isMissing = [UInt8(BadWindow), UInt8(BadDrawable)].contains(error.error_code)
        if isMissing, error.resourceid == watched.load(ordering: .relaxed) { return note() }
        return 0
    }
}
