import Foundation
import Pipeline
import Recording
import System

/// An annotated copy of a video that keeps its sound and its pace: the pictures are written first, then joined with the
/// sound of the original.
package final class AnnotatedVideo: Sendable {
    /// Who gets the frames.
    package let recorder: any Recorder

    private let original: String
    private let path: String
    private let pictures: String
    private let failure = Failure()

    /// Seconds that joining may take at most.
    private static let patience = 3600.0

    /// Begins a copy.
    ///
    /// - Parameters:
    ///   - original: the video, whose sound is kept.
    ///   - path: the copy; its ending says in which format.
    ///   - frameRate: frames a second.
    /// - Throws: ``RecordingError`` where nothing can be written there.
    package init(of original: String, at path: String, frameRate: Double) throws {
        guard !Self.isSame(original, path) else {
            throw RecordingError.cannotWrite(
                path: path, reason: "it is the video itself: name another --output")
        }
        self.original = original
        self.path = path
        // Joined to the sound it goes to its place; until then its name says that it is not whole.
        pictures = Self.beside(path, "silent")
        recorder = try Recording(
            path: pictures, frameRate: frameRate, notify: { [failure] in failure.set($0) })
    }

    /// What went wrong while frames were written, if anything did.
    package var trouble: RecordingError? { failure.error }

    /// Joins the pictures with the sound, after the last frame.
    ///
    /// - Parameters:
    ///   - frames: how many the recorder was given.
    ///   - cancellation: ends the wait for ffmpeg.
    /// - Throws: ``RecordingError`` where that fails; nothing half written is left.
    package func finish(frames: Int, _ cancellation: Cancellation) throws(RecordingError) {
        defer { unlink(pictures) }
        // The encoder may be behind the last frame.
        recorder.finish(within: Self.patience)
        if let error = failure.error { throw error }
        // A video without a frame has no copy.
        guard frames > 0 else { return }
        guard FileSystem.kind(of: pictures) != nil else {
            throw .cannotWrite(path: path, reason: "no frame of it was written")
        }
        let beside = Self.beside(path, "part")
        // The sound as it is where the format can hold it, else encoded anew, else left out.
        var reason = ""
        for sound in [["-c:a", "copy"], ["-c:a", "aac", "-b:a", "192k"], ["-an"]] {
            do throws(RecordingError) {
                try join(beside, sound, cancellation)
                return try put(beside)
            } catch .cannotWrite(_, let words) {
                reason = words
                unlink(beside)
                // The keys that ask for the end end ffmpeg, too.
                if cancellation.isRaised { break }
            }
        }
        throw .cannotWrite(path: path, reason: reason)
    }

    /// Removes what is there of a copy that is not wanted any more.
    package func abandon() { unlink(pictures) }

    private func join(
        _ beside: String, _ sound: [String], _ cancellation: Cancellation
    ) throws(RecordingError) {
        guard let program = FileSystem.program("ffmpeg") else {
            throw .cannotWrite(path: path, reason: "there is no ffmpeg: install the Debian package ffmpeg")
        }
        let child: ChildProcess
        do {
            child = try ChildProcess(
                program,
                ["-nostdin", "-hide_banner", "-loglevel", "error", "-y", "-i", "file:\(pictures)"]
                    + ["-i", original.contains("://") ? original : "file:\(original)"]
                    + ["-map", "0:v:0", "-map", "1:a?", "-c:v", "copy"] + sound + ["file:\(beside)"],
                output: .nothing)
        } catch {
            throw .cannotWrite(path: path, reason: "ffmpeg: \(error)")
        }
        guard let ending = child.wait(until: .after(Self.patience), cancellation) else {
            child.end()
            let reason = cancellation.isRaised ? "was ended" : "took longer than an hour to join the sound"
            throw .cannotWrite(path: path, reason: "ffmpeg \(reason)")
        }
        guard ending == .status(0) else {
            throw .cannotWrite(
                path: path, reason: "ffmpeg: \(child.lastMessages.first ?? "it ended and said nothing")")
        }
    }

    private func put(_ beside: String) throws(RecordingError) {
        do throws(Errno) {
            try AtomicFile.replace(path, with: beside)
        } catch {
            throw .cannotWrite(path: path, reason: "\(error)")
        }
    }

    /// A name in the same folder, of the same format, that no file has.
    private static func beside(_ path: String, _ word: String) -> String {
        let name = FileName(path)
        return NewFile.free("\(name.stem).\(getpid()).\(word).\(name.ending)") {
            FileSystem.kind(of: $0) != nil
        }
    }

    private static func isSame(_ first: String, _ second: String) -> Bool {
        var (one, other) = (stat(), stat())
        return stat(first, &one) == 0 && stat(second, &other) == 0 && one.st_dev == other.st_dev
            && one.st_ino == other.st_ino
    }

    /// Where the recording says that it can't go on.
    private final class Failure: Sendable {
        private let first = Guarded<RecordingError?>(nil)
        var error: RecordingError? { first.withLock { $0 } }
        func set(_ error: RecordingError) { first.withLock { $0 = $0 ?? error } }
    }
}

/// A file's path in two parts around the dot of its ending.
struct FileName {
    /// All before the dot.
    let stem: String
    /// What follows the dot; `mp4` where there is none.
    let ending: String

    init(_ path: String) {
        let name = path.split(separator: "/").last ?? ""
        if let dot = name.dropFirst().lastIndex(of: ".") {
            ending = String(name[name.index(after: dot)...])
            stem = String(path.dropLast(ending.count + 1))
        } else {
            (stem, ending) = (path, "mp4")
        }
    }
}
