import Glibc
import System

/// What is asked of a source: the words after `--source` and the options that go with them.
public struct SourceRequest: Equatable, Sendable {
    /// The `--source` option; nil for the first camera, else the demo.
    public var name: String?
    /// The size asked for: negotiated with a camera, scaled to by a video.
    public var size: FrameSize?
    /// Frames a second asked for.
    public var frameRate: Double?
    /// True where files are read as fast as frames are taken.
    public var asFastAsPossible: Bool

    /// Asks for a source by name, or for the best there is.
    public init(
        name: String? = nil, size: FrameSize? = nil, frameRate: Double? = nil, asFastAsPossible: Bool = false
    ) {
        self.name = name
        self.size = size
        self.frameRate = frameRate
        self.asFastAsPossible = asFastAsPossible
    }
}

/// A source that is open, and what its user should know about it.
public struct OpenedSource: Sendable {
    /// The source.
    public let source: any FrameSource
    /// One line each: why the demo is shown, that another size was taken.
    public let notes: [String]
}

/// Finds out what the name of a source means and opens it.
public enum SourceOpener {
    /// Opens what `--source` names:
    /// - `-`: YUV4MPEG2 or JPEGs on standard input; `demo`: the picture in the program, moved about
    /// - anything with `://`: a URL, through `ffmpeg`
    /// - a folder: its pictures; a JPEG or PNG: that picture; YUV4MPEG2: its frames; other files: through `ffmpeg`
    /// - a device (`/dev/video0`), a name from `/dev/v4l/by-id`, or a part of a camera's name
    ///
    /// Without a name: the first camera, else the demo and a note that says why.
    ///
    /// - Throws: ``CaptureError`` with what is wrong and what to do about it.
    public static func open(_ request: SourceRequest) throws(CaptureError) -> OpenedSource {
        guard let name = request.name else {
            do throws(CameraError) {
                return try camera(nil, request)
            } catch {
                var why = "\(error.source): \(error.reason)"
                if case .notThere = error { why = error.reason }
                return try demo(request, notes: ["\(why): showing the demo"])
            }
        }
        switch name {
        case "demo": return try demo(request, notes: [])
        case "-":
            return OpenedSource(
                source: try StreamSource(
                    name: "standard input", descriptor: STDIN_FILENO, closes: false, isPaced: false),
                notes: [])
        default: break
        }
        if name.contains("://") { return OpenedSource(source: try video(name, request), notes: []) }
        var status = stat()
        guard stat(name, &status) == 0 else { return try missing(name, request) }
        switch status.st_mode & S_IFMT {
        case S_IFDIR:
            let folder = try PictureSource(
                folder: name, frameRate: request.frameRate, isPaced: !request.asFastAsPossible)
            return OpenedSource(source: folder, notes: [])
        case S_IFREG, S_IFIFO:
            return OpenedSource(
                source: try file(name, isPipe: status.st_mode & S_IFMT == S_IFIFO, request), notes: [])
        default:
            do { return try camera(name, request) } catch { throw error.captureError }
        }
    }

    private static func camera(_ name: String?, _ request: SourceRequest) throws(CameraError) -> OpenedSource
    {
        let camera = try Camera(
            CameraSettings(name: name, size: request.size, frameRate: request.frameRate))
        return OpenedSource(source: camera, notes: camera.notes)
    }

    /// Opens the camera that a name means which is no file's.
    private static func missing(
        _ name: String, _ request: SourceRequest
    ) throws(CaptureError) -> OpenedSource {
        do throws(CameraError) {
            return try camera(name, request)
        } catch {
            if case .notThere(_, let cameras) = error, !name.hasPrefix("/dev/") {
                let known = cameras.isEmpty ? "" : "; there is \(cameras.joined(separator: ", "))"
                throw .cannotOpen(
                    source: name, reason: "no file and no camera of this name\(known)")
            }
            throw error.captureError
        }
    }

    private static func demo(_ request: SourceRequest, notes: [String]) throws(CaptureError) -> OpenedSource {
        let source = try DemoSource(
            size: request.size ?? FrameSize(width: 640, height: 480),
            framesPerSecond: request.frameRate ?? 30,
            isPaced: !request.asFastAsPossible)
        return OpenedSource(source: source, notes: notes)
    }

    private static func video(_ name: String, _ request: SourceRequest) throws(CaptureError) -> FFmpegSource {
        try FFmpegSource(
            FFmpegSource.Settings(
                location: name, size: request.size, frameRate: request.frameRate,
                isPaced: !request.asFastAsPossible))
    }

    private static func file(
        _ name: String, isPipe: Bool, _ request: SourceRequest
    ) throws(CaptureError) -> any FrameSource {
        let descriptor = Glibc.open(name, O_RDONLY | O_CLOEXEC)
        guard descriptor >= 0 else { throw .cannotOpen(source: name, reason: Errno.last.description) }
        if isPipe {
            return try StreamSource(name: name, descriptor: descriptor, closes: true, isPaced: false)
        }
        var start = [UInt8](repeating: 0, count: 16)
        let count = pread(descriptor, &start, start.count, 0)
        guard count >= 0 else {
            let number = errno
            close(descriptor)
            throw .cannotOpen(source: name, reason: Errno(number).description)
        }
        // ffmpeg scales and changes rates; without such a wish YUV4MPEG2 needs no help.
        if start.starts(with: YUV4MPEGHeader.magic), request.size == nil, request.frameRate == nil {
            return try StreamSource(
                name: name, descriptor: descriptor, closes: true, isPaced: !request.asFastAsPossible)
        }
        close(descriptor)
        if start.starts(with: [0xFF, 0xD8, 0xFF]) || start.starts(with: [0x89, 0x50, 0x4E, 0x47]) {
            return try PictureSource(
                picture: name, frameRate: request.frameRate, isPaced: !request.asFastAsPossible)
        }
        guard count > 0 else { throw .invalidData(source: name, reason: "the file is empty") }
        return try video(name, request)
    }
}
