import Capture
import EmotionRecognition
import Events
import FaceDetection
import Synchronization
import System
import Tracking

/// A frame's way from its source to those who watch, on threads of its own.
///
/// Capture puts each frame into a slot from which the worker takes it; a frame that comes while the worker is busy
/// replaces the one that waits, so that latency never grows. A viewer has a slot of its own and never waits for the
/// worker. What frames are worked on with, and where they come from, may be exchanged while it runs.
package final class Pipeline: Sendable {
    /// What it does with frames.
    package typealias Configuration = PipelineConfiguration

    /// How it ended.
    package enum Outcome: Sendable, Equatable {
        /// The frames have ended, or enough were worked on.
        case ended
        /// ``Pipeline/stop()`` was called.
        case stopped
        /// The source failed for good.
        case failed(CaptureError)
    }

    /// What capture tells the worker between frames.
    enum Message: Sendable {
        /// What became of the source.
        case source(SourceChange)
        /// Another worker takes over, with the faces of the one before where the source is the same.
        case exchange(Confined<FrameWorker>, keepsFaces: Bool)
    }

    /// Frames for those who watch the picture.
    typealias FrameSlot = LatestSlot<SharedFrame, Message>

    /// Where frames come from, and what is to come after that.
    struct Supply: Sendable {
        var source: any FrameSource
        /// Ends the pauses between tries to open this source again.
        var interruption = Cancellation()
        /// Makes the next source on the capture thread, once this one is closed.
        var successor: (@Sendable () -> Handover)?
    }

    /// A source that takes over, and the worker for its frames, or nil to keep the one that is there.
    struct Handover: Sendable {
        let source: any FrameSource
        let worker: Confined<FrameWorker>?
    }

    /// How the end was asked for.
    struct Ending: Sendable {
        var outcome: Outcome?
        /// Until when what is being written may be finished.
        var deadline = Deadline.never
    }

    let statistics = Statistics()
    let slot = FrameSlot()
    let viewSlot: FrameSlot?
    /// For those who look from elsewhere than the window; empty until somebody does.
    let pictureSlot = FrameSlot()
    let isPictured = Atomic<Bool>(false)
    let scene = Guarded(Scene())
    let supply: Guarded<Supply>
    let ending = Guarded(Ending())
    let isStopping = Atomic<Bool>(false)
    /// Ends a search on the way, which may take long in a large picture.
    let searching = Cancellation()
    let isLost = Atomic<Bool>(false)
    let isPlayback: Atomic<Bool>
    let captureProgress = Progress()
    let workerProgress = Progress()
    let notify: @Sendable (SourceChange) -> Void
    /// The worker's, for whoever must end it while it is too busy to say good-bye itself.
    let publisher: Guarded<EventPublisher>
    private let threads = Guarded<[JoinableThread]>([])

    /// How long a recording may take to be finished where nobody is in a hurry, in seconds.
    static let recorderPatience = 10.0

    /// Begins to take and work on frames.
    ///
    /// - Parameters:
    ///   - source: where frames come from.
    ///   - finder: finds faces; used by the pipeline's worker alone from now on.
    ///   - recognizer: names their emotions.
    ///   - configuration: what to do.
    ///   - sinks: who gets event lines.
    ///   - hello: the first line that the sinks have sent; it is sent anew where the source or the size of its frames
    ///     changes.
    ///   - isViewed: true where ``view()`` will be called for the picture.
    ///   - recorder: who gets each frame worked on, with its faces.
    ///   - notify: told what becomes of the source, each change once; called from the pipeline's threads.
    /// - Throws: ``PipelineError/noThread(reason:)``.
    package init(
        source: any FrameSource, finder: sending any FaceFinding, recognizer: any EmotionNaming,
        configuration: Configuration, sinks: [any EventSink], hello: Event.Hello? = nil,
        isViewed: Bool = false, recorder: (any Recorder)? = nil,
        notify: @escaping @Sendable (SourceChange) -> Void = { _ in }
    ) throws(PipelineError) {
        supply = Guarded(Supply(source: source))
        self.notify = notify
        isPlayback = Atomic(configuration.isPlayback)
        viewSlot = isViewed ? FrameSlot() : nil
        let worker = Confined(
            FrameWorker(
                finder: finder, recognizer: recognizer,
                configuration: configuration.adapted(to: source).ended(by: searching),
                sinks: sinks, hello: hello, recorder: recorder, statistics: statistics))
        publisher = Guarded(worker.value.publisher)
        do throws(Errno) {
            let working = try JoinableThread(name: "raut-worker") { [self] in work(worker) }
            threads.withLock { $0.append(working) }
            let capturing = try JoinableThread(name: "raut-capture") { [self] in capture() }
            threads.withLock { $0.append(capturing) }
        } catch {
            slot.close()
            source.cancel()
            throw .noThread(reason: error.description)
        }
    }

    // MARK: - Exchange

    /// What frames are worked on with from some moment on.
    package struct Replacement: Sendable {
        let worker: Confined<FrameWorker>
        let isPlayback: Bool
    }

    /// Prepares what is to take over; nothing changes yet.
    ///
    /// The parameters are those of the initialiser; `hello` is sent to all sinks when it takes over.
    package func prepare(
        finder: sending any FaceFinding, recognizer: any EmotionNaming, configuration: Configuration,
        sinks: [any EventSink], hello: Event.Hello, recorder: (any Recorder)? = nil
    ) -> Replacement {
        let worker = FrameWorker(
            finder: finder, recognizer: recognizer, configuration: configuration.ended(by: searching),
            sinks: sinks, hello: hello, recorder: recorder, statistics: statistics)
        return Replacement(worker: Confined(worker), isPlayback: configuration.isPlayback)
    }

    /// Goes on from the next frame on with what was prepared, and the same source: faces stay in view, no frame is lost.
    package func exchange(_ replacement: Replacement) {
        isPlayback.store(replacement.isPlayback, ordering: .relaxed)
        slot.put(urgent: .exchange(replacement.worker, keepsFaces: true))
    }

    /// The same with another source, which is open already: every face leaves, and its first frame follows.
    package func exchange(_ replacement: Replacement, source: any FrameSource) {
        isPlayback.store(replacement.isPlayback, ordering: .relaxed)
        succeed { Handover(source: source, worker: replacement.worker) }
    }

    /// Goes on with a source that can only be opened when the present one is closed: a camera with other settings.
    ///
    /// - Parameter open: called on the capture thread once the present source is closed.
    package func exchangeSource(_ open: @escaping @Sendable () -> any FrameSource) {
        succeed { Handover(source: open(), worker: nil) }
    }

    private func succeed(_ successor: @escaping @Sendable () -> Handover) {
        let (source, interruption) = supply.withLock { supply in
            supply.successor = successor
            return (supply.source, supply.interruption)
        }
        source.cancel()
        interruption.raise()
    }

    // MARK: - The end

    /// Makes it end soon; may be called from any thread, more than once.
    ///
    /// - Parameter deadline: until when a recording may be finished.
    package func stop(until deadline: Deadline) { end(.stopped, until: deadline) }

    /// Makes it end soon; may be called from any thread, more than once.
    package func stop() { end(.stopped, until: .after(Self.recorderPatience)) }

    /// Waits for the end: every face has left, every event was handed to the sinks, what was recorded is whole.
    package func wait() -> Outcome { wait(until: .never) ?? .ended }

    /// The same; nil where the deadline came first.
    package func wait(until deadline: Deadline) -> Outcome? {
        for thread in threads.withLock({ $0 }) {
            guard thread.join(until: deadline) else { return nil }
        }
        return ending.withLock { $0.outcome } ?? .ended
    }

    /// Stops waiting for threads that are too busy to end: every face leaves now, and what they still find is
    /// discarded.
    package func abandon() { publisher.withLock { $0 }.close() }

    /// True once there will be no more events.
    package var isOver: Bool { threads.withLock { $0 }.allSatisfy(\.isOver) }

    /// The first reason to end counts.
    func end(_ reason: Outcome, until deadline: Deadline = .never) {
        ending.withLock { ending in
            if ending.outcome == nil { ending.outcome = reason }
            ending.deadline = ending.deadline.or(deadline)
        }
        isStopping.store(true, ordering: .relaxed)
        // A frame in work when the frames end is worked on wholly.
        if reason == .stopped { searching.raise() }
        let (source, interruption) = supply.withLock { ($0.source, $0.interruption) }
        source.cancel()
        interruption.raise()
    }

    // MARK: - What it shows

    /// True while the source is lost and tried again.
    package var isSourceLost: Bool { isLost.load(ordering: .relaxed) }

    /// The source as it is now.
    package var source: any FrameSource { supply.withLock { $0.source } }

    /// The newest frame since the last call, or nil; for one viewer.
    package func view() -> SharedFrame? { viewSlot?.takeNow()?.value }

    /// The newest frame since the last call, or nil; for a page, beside the window. Frames are kept for it from the
    /// first call on.
    package func picture() -> SharedFrame? {
        isPictured.store(true, ordering: .relaxed)
        return pictureSlot.takeNow()?.value
    }

    /// The faces of the last frame worked on.
    package var currentScene: Scene { scene.withLock { $0 } }

    /// What became of the frames so far.
    package var counts: Statistics.Counts { statistics.snapshot }

    /// True where each thread has got on within so many seconds, or the time that its source takes for a frame; a source
    /// that is lost has to be tried again as often.
    package func isAlive(within seconds: Double) -> Bool {
        let (source, rate) = (source, source.frameRate ?? 1)
        // Who writes into a pipe may pause as long as he likes.
        let allowed = source is any RecoverableSource && rate > 0 ? max(seconds, 4 / rate) : .infinity
        return captureProgress.seconds <= allowed && workerProgress.seconds <= seconds
    }
}

/// Why a pipeline can't begin.
package enum PipelineError: Error, Equatable, Sendable, CustomStringConvertible {
    /// The system gives no more threads.
    case noThread(reason: String)

    /// One line: what, why, what to do.
    package var description: String {
        switch self {
        case .noThread(let reason):
            "no thread can be started: \(reason): allow more processes (ulimit -u, TasksMax)"
        }
    }
}
