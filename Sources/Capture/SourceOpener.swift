import Glibc
import System

/// Finds out what the name of a source means and opens it.
package enum SourceOpener {
    /// Opens what `--source` names:
    /// - `-`: YUV4MPEG2 or JPEGs on standard input; `demo`: the picture in the program, moved about
    /// - anything with `://`: a URL, through `ffmpeg`
    /// - a folder: its pictures; a picture: that picture; YUV4MPEG2: its frames; other files: through `ffmpeg`
    /// - a number: that camera, 0 the first
    /// - a device (`/dev/video0`), a name from `/dev/v4l/by-id`, or a part of a camera's name
    ///
    /// Without a name: the first camera that gives frames, else the demo and a note that says why.
    ///
    /// - Throws: ``CaptureError`` with what is wrong and what to do about it.
    package static func open(_ request: SourceRequest) throws(CaptureError) -> OpenedSource {
        try open(request, Cancellation())
    }

    /// The same; every wait on the way, and the source itself, is ended by a cancellation.
    ///
    /// - Throws: ``CaptureError``; ``CaptureError/cancelled`` where the end was asked for.
    package static func open(
        _ request: SourceRequest, _ signal: Cancellation
    ) throws(CaptureError) -> OpenedSource {
        let opened = try openOnce(request, signal)
        // A camera and the demo don't end; standard input and pipes can't begin again.
        guard request.repeats, let name = request.name,
            FileSystem.kind(of: name) == .file
                || FileSystem.kind(of: name) == .folder
        else { return opened }
        let source = LoopingSource(opened.source, isPaced: !request.asFastAsPossible, signal) {
            () throws(CaptureError) in
            try openOnce(request, signal).source
        }
        return OpenedSource(source: source, notes: opened.notes)
    }

    private static func openOnce(
        _ request: SourceRequest, _ signal: Cancellation
    ) throws(CaptureError) -> OpenedSource {
        guard let name = request.name else { return try anyCamera(request, signal) }
        if NetworkAddress(name) != nil { return try video(name, request, signal) }
        switch name {
        case "demo": return try demo(request, notes: [], signal)
        case "-":
            let stream = try StreamSource(
                name: "standard input", descriptor: STDIN_FILENO, closes: false, isPaced: false,
                signal: signal)
            return turned(OpenedSource(source: stream, notes: []), request)
        default: break
        }
        switch FileSystem.kind(of: name) {
        case .folder:
            let folder = try PictureSource(
                folder: name, frameRate: request.frameRate, isPaced: !request.asFastAsPossible, signal: signal
            )
            return turned(OpenedSource(source: folder, notes: folder.notes), request)
        case .file: return try file(name, request, signal)
        case .pipe: return try stream(name, isPaced: false, request, signal)
        case .other, nil: return try namedCamera(name, request, signal)
        }
    }

    // MARK: - Cameras

    private static func settings(_ name: String?, _ request: SourceRequest) -> CameraSettings {
        CameraSettings(name: name, size: request.size, frameRate: request.frameRate)
    }

    /// The first camera that gives frames; without one the demo, where that may be shown.
    private static func anyCamera(
        _ request: SourceRequest, _ signal: Cancellation
    ) throws(CaptureError) -> OpenedSource {
        let listing = Camera.listing()
        var failures = listing.failures
        for description in listing.cameras {
            let camera: Camera
            do throws(CameraError) {
                camera = try Camera(settings(description.device, request), signal: signal)
            } catch {
                do throws(CaptureError) {
                    let compressed = try compressed(error, description.device, request, signal)
                    compressed.isChosenFreely = true
                    return OpenedSource(
                        source: compressed, notes: failures.map { "\($0)" } + [compressed.note])
                } catch .cancelled {
                    throw .cancelled
                } catch {
                    failures.append(error)
                }
                continue
            }
            switch camera.awaitFrame(seconds: 3) {
            case .cancelled: throw .cancelled
            case .timedOut: failures.append(.cannotOpen(source: camera.name, reason: "it gives no frames"))
            case .ready:
                camera.isChosenFreely = true
                let passedOver = failures.map { "\($0): taking \(camera.name)" }
                return turned(OpenedSource(source: camera, notes: passedOver + camera.notes), request)
            }
        }
        let why = failures.first.map { "\($0)" } ?? CameraError.noneThere
        guard request.mayBeDemo else {
            throw failures.first ?? .cannotOpen(source: "camera", reason: CameraError.noneThere)
        }
        return try demo(request, notes: ["\(why): showing the demo"], signal)
    }

    private static func namedCamera(
        _ name: String, _ request: SourceRequest, _ signal: Cancellation
    ) throws(CaptureError) -> OpenedSource {
        do throws(CameraError) {
            let camera = try Camera(settings(try device(name), request), signal: signal)
            return turned(OpenedSource(source: camera, notes: camera.notes), request)
        } catch .notThere(_, let cameras) where !name.hasPrefix("/dev/") && !isNumber(name) {
            let known = cameras.isEmpty ? "" : "; there is \(cameras.joined(separator: ", "))"
            throw .cannotOpen(source: name, reason: "no file and no camera of this name\(known)")
        } catch .noFormat(let path, let offered) {
            let camera = try compressed(.noFormat(path: path, offered: offered), path, request, signal)
            return OpenedSource(source: camera, notes: [camera.note])
        } catch {
            guard request.waitsForCamera, error.mayPass, !signal.isRaised else { throw error.captureError }
            return awaited(request, error.reason)
        }
    }

    /// A camera that was refused because it gives compressed video alone, read by ffmpeg.
    ///
    /// - Throws: ``CaptureError``: the refusal, where it has another reason.
    private static func compressed(
        _ refusal: CameraError, _ device: String, _ request: SourceRequest, _ signal: Cancellation
    ) throws(CaptureError) -> CompressedCamera {
        guard case .noFormat(_, let offered) = refusal, CompressedCamera.canRead(offered) else {
            throw refusal.captureError
        }
        return try CompressedCamera(
            settings(device, request), turn: request.turn, isGray: request.isGray, signal: signal)
    }

    /// A camera that is away, or taken by another program, and what is to be said of that.
    private static func awaited(_ request: SourceRequest, _ reason: String) -> OpenedSource {
        var later = request
        later.waitsForCamera = false
        let source = AwaitedSource(later, reason: reason) { request, signal throws(CaptureError) in
            try open(request, signal)
        }
        return OpenedSource(source: source, notes: ["\(source.name): \(reason): waiting for it"])
    }

    private static func isNumber(_ name: String) -> Bool { name.allSatisfy { $0.isASCII && $0.isNumber } }

    /// The device of a camera that is named by its place in the list, from 0; any other name as it is.
    private static func device(_ name: String) throws(CameraError) -> String {
        guard isNumber(name), let number = Int(name) else { return name }
        let devices = Camera.list().map(\.device)
        guard devices.indices.contains(number) else {
            throw .notThere(name: name, cameras: devices)
        }
        return devices[number]
    }

    // MARK: - Files and streams

    private static func demo(
        _ request: SourceRequest, notes: [String], _ signal: Cancellation
    ) throws(CaptureError) -> OpenedSource {
        let source = try DemoSource(
            size: request.size ?? FrameSize(width: 640, height: 480),
            framesPerSecond: request.frameRate ?? 30,
            isPaced: !request.asFastAsPossible, signal: signal)
        return turned(OpenedSource(source: source, notes: notes), request)
    }

    private static func video(
        _ name: String, _ request: SourceRequest, _ signal: Cancellation
    ) throws(CaptureError) -> OpenedSource {
        var command = FFmpegCommand(location: name)
        (command.size, command.frameRate, command.turn) = (request.size, request.frameRate, request.turn)
        command.isGray = request.isGray
        let source = try FFmpegSource(command, isPaced: !request.asFastAsPossible, signal: signal)
        var notes: [String] = []
        if let size = request.size, source.width != size.width || source.height != size.height {
            notes.append(
                "\(source.name): keeps its shape: taking \(source.width)×\(source.height) for \(size)")
        }
        return OpenedSource(source: source, notes: notes)
    }

    private static func file(
        _ name: String, _ request: SourceRequest, _ signal: Cancellation
    ) throws(CaptureError) -> OpenedSource {
        let start: [UInt8]
        do throws(Errno) { start = try OpenFile(reading: name).start(16) } catch {
            throw .cannotOpen(source: name, reason: error.description)
        }
        guard !start.isEmpty else { throw .invalidData(source: name, reason: "the file is empty") }
        // ffmpeg scales and changes rates; without such a wish YUV4MPEG2 needs no help.
        if start.starts(with: YUV4MPEGHeader.magic), request.size == nil, request.frameRate == nil {
            return try stream(name, isPaced: !request.asFastAsPossible, request, signal)
        }
        if PictureSource.isPicture(start) {
            let picture = try PictureSource(
                picture: name, frameRate: request.frameRate, isPaced: !request.asFastAsPossible,
                signal: signal)
            return turned(OpenedSource(source: picture, notes: []), request)
        }
        return try video(name, request, signal)
    }

    /// YUV4MPEG2 or JPEGs in a file or FIFO, which is opened without a wait for a writer.
    private static func stream(
        _ name: String, isPaced: Bool, _ request: SourceRequest, _ signal: Cancellation
    ) throws(CaptureError) -> OpenedSource {
        let descriptor: Int32
        do throws(Errno) {
            descriptor = try valueOrErrno(.open) {
                FileName.withCString(name) { Glibc.open($0, O_RDONLY | O_CLOEXEC | O_NONBLOCK) }
            }
        } catch {
            throw .cannotOpen(source: name, reason: error.description)
        }
        let stream = try StreamSource(
            name: name, descriptor: descriptor, closes: true, isPaced: isPaced, signal: signal)
        return turned(OpenedSource(source: stream, notes: []), request)
    }

    /// What does not turn its picture itself is turned here.
    private static func turned(_ opened: OpenedSource, _ request: SourceRequest) -> OpenedSource {
        guard !request.turn.isNone else { return opened }
        return OpenedSource(source: TurnedSource(opened.source, request.turn), notes: opened.notes)
    }
}
