import CLinux
import CSystemd
import Glibc
import System

/// Tells systemd how the service is; does nothing where it was not started by systemd with `Type=notify`.
package enum ServiceNotifier {
    /// True where systemd listens.
    package static var isWatched: Bool { getenv("NOTIFY_SOCKET") != nil }

    /// The service is up. The corresponding C function is `sd_notify` with `READY=1`.
    package static func ready(status: String) { sd_notify(0, "READY=1\nSTATUS=\(status)") }

    /// The options are read again; ``ready(status:)`` says when that is done.
    package static func reloading() {
        sd_notify(0, "RELOADING=1\nMONOTONIC_USEC=\(MonotonicClock.now / 1000)")
    }

    /// A line for `systemctl status`.
    package static func status(_ text: String) { sd_notify(0, "STATUS=\(text)") }

    /// A frame was worked on: the watchdog need not bark.
    package static func alive() { sd_notify(0, "WATCHDOG=1") }

    /// The service is going down.
    package static func stopping() { sd_notify(0, "STOPPING=1") }

    /// Seconds within which systemd wants to hear that the service is alive, or nil where it does not.
    package static var watchdogInterval: Double? {
        var microseconds: UInt64 = 0
        return sd_watchdog_enabled(0, &microseconds) > 0 ? Double(microseconds) / 1e6 : nil
    }

    /// The listening Unix socket that systemd opened for the service (`raut.socket`), or nil.
    package static var inheritedSocket: Int32? {
        for offset in 0..<max(0, sd_listen_fds(0)) {
            // SD_LISTEN_FDS_START, a macro with a cast that is not imported.
            let descriptor = 3 + offset
            if sd_is_socket_unix(descriptor, Int32(SOCK_STREAM.rawValue), 1, nil, 0) > 0 { return descriptor }
        }
        return nil
    }
}
