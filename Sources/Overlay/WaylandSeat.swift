import CSDL2
import Glibc
import System

/// Whether a Wayland compositor has a seat: a keyboard, pointer or touch screen.
///
/// Without one SDL crashes before its version 2.30 (https://github.com/libsdl-org/SDL/issues/8898), as on Weston's
/// headless back end. So the compositor is asked first, in Wayland's wire format
/// (https://wayland.freedesktop.org/docs/html/ch04.html): numbers are 32 bits in the machine's byte order.
package enum WaylandSeat {
    /// Seconds that the compositor may take.
    private static let patience = 2.0
    private static let (display, registry, callback) = (UInt32(1), UInt32(2), UInt32(3))

    /// True where this SDL can't be used on the compositor that the environment names.
    static var isMissing: Bool {
        var version = SDL_version()
        SDL_GetVersion(&version)
        guard (version.major, version.minor) < (2, 30), getenv("WAYLAND_SOCKET") == nil else { return false }
        guard let path = socketPath else { return false }
        return hasSeat(at: path) == false
    }

    private static var socketPath: String? {
        guard let name = getenv("WAYLAND_DISPLAY").map({ String(cString: $0) }), !name.isEmpty else {
            return nil
        }
        if name.hasPrefix("/") { return name }
        return getenv("XDG_RUNTIME_DIR").map { "\(String(cString: $0))/\(name)" }
    }

    /// Nil where the compositor can't be asked.
    package static func hasSeat(at path: String) -> Bool? {
        let descriptor = socket(
            AF_UNIX, Int32(SOCK_STREAM.rawValue | SOCK_CLOEXEC.rawValue | SOCK_NONBLOCK.rawValue), 0)
        guard descriptor >= 0 else { return nil }
        let file = OpenFile(descriptor: descriptor)
        guard let address = sockaddr_un(path: path),
            address.withSocketAddress({ connect(descriptor, $0, $1) }) == 0
        else { return nil }
        // get_registry, whose events name what there is; then sync, which is answered after all of these.
        let requests: [UInt32] = [display, 12 << 16 | 1, registry, display, 12 << 16, callback]
        let isSent = requests.withUnsafeBytes { bytes in
            (try? file.write(bytes)) != nil
        }
        guard isSent else { return nil }
        let (waiting, deadline) = (Cancellation(), Deadline.after(patience))
        var (bytes, room) = ([UInt8](), [UInt8](repeating: 0, count: 4096))
        while waiting.wait(for: descriptor, until: deadline) == .ready {
            guard let count = try? room.withUnsafeMutableBytes({ try file.read(into: $0) }), count > 0 else {
                return nil
            }
            bytes += room[..<count]
            if let answer = answer(&bytes) { return answer }
        }
        return nil
    }

    /// Takes whole messages from the front; true at a seat's name, false at the end of the names, nil before either.
    package static func answer(_ bytes: inout [UInt8]) -> Bool? {
        func word(_ place: Int) -> UInt32 {
            bytes.withUnsafeBytes { $0.loadUnaligned(fromByteOffset: place, as: UInt32.self) }
        }
        while bytes.count >= 8 {
            let (object, size, event) = (word(0), Int(word(4) >> 16), word(4) & 0xFFFF)
            guard size >= 8, bytes.count >= size else { return nil }
            if object == callback { return false }
            // global: a number, the interface's name with its length and a null, a version.
            if object == registry, event == 0, size >= 16 {
                let length = Int(clamping: word(12))
                if length > 0, 16 + length <= size,
                    String(decoding: bytes[16..<15 + length], as: UTF8.self) == "wl_seat"
                {
                    return true
                }
            }
            bytes.removeFirst(size)
        }
        return nil
    }
}
