import Capture
import EmotionRecognition
import Events
import FaceDetection
import Faces
import Imaging
import Tracking

/// What a viewer draws over the picture.
public struct Scene: Sendable, Equatable {
    /// The frame in which the faces were found.
    public var frame = 0
    /// The faces in view.
    public var faces: [TrackedFace] = []
    /// Milliseconds from when that frame was taken to when its faces were known.
    public var latency = 0.0
}

/// Works on one frame after another: decodes, finds, follows, reads, tells. Used from one thread.
final class FrameWorker {
    /// What the last frame showed.
    private(set) var scene = Scene()

    private let finder: any FaceFinding
    private let recognizer: any EmotionNaming
    private let statistics: Statistics
    private let isPlayback: Bool
    private var publisher: EventPublisher
    private var search: FaceSearch
    private var tracker: FaceTracker
    private let decoder = FrameDecoder()
    private var image = GrayImage()
    private var detections: [DetectedFace] = []
    private var probabilities: [EmotionProbabilities] = []
    private var changes: [FaceChange] = []
    private var lastTime = EventTime(milliseconds: 0)

    /// - Parameter isPlayback: true to give events the source's own time, so that a clip gives the same lines twice.
    init(
        finder: any FaceFinding, recognizer: any EmotionNaming, search: FaceSearch, tracker: FaceTracker,
        publisher: EventPublisher, statistics: Statistics, isPlayback: Bool
    ) {
        self.finder = finder
        self.recognizer = recognizer
        self.search = search
        self.tracker = tracker
        self.publisher = publisher
        self.statistics = statistics
        self.isPlayback = isPlayback
    }

    /// - Throws: ``CaptureError/invalidData(source:reason:)`` where the frame's bytes are no picture; the next frame
    ///   may be one again.
    func work(on frame: Frame) throws(CaptureError) {
        try decoder.gray(of: frame, into: &image)
        search.find(
            with: finder, in: image, frame: frame.number, at: frame.sourceTime, tracker: tracker,
            into: &detections)
        tracker.match(detections, at: frame.sourceTime)
        if !tracker.toRecognize.isEmpty {
            recognizer.recognize(
                tracker.toRecognize, looks: tracker.looks, in: image, into: &probabilities)
        } else {
            probabilities.removeAll(keepingCapacity: true)
        }
        changes.removeAll(keepingCapacity: true)
        tracker.update(probabilities, into: &changes)

        let now = monotonicNanoseconds()
        let age = now > frame.monotonicTime ? Double(now - frame.monotonicTime) * 1e-6 : 0
        // What is live has no time but the clock's, however fast it is asked for.
        lastTime =
            isPlayback && frame.sourceTime != frame.monotonicTime
            ? EventTime(milliseconds: Int64(clamping: frame.sourceTime / 1_000_000))
            : EventTime(milliseconds: EventTime.now.milliseconds - Int64(min(age, 1e9)))
        publisher.publish(changes, frame: frame.number, time: lastTime)
        publisher.publish(frame: frame.number, latency: age, faces: tracker.faces, time: lastTime)
        scene.frame = frame.number
        scene.faces.removeAll(keepingCapacity: true)
        scene.faces.append(contentsOf: tracker.faces)
        scene.latency = age
        statistics.update { counts in
            counts.worked += 1
            counts.latency.add(milliseconds: age)
        }
    }

    /// Tells readers of the source; with a lost source every face leaves.
    func tell(_ state: Event.SourceState, reason: String, facesLeave: Bool) {
        if facesLeave { leaveAll() }
        publisher.publish(.source(state, reason: reason, time: isPlayback ? lastTime : .now))
    }

    /// Every face leaves: there will be no more frames, or not for a while.
    func leaveAll() {
        changes.removeAll(keepingCapacity: true)
        tracker.leaveAll(into: &changes)
        publisher.publish(changes, frame: scene.frame, time: isPlayback ? lastTime : .now)
        scene.faces.removeAll(keepingCapacity: true)
        search.reset()
    }
}
