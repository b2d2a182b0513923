import Glibc
import System

/// Why a camera can't be used; each says what to do.
package enum CameraError: Error, Equatable, Sendable {
    /// Nothing is there: what was looked for, and the cameras that are.
    case notThere(name: String, cameras: [String])
    /// The device's permissions keep us out; members of the group, where there is one, may use it.
    case noPermission(path: String, group: String?)
    /// Another program has it: which, where that can be seen.
    case busy(path: String, holder: String?)
    /// A device that gives no pictures: an output, metadata, no video device at all.
    case notACamera(path: String)
    /// The camera offers no format that is read here, and libv4l converts none of its own: those that it offers, by
    /// their four characters.
    case noFormat(path: String, offered: [String])
    /// A call that the driver refused: its name and errno.
    case refused(path: String, call: String, number: Int32)

    /// The device or name.
    package var source: String {
        switch self {
        case .notThere(let name, _): name
        case .noPermission(let path, _), .busy(let path, _), .notACamera(let path), .noFormat(let path, _),
            .refused(let path, _, _):
            path
        }
    }

    /// What is wrong and what to do, without the device.
    package var reason: String {
        switch self {
        case .notThere(let name, let cameras) where cameras.isEmpty:
            name.hasPrefix("/dev/")
                ? "there is no such device, nor any other camera: plug one in, or say --source demo"
                : Self.noneThere
        case .notThere(_, let cameras):
            "there is no such camera, only \(cameras.joined(separator: ", "))"
        case .noPermission(_, let group?):
            "no permission: join its group with 'sudo usermod -aG \(group) \(Self.user)' and log in again"
        case .noPermission(_, nil): "no permission: only its owner may use it; see 'ls -l'"
        case .busy(_, let holder?): "busy: \(holder) uses it"
        case .busy(_, nil): "busy: another program uses it; 'sudo fuser -v' on it names it"
        case .notACamera: "it gives no pictures; 'raut cameras' lists what does"
        case .noFormat(_, let offered) where offered.isEmpty: "it offers no picture format"
        case .noFormat(_, let offered):
            "it gives only \(offered.joined(separator: ", ")), which is not read from a camera: "
                + "set it to MJPEG or YUYV, or give its stream's address"
        case .refused(_, let call, ENOSPC):
            "\(call): the USB bus has no bandwidth left: use another port or a smaller --size"
        case .refused(_, let call, let number): "the driver refused \(call): \(Errno(number).description)"
        }
    }

    /// The same of a camera that gave pictures until now: that it went, or that its stream failed, the driver tells to whichever
    /// call comes first.
    package var reasonWhileStreaming: String {
        switch self {
        case .notThere: "it was unplugged"
        case .refused(_, _, EIO): "the stream failed"
        default: reason
        }
    }

    /// The reason where there is no camera at all.
    static let noneThere = "there is no camera"

    /// True where the camera may be there, or free, later, without a change to how it was asked for.
    package var mayPass: Bool {
        switch self {
        case .busy: true
        case .notThere(let name, _): name.hasPrefix("/dev/") || name.allSatisfy(\.isNumber)
        case .refused(_, _, let number): [ENOSPC, EIO, EPROTO, ETIMEDOUT].contains(number)
        // Groups count from the start of a program on.
        case .noPermission, .notACamera, .noFormat: false
        }
    }

    /// The error as every source words it.
    var captureError: CaptureError { .cannotOpen(source: source, reason: reason) }

    /// What an errno of opening or claiming the device at `path` means.
    static func claiming(_ path: String, call: String, number: Int32) -> CameraError {
        switch number {
        case EACCES, EPERM: .noPermission(path: path, group: group(of: path))
        case EBUSY: .busy(path: path, holder: DeviceHolder.find(path))
        case ENOENT, ENXIO, ENODEV: .notThere(name: path, cameras: [])
        default: .refused(path: path, call: call, number: number)
        }
    }

    private static var user: String {
        getpwuid(getuid()).map { String(cString: $0.pointee.pw_name) } ?? "$USER"
    }

    /// The group whose members may read and write the device.
    private static func group(of path: String) -> String? {
        var status = stat()
        guard stat(path, &status) == 0, status.st_mode & 0o060 == 0o060 else { return nil }
        return getgrgid(status.st_gid).map { String(cString: $0.pointee.gr_name) }
    }
}

/// Finds the program that has a device open.
enum DeviceHolder {
    /// `firefox (process 4711)`; nil where no process we may look into has it open.
    static func find(_ path: String) -> String? {
        let own = getpid()
        for name in (try? FileSystem.names(in: "/proc")) ?? [] {
            guard let process = pid_t(name), process != own, hasOpen(process, path) else { continue }
            return "\(command(of: process)) (process \(process))"
        }
        return nil
    }

    private static func hasOpen(_ process: pid_t, _ path: String) -> Bool {
        var target = [UInt8](repeating: 0, count: 256)
        for name in (try? FileSystem.names(in: "/proc/\(process)/fd")) ?? [] {
            let count = target.withUnsafeMutableBytes { bytes in
                bytes.withMemoryRebound(to: CChar.self) { text in
                    text.baseAddress.map { readlink("/proc/\(process)/fd/\(name)", $0, text.count) } ?? 0
                }
            }
            if count > 0, target[0..<count].elementsEqual(path.utf8) { return true }
        }
        return false
    }

    private static func command(of process: pid_t) -> String {
        let descriptor = open("/proc/\(process)/comm", O_RDONLY | O_CLOEXEC)
        guard descriptor >= 0 else { return "a program" }
        defer { close(descriptor) }
        var bytes = [UInt8](repeating: 0, count: 64)
        let count = max(0, read(descriptor, &bytes, bytes.count))
        return String(decoding: bytes[0..<count].prefix { $0 != UInt8(ascii: "\n") }, as: UTF8.self)
    }
}
