import Capture
import EmotionRecognition
import Events
import FaceDetection
import Faces
import Imaging
import System
import Tracking

/// What a viewer draws over the picture.
package struct Scene: Sendable, Equatable {
    /// The frame in which the faces were found.
    package var frame = 0
    /// The faces in view.
    package var faces: [TrackedFace] = []
    /// Why there are none, where that is known.
    package var hint: ViewHint?
    /// Milliseconds from when that frame was taken to when its faces were known.
    package var latency = 0.0
}

/// Works on one frame after another: decodes, finds, follows, reads, tells. Used from one thread.
final class FrameWorker {
    /// What the last frame showed.
    private(set) var scene = Scene()
    /// What to do; with `isPlayback` events carry the source's own time, so that a clip gives the same lines twice.
    let configuration: PipelineConfiguration
    /// Who gets each frame worked on.
    let recorder: (any Recorder)?
    let publisher: EventPublisher

    private let finder: any FaceFinding
    private let recognizer: any EmotionNaming
    private let statistics: Statistics
    private var search: FaceSearch
    private var schedule = LookSchedule()
    private var tracker: FaceTracker
    private let decoder = FrameDecoder()
    private var halving = PictureHalving()
    private var clock = StageClock()
    private var image = GrayImage()
    /// How many times it is smaller than the frame, both ways; faces are in the frame's pixels.
    private var factor = 1
    private var detections: [DetectedFace] = []
    private var toRecognize: [DetectedFace] = []
    private var probabilities: [EmotionProbabilities] = []
    private var changes: [FaceChange] = []
    private var lastTime = EventTime(milliseconds: 0)
    /// Columns and rows of the last frame; boxes are in its pixels.
    private var size: (width: Int, height: Int)?

    init(
        finder: any FaceFinding, recognizer: any EmotionNaming, configuration: PipelineConfiguration,
        sinks: [any EventSink], hello: Event.Hello?, recorder: (any Recorder)?, statistics: Statistics
    ) {
        self.finder = finder
        self.recognizer = recognizer
        self.configuration = configuration
        self.recorder = recorder
        self.statistics = statistics
        publisher = EventPublisher(
            configuration.detail, summaryInterval: configuration.summaryInterval,
            includesRaw: configuration.includesRaw, sinks: sinks, hello: hello)
        search = FaceSearch(parameters: configuration.detection)
        search.isSelective = !configuration.searchesWholly
        tracker = FaceTracker(parameters: configuration.tracking)
    }

    /// Goes on where another worker stops, and says hello.
    ///
    /// - Parameter keepsFaces: true where frames come from the same source: the faces in view stay so.
    func takeOver(from old: FrameWorker, keepsFaces: Bool) {
        // Readers of frames were not told who is in view, as readers of changes have to be.
        let keepsFaces = keepsFaces && old.configuration.detail == configuration.detail
        if !keepsFaces { old.leaveAll() }
        // Numbers go on in any case: none is used twice.
        tracker = old.tracker
        tracker.parameters = configuration.tracking
        lastTime = old.lastTime
        if keepsFaces {
            scene = old.scene
            size = old.size
        }
        publisher.takeOver(from: old.publisher)
        if old.recorder !== recorder { old.recorder?.close() }
    }

