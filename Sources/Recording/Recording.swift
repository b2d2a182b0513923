import Capture
import Drawing
import Faces
import Glibc
import Imaging
import Pipeline
import System

/// Keeps annotated frames: a video through `ffmpeg`, or JPEGs in a folder.
///
/// SIGPIPE must be ignored. Draws and writes on a thread of its own; where that is too slow for live frames, the newest
/// ones are kept, each at its own time. What is recorded stays when the disk is full or the encoder is killed; with pauses
/// it goes on in a new file as soon as there is room again.
package final class Recording: Recorder, Sendable {
    private struct Annotated: Sendable {
        let frame: SharedFrame
        let faces: [TrackedFace]
    }

    private let slot = LatestSlot<Annotated, Never>()
    private let thread = Guarded<JoinableThread?>(nil)
    private let cancellation: Cancellation
    /// Raised when no more frames come.
    private let closing = Cancellation()

    /// How long the end may take after a wait was cut short, in seconds.
    private static let lastMoment = 0.03

    /// Begins a recording.
    ///
    /// - Parameters:
    ///   - path: a folder, there or named with a slash at the end or without an ending such as `.mp4`; else the video.
    ///     What is there already is not written over: a number is added to the name.
    ///   - frameRate: frames a second of formats that can't have the frames' own times.
    ///   - encoder: the program that makes the video; ffmpeg in PATH where nil.
    ///   - patience: how long it may take no frame before it is given up.
    ///   - pauses: before it is begun anew after a fault; nil where a fault is its end, as it must be where who records
    ///     waits for room.
    ///   - say: told of another name and the like, from the writing thread.
    ///   - notify: called from the writing thread when nothing can be written any more, once a fault.
    /// - Throws: ``RecordingError`` or ``Drawing/DrawingError`` where it can't begin.
    package init(
        path: String, frameRate: Double, encoder: String? = nil, patience: EncoderPatience = .standard,
        pauses: Backoff? = nil,
        say: @escaping @Sendable (String) -> Void = { _ in },
        notify: @escaping @Sendable (RecordingError) -> Void
    ) throws {
        let cancellation = Cancellation()
        self.cancellation = cancellation
        let annotator = try PictureAnnotator()
        let begin = { () throws(RecordingError) -> any FrameTarget in
            Self.isFolder(path)
                ? try PictureFolder(path: path, say: say)
                : try VideoFile(
                    path: path, frameRate: frameRate, encoder: encoder, patience: patience,
                    cancellation: cancellation, say: say)
        }
        let place = Self.isFolder(path) ? path : FileSystem.folder(of: path)
        let again = NewBeginning(
            path: path, place: place, pauses: pauses, closing: closing, begin: begin, say: say)
        // Handed to the writing thread, which alone uses it.
        let writer = Confined(Writer(try begin(), annotator, again, notify))
        do throws(Errno) {
            let started = try JoinableThread(name: "raut-recorder") { [slot] in writer.value.write(from: slot)
            }
            thread.withLock { $0 = started }
        } catch {
            throw RecordingError.cannotWrite(path: path, reason: "no thread: \(error.description)")
        }
    }

    /// Takes a frame and its faces.
    package func record(_ frame: SharedFrame, _ faces: [TrackedFace], waits: Bool) {
        slot.put(Annotated(frame: frame, faces: faces), waits: waits)
    }

    /// Takes no more frames.
    package func close() {
        slot.close()
        closing.raise()
    }

    /// Writes what is left and closes the video; what can't be written in time is left out.
    package func finish(within seconds: Double) {
        close()
        guard let thread = thread.withLock({ $0 }) else { return }
        if thread.join(until: .after(seconds - Self.lastMoment)) { return }
        cancellation.raise()
        thread.join(until: .after(Self.lastMoment))
    }

    /// True while all that came is written, and more is waited for.
    package var isIdle: Bool { slot.isAwaited }

    /// True once everything is written.
    package var isOver: Bool { thread.withLock { $0 }?.isOver ?? true }

    /// True for what is to hold pictures.
    package static func isFolder(_ path: String) -> Bool {
        if let kind = FileSystem.kind(of: path) { return kind == .folder }
        guard !path.hasSuffix("/"), let name = path.split(separator: "/").last else { return true }
        return !name.dropFirst().contains(".")
    }
}

extension Recording {
    /// Draws and writes one frame after another; used by the writing thread alone.
    private final class Writer {
        private var target: any FrameTarget
        private let annotator: PictureAnnotator
        private let decoder = FrameDecoder()
        private var image = ColorImage()
        private var faces: [DrawnFace] = []
        private let again: NewBeginning
        private let notify: @Sendable (RecordingError) -> Void

        init(
            _ target: any FrameTarget, _ annotator: PictureAnnotator, _ again: NewBeginning,
            _ notify: @escaping @Sendable (RecordingError) -> Void
        ) {
            (self.target, self.annotator, self.again, self.notify) = (target, annotator, again, notify)
        }

        /// Goes on until the slot is closed, or nothing can be written any more.
        func write(from slot: LatestSlot<Annotated, Never>) {
            var pauses = again.pauses
            var isBroken = false
            while true {
                do throws(RecordingError) {
                    while let annotated = slot.take()?.value {
                        guard draw(annotated) else { continue }
                        try target.write(image, annotated.frame.frame)
                        if isBroken { again.say("\(again.path): recording again") }
                        (isBroken, pauses) = (false, again.pauses)
                    }
                    return try target.finish()
                } catch {
                    target.abandon()
                    if !isBroken { notify(error) }
                    isBroken = true
                }
                guard let next = again.target(&pauses) else {
                    // Nobody may wait for room in it.
                    return slot.close()
                }
                target = next
            }
        }

        /// False for a frame that is no picture.
        private func draw(_ annotated: Annotated) -> Bool {
            do {
                try decoder.color(of: annotated.frame.frame, into: &image)
                faces.removeAll(keepingCapacity: true)
                for face in annotated.faces { faces.append(DrawnFace(face)) }
                let time = Double(annotated.frame.frame.sourceTime) * 1e-9
                try annotator.draw(faces, on: &image, at: time)
                return true
            } catch {
                return false
            }
        }
    }
}

extension Recording {
    /// What it takes to begin anew after a fault.
    private struct NewBeginning {
        let path: String
        /// The folder that is written to.
        let place: String
        let pauses: Backoff?
        /// Ends the pauses.
        let closing: Cancellation
        let begin: () throws(RecordingError) -> any FrameTarget
        let say: @Sendable (String) -> Void

        /// Bytes that must be free: else each try would leave a scrap.
        private static let neededRoom: UInt64 = 16 << 20

        /// Waits until it can be begun; nil where it is not to be, or the end comes first.
        func target(_ pauses: inout Backoff?) -> (any FrameTarget)? {
            while let pause = pauses?.next(), closing.sleep(seconds: pause) {
                if let room = FileSystem.room(at: place), room < Self.neededRoom { continue }
                if let target = try? begin() { return target }
            }
            return nil
        }
    }
}
