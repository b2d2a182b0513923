import Capture
import Drawing
import Faces
import Foundation
import Imaging
import System

/// Why nothing can be recorded; each says what to do.
public enum RecordingError: Error, Equatable, Sendable, CustomStringConvertible {
    /// The folder or file can't be written: its path and the reason.
    case cannotWrite(path: String, reason: String)

    /// One line: what, where, why.
    public var description: String {
        switch self {
        case .cannotWrite(let path, let reason): "\(path): cannot record: \(reason)"
        }
    }
}

/// Keeps annotated frames: a video through `ffmpeg`, or JPEGs in a folder.
///
/// SIGPIPE must be ignored. Draws and writes on a thread of its own; where that is too slow for live frames, the newest ones are kept and a
/// video repeats the one before for those that were lost, so that its time stays right.
public final class Recording: Recorder, @unchecked Sendable {
    // Sendable unchecked: what is not the slot is used by the writing thread alone.

    private struct Annotated {
        let frame: SharedFrame
        let faces: [TrackedFace]
    }

    private let slot = LatestSlot<Annotated, Never>()
    private let ended = DispatchSemaphore(value: 0)
    private let target: any FrameTarget
    private let annotator: PictureAnnotator
    private let decoder = FrameDecoder()
    private var image = ColorImage()
    private var faces: [DrawnFace] = []
    private let notify: @Sendable (RecordingError) -> Void

    /// Begins a recording.
    ///
    /// - Parameters:
    ///   - path: a folder, there or named with a slash at the end or without an ending such as `.mp4`; else the video.
    ///   - frameRate: frames a second of the video.
    ///   - notify: called once, from the writing thread, when nothing can be written any more.
    /// - Throws: ``RecordingError`` or ``Drawing/DrawingError`` where it can't begin.
    public init(
        path: String, frameRate: Double, notify: @escaping @Sendable (RecordingError) -> Void
    ) throws {
        annotator = try PictureAnnotator()
        target =
            Self.isFolder(path)
            ? try PictureFolder(path: path) : try VideoFile(path: path, frameRate: frameRate)
        self.notify = notify
        let thread = Thread { [self] in
            write()
            ended.signal()
        }
        thread.name = "raut-recorder"
        thread.start()
    }

    /// Takes a frame and its faces.
    public func record(_ frame: SharedFrame, _ faces: [TrackedFace], waits: Bool) {
        slot.put(Annotated(frame: frame, faces: faces), waits: waits)
    }

    /// Writes what is left and closes the video.
    public func finish() {
        slot.close()
        ended.wait()
    }

    /// True for what is to hold pictures.
    package static func isFolder(_ path: String) -> Bool {
        if let kind = FileSystem.kind(of: path) { return kind == .folder }
        return path.hasSuffix("/") || (path as NSString).pathExtension.isEmpty
    }

    private func write() {
        do throws(RecordingError) {
            while let annotated = slot.take()?.value {
                guard draw(annotated) else { continue }
                try target.write(image, annotated.frame.frame)
            }
            try target.finish()
        } catch {
            notify(error)
            // Nobody may wait for room in it.
            slot.close()
            target.abandon()
        }
    }

    /// False for a frame that is no picture.
    private func draw(_ annotated: Annotated) -> Bool {
        do {
            try decoder.color(of: annotated.frame.frame, into: &image)
            faces.removeAll(keepingCapacity: true)
            for face in annotated.faces {
                faces.append(
                    DrawnFace(
                        number: face.number, box: face.box, tilt: face.tilt,
                        probabilities: face.probabilities,
                        emotion: face.emotion))
            }
            let time = Double(annotated.frame.frame.sourceTime) * 1e-9
            try annotator.draw(faces, on: &image, at: time)
            return true
        } catch {
            return false
        }
    }
}

/// Where annotated frames are written.
protocol FrameTarget: AnyObject {
    func write(_ image: ColorImage, _ frame: Frame) throws(RecordingError)
    func finish() throws(RecordingError)
    /// Leaves nothing half written behind.
    func abandon()
}

/// A folder with a JPEG a frame, named by the frame's number.
final class PictureFolder: FrameTarget {
    private let path: String

    init(path: String) throws(RecordingError) {
        self.path = path
        do {
            try FileManager.default.createDirectory(atPath: path, withIntermediateDirectories: true)
        } catch {
            throw .cannotWrite(path: path, reason: error.localizedDescription)
        }
        guard access(path, W_OK | X_OK) == 0 else {
            throw .cannotWrite(path: path, reason: Errno.last.description)
        }
    }

    func write(_ image: ColorImage, _ frame: Frame) throws(RecordingError) {
        let number = String(frame.number)
        let padding = String(repeating: "0", count: max(0, 8 - number.count))
        do {
            try ImageFile.writeJPEG(image, path: "\(path)/frame-\(padding)\(number).jpg")
        } catch {
            throw .cannotWrite(path: path, reason: "\(error)")
        }
    }

    func finish() {}
    func abandon() {}
}
