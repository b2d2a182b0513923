import CSDL2
import Glibc
import Synchronization

/// Takes note of an X server that is gone, on which Xlib would end the program at once and let nobody say goodbye.
///
/// The corresponding Xlib function is `XSetIOErrorExitHandler`, there since libX11 1.7. A Wayland compositor that is gone
/// ends the window by SDL's quit event.
enum DisplayWatch {
    private typealias Handler = @convention(c) (OpaquePointer?, UnsafeMutableRawPointer?) -> Void
    private typealias SetHandler =
        @convention(c) (
            UnsafeMutableRawPointer?, Handler, UnsafeMutableRawPointer?
        ) -> Void

    private static let gone = Atomic<Bool>(false)

    /// True once the server can't be reached any more: no call may go to it.
    static var isGone: Bool { gone.load(ordering: .relaxed) }

    /// Begins to watch the display of a window.
    static func begin(_ window: OpaquePointer) {
        gone.store(false, ordering: .relaxed)
        // SDL has loaded it for itself alone; nothing is loaded here.
        guard let display = raut_x11_display(window),
            let library = dlopen("libX11.so.6", RTLD_NOW | RTLD_NOLOAD),
            let symbol = dlsym(library, "XSetIOErrorExitHandler")
        else { return }
        unsafeBitCast(symbol, to: SetHandler.self)(display, { _, _ in DisplayWatch.note() }, nil)
    }

    private static func note() { gone.store(true, ordering: .relaxed) }
}
