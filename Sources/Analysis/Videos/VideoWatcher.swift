import Capture
import Faces
import Events
import FaceDetection
import Imaging
import Pipeline
import System

/// Looks at each frame of a video after its faces are known: rows of a table, JSON lines, the record for a report.
package final class VideoWatcher: Recorder {
    /// What to do with each frame.
    package struct Wishes: Sendable {
        /// Gets the faces of a frame with faces.
        package var rows: (@Sendable ([FaceTable.Row]) throws -> Void)?
        /// Gets a JSON line a frame, with its end.
        package var lines: (@Sendable (String) throws -> Void)?
        /// True to keep pictures of the strongest moments.
        package var keepsMoments = false
        /// Who else gets each frame, to keep an annotated copy.
        package var copy: (any Recorder)?

        package init() {}
    }

    fileprivate struct State {
        var record: VideoRecord
        var places: [Int: Int] = [:]
        var line = JSONLine()
        var failure: (any Error)?
    }

    private let wishes: Wishes
    private let state: Guarded<State>
    private let keeper: Guarded<MomentKeeper>
    private let onFailure: @Sendable () -> Void

    /// - Parameters:
    ///   - source: the video, open.
    ///   - file: what rows and lines call it.
    ///   - wishes: what becomes of each frame, on the pipeline's thread.
    ///   - onFailure: called after each frame once a wish has thrown; nothing is handed over then.
    package init(
        _ source: any FrameSource, file: String, wishes: Wishes, onFailure: @escaping @Sendable () -> Void
    ) {
        self.wishes = wishes
        self.onFailure = onFailure
        state = Guarded(
            State(record: VideoRecord(file: file, width: source.width, height: source.height)))
        keeper = Guarded(MomentKeeper())
    }

    /// What was seen so far; the pictures of moments are in it at the end.
    package var record: VideoRecord { state.withLock { $0.record } }

    /// The frames worked on, the seconds of the video that they reach to, and the faces seen.
    package var progress: (frames: Int, seconds: Double, faces: Int) {
        state.withLock { ($0.record.frames, $0.record.seconds, $0.record.faces.count) }
    }

    /// The first error of a row, a line or a copy, if there was one.
    package var failure: (any Error)? { state.withLock { $0.failure } }

    /// Takes a frame and its faces.
    package func record(_ shared: SharedFrame, _ faces: [TrackedFace], waits: Bool) {
        let frame = shared.frame
        let seconds = Double(frame.sourceTime) * 1e-9
        let isWell = state.withLock { state in
            guard state.failure == nil else { return false }
            state.add(faces, at: seconds)
            do {
                try handOver(faces, frame.number, seconds, &state)
            } catch {
                state.failure = error
            }
            return state.failure == nil
        }
        guard isWell else { return onFailure() }
        if wishes.keepsMoments {
            keeper.withLock { keeper in
                for face in faces { keeper.look(at: face, in: frame, at: seconds) }
            }
        }
        wishes.copy?.record(shared, faces, waits: waits)
    }

    /// Takes no more frames.
    package func close() { wishes.copy?.close() }

    /// Finishes the copy and joins the pictures to the record.
    package func finish(within seconds: Double) {
        wishes.copy?.finish(within: seconds)
        let moments = keeper.withLock { $0.moments }
        state.withLock { state in
            for index in state.record.faces.indices {
                state.record.faces[index].moments = moments[state.record.faces[index].number] ?? [:]
            }
        }
    }

    private func handOver(
        _ faces: [TrackedFace], _ frame: Int, _ seconds: Double, _ state: inout State
    ) throws {
        let file = state.record.file
        if let rows = wishes.rows, !faces.isEmpty {
            try rows(faces.map { FaceTable.Row(file: file, frame: frame, seconds: seconds, face: $0) })
        }
        if let lines = wishes.lines {
            state.line.begin()
            state.line.member("file", file)
            state.line.member("frame", frame)
            state.line.member("seconds", seconds, decimals: 3)
            state.line.key("faces")
            state.line.array(faces) { line, face in
                line.openObject()
                EventEncoder.write(face, raw: true, &line)
                line.closeObject()
            }
            state.line.end()
            try lines(state.line.text)
        }
    }
}

extension VideoWatcher.State {
    mutating func add(_ faces: [TrackedFace], at seconds: Double) {
        record.frames += 1
        record.seconds = seconds
        if !faces.isEmpty { record.framesWithFaces += 1 }
        for face in faces {
            let place = places[face.number] ?? record.faces.count
            if place == record.faces.count {
                places[face.number] = place
                record.faces.append(FaceRecord(number: face.number))
            }
            record.faces[place].add(face, at: seconds)
        }
    }
}

extension FaceTable.Row {
    /// A face of a video's frame.
    init(file: String, frame: Int, seconds: Double, face: TrackedFace) {
        self.init(
            file: file, face: DetectedFace(box: face.box, tilt: face.tilt), probabilities: face.probabilities)
        self.frame = frame
        self.seconds = seconds
        self.face = face.number
        emotion = face.emotion
        raw = face.rawProbabilities
    }
}