    /// - Returns: false where somebody asked for the end meanwhile: the search was cut short, and nothing was told.
    /// - Throws: ``CaptureError/invalidData(source:reason:)`` where the frame's bytes are no picture; the next frame
    ///   may be one again.
    func work(on frame: Frame) throws(CaptureError) -> Bool {
        clock.begin()
        try decode(frame)
        clock.end(.decode)
        search.find(
            with: finder, in: image, reducedBy: factor, frame: frame.number, at: frame.sourceTime,
            tracker: tracker, into: &detections)
        enlargeDetections()
        clock.end(.search)
        if configuration.detection.cancellation?.isRaised ?? false { return false }
        tracker.match(detections, at: frame.sourceTime, unsearched: search.unsearched)
        if !configuration.looksAtEachFrame {
            schedule.choose(
                from: &tracker, in: image, reducedBy: factor, at: frame.sourceTime,
                isBusy: search.hasSearchedElsewhere, hasTime: search.hasSearchedWholly)
        }
        clock.end(.match)
        if !tracker.toRecognize.isEmpty {
            toRecognize.removeAll(keepingCapacity: true)
            for face in tracker.toRecognize { toRecognize.append(face.reduced(by: factor)) }
            recognizer.recognize(toRecognize, looks: tracker.looks, in: image, into: &probabilities)
            clock.end(.recognize)
        } else {
            probabilities.removeAll(keepingCapacity: true)
        }
        changes.removeAll(keepingCapacity: true)
        tracker.update(probabilities, into: &changes)
        clock.end(.smooth)

        let now = MonotonicClock.now
        let age = now > frame.monotonicTime ? Double(now - frame.monotonicTime) * 1e-6 : 0
        // What is live has no time but the clock's, however fast it is asked for.
        lastTime =
            configuration.isPlayback && frame.sourceTime != frame.monotonicTime
            ? EventTime(
                milliseconds: Int64(clamping: frame.sourceTime / 1_000_000), monotonic: frame.sourceTime)
            : EventTime.of(monotonic: frame.monotonicTime)
        publisher.publish(changes, frame: frame.number, time: lastTime, latency: age, tracker: tracker)
        clock.end(.publish)
        scene.frame = frame.number
        scene.faces.removeAll(keepingCapacity: true)
        scene.faces.append(contentsOf: tracker.faces)
        scene.latency = age
        scene.hint = scene.faces.isEmpty ? hint() : nil
        statistics.update { counts in
            counts.worked += 1
            counts.lastWorked = now
            counts.latency.add(milliseconds: age)
            counts.stages.add(clock)
        }
        configuration.stageWatcher?(frame.number, frame.monotonicTime, clock)
        return true
    }

    private func hint() -> ViewHint? {
        Brightness.hint(for: image) ?? search.tooSmallSide.map { .tooSmall(side: $0) }
    }

    /// Makes the frame a grey picture, of half its size where that is enough for the faces in view.
    private func decode(_ frame: Frame) throws(CaptureError) {
        // Who wants each frame searched wholly wants it as it is.
        let isHalved =
            frame.format == .mjpeg && search.isSelective
            && halving.decide(for: tracker, at: frame.sourceTime, parameters: configuration.detection)
        let whole = try decoder.gray(of: frame, into: &image, isHalved: isHalved)
        factor = image.width < whole.width || image.height < whole.height ? 2 : 1
        noticeSize(whole)
    }

    /// Frames of another size are announced before the first event in their pixels; boxes in the old ones can't be
    /// followed there.
    private func noticeSize(_ new: FrameSize) {
        if let old = size, old == (new.width, new.height) { return }
        if size != nil { leaveAll() }
        size = (new.width, new.height)
        publisher.announce(width: new.width, height: new.height)
    }

    private func enlargeDetections() {
        guard factor > 1, let size else { return }
        for place in detections.indices {
            detections[place] = detections[place].enlarged(
                by: factor, width: size.width, height: size.height)
        }
    }

    /// Tells readers what became of the source: when it is lost, every face leaves; when it is back, its name and the
    /// size of its frames are told first.
    func tell(_ change: SourceChange) {
        let (state, reason): (Event.SourceState, String)
        switch change {
        case .lost(let error):
            leaveAll()
            (state, reason) = (.lost, error.reason)
        // To readers it is lost, as before.
        case .waiting: return
        case .back(let name, let size):
            self.size = (size.width, size.height)
            publisher.announce(source: name, width: size.width, height: size.height)
            (state, reason) = (.back, name)
        case .troubled(let words): (state, reason) = (.troubled, words)
        case .recovered: (state, reason) = (.recovered, "frames come as they should again")
        }
        publisher.publish(state, reason: reason, time: configuration.isPlayback ? lastTime : .now)
    }

    /// Every face leaves: there will be no more frames, or not for a while.
    func leaveAll() {
        publisher.leaveAll()
        changes.removeAll(keepingCapacity: true)
        tracker.leaveAll(into: &changes)
        scene.faces.removeAll(keepingCapacity: true)
        search.reset()
    }
}
