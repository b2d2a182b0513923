import CSDL2
import Glibc

/// Whether an X display has a window manager, which alone makes a window fill the screen when it is asked to.
///
/// By the Extended Window Manager Hints one says so on the root window, in `_NET_SUPPORTING_WM_CHECK`. The corresponding
/// Xlib functions are `XInternAtom` and `XGetWindowProperty`.
enum WindowManager {
    private typealias Atom = UInt
    private typealias InternAtom =
        @convention(c) (UnsafeMutableRawPointer?, UnsafePointer<CChar>?, Int32) -> Atom
    private typealias RootWindow = @convention(c) (UnsafeMutableRawPointer?) -> UInt
    private typealias GetProperty =
        @convention(c) (
            UnsafeMutableRawPointer?, UInt, Atom, Int, Int, Int32, Atom, UnsafeMutablePointer<Atom>?,
            UnsafeMutablePointer<Int32>?, UnsafeMutablePointer<UInt>?, UnsafeMutablePointer<UInt>?,
            UnsafeMutablePointer<UnsafeMutablePointer<UInt8>?>?
        ) -> Int32
    private typealias Free = @convention(c) (UnsafeMutableRawPointer?) -> Int32

    /// True but on an X display where nobody manages windows, such as a kiosk's or Xvfb's.
    static func isThere(for window: OpaquePointer) -> Bool {
        // SDL has loaded Xlib for itself alone; nothing is loaded here.
        guard let display = raut_x11_display(window),
            let library = dlopen("libX11.so.6", RTLD_NOW | RTLD_NOLOAD)
        else { return true }
        defer { dlclose(library) }
        guard let atomSymbol = dlsym(library, "XInternAtom"),
            let rootSymbol = dlsym(library, "XDefaultRootWindow"),
            let propertySymbol = dlsym(library, "XGetWindowProperty"),
            let freeSymbol = dlsym(library, "XFree")
        else { return true }
        let atom = unsafeBitCast(atomSymbol, to: InternAtom.self)(display, "_NET_SUPPORTING_WM_CHECK", 1)
        guard atom != 0 else { return false }
        let root = unsafeBitCast(rootSymbol, to: RootWindow.self)(display)
        var (kind, format, count, left) = (Atom(0), Int32(0), UInt(0), UInt(0))
        var value: UnsafeMutablePointer<UInt8>?
        /// `XA_WINDOW` of Xlib's header.
        let windowKind = Atom(33)
        let status = unsafeBitCast(propertySymbol, to: GetProperty.self)(
            display, root, atom, 0, 1, 0, windowKind, &kind, &format, &count, &left, &value)
        if let value { _ = unsafeBitCast(freeSymbol, to: Free.self)(value) }
        return status == 0 && kind == windowKind && count > 0
    }
}
