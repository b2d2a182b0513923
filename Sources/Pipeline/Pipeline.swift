import Capture
import EmotionRecognition
import Events
import FaceDetection
import Foundation
import Synchronization
import System
import Tracking

/// A frame's way from its source to those who watch, on threads of its own.
///
/// Capture puts each frame into a slot from which the worker takes it; a frame that comes while the worker is busy
/// replaces the one that waits, so that latency never grows. A viewer has a slot of its own and never waits for the
/// worker.
public final class Pipeline: Sendable {
    /// What the pipeline does with frames.
    public struct Configuration: Sendable {
        /// How faces are looked for.
        public var detection = DetectionParameters()
        /// How they are followed.
        public var tracking = TrackingParameters()
        /// Which lines readers get.
        public var detail = EventDetail.changes
        /// True to send the probabilities of the last frame alone too.
        public var includesRaw = false
        /// True to work on every frame instead of the newest, with times that do not depend on the clock.
        public var isPlayback = false
        /// True to search each frame wholly instead of around known faces and in slices.
        public var searchesWholly = false
        /// Frames to work on before the end; nil for all.
        public var frameLimit: Int?

        /// Live, events for changes.
        public init() {}
    }

    /// How it ended.
    public enum Outcome: Sendable, Equatable {
        /// The frames have ended, or enough were worked on.
        case ended
        /// ``Pipeline/stop()`` was called.
        case stopped
        /// The source failed for good.
        case failed(CaptureError)
    }

    /// What capture tells the worker between frames.
    enum SourceMessage: Sendable, Equatable {
        case lost(reason: String)
        case back(name: String, width: Int, height: Int)
        case troubled(reason: String)
        case recovered
    }

    /// Frames for those who watch the picture.
    typealias FrameSlot = LatestSlot<SharedFrame, SourceMessage>

    private let source: any FrameSource
    private let configuration: Configuration
    private let statistics = Statistics()
    private let slot = FrameSlot()
    private let viewSlot: FrameSlot?
    private let scene = Guarded(Scene())
    private let outcome = Guarded<Outcome?>(nil)
    private let isStopping = Atomic<Bool>(false)
    private let isLost = Atomic<Bool>(false)
    private let stopSignal = DispatchSemaphore(value: 0)
    private let threads = Guarded<[JoinableThread]>([])
    private let notify: @Sendable (Notice) -> Void

    /// What a person at the terminal may want to know; each is said once.
    public enum Notice: Sendable, Equatable {
        /// The source is lost; it is tried again until it is back.
        case lost(CaptureError)
        /// The lost source is there, but can't be opened yet: taken by another program, no permission.
        case waiting(CaptureError)
        /// The source is back under this name.
        case back(name: String)
        /// The source gives frames, but not as it should.
        case troubled(reason: String)
        /// It gives frames as it should again.
        case recovered
    }

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
    ///   - notify: called from the pipeline's threads.
    public init(
        source: any FrameSource, finder: sending any FaceFinding, recognizer: any EmotionNaming,
        configuration: Configuration, sinks: [any EventSink], hello: Event.Hello? = nil,
        isViewed: Bool = false, recorder: Recorder? = nil,
        notify: @escaping @Sendable (Notice) -> Void = { _ in }
    ) {
        self.source = source
        self.configuration = configuration
        self.notify = notify
        viewSlot = isViewed ? FrameSlot() : nil
        var search = FaceSearch(parameters: configuration.detection)
        search.isSelective = !configuration.searchesWholly
        let worker = Confined(
            FrameWorker(
                finder: finder, recognizer: recognizer, search: search,
                tracker: FaceTracker(parameters: configuration.tracking),
                publisher: EventPublisher(
                    configuration.detail, includesRaw: configuration.includesRaw, sinks: sinks, hello: hello),
                statistics: statistics, isPlayback: configuration.isPlayback))
        do throws(Errno) {
            // Both or none: the worker waits for frames until capture ends.
            let working = try JoinableThread(name: "raut-worker") { [self] in work(worker.value, recorder) }
            threads.withLock { $0.append(working) }
            let capturing = try JoinableThread(name: "raut-capture") { [self] in capture() }
            threads.withLock { $0.append(capturing) }
        } catch {
            end(.failed(.noThread(reason: error.description)))
            slot.close()
        }
    }

    /// Makes it end soon; may be called from any thread, more than once.
    public func stop() {
        end(.stopped)
    }

    /// Waits for the end: every face has left, every event was handed to the sinks.
    public func wait() -> Outcome {
        for thread in threads.withLock({ $0 }) { thread.join() }
        return outcome.withLock { $0 } ?? .ended
    }

    /// True once there will be no more events.
    public var isOver: Bool { threads.withLock { $0.first }?.isOver ?? true }

    /// True while the source is lost and tried again.
    public var isSourceLost: Bool { isLost.load(ordering: .relaxed) }

    /// The newest frame since the last call, or nil; for one viewer.
    package func view() -> SharedFrame? { viewSlot?.takeNow()?.value }

    /// The faces of the last frame worked on.
    public var currentScene: Scene { scene.withLock { $0 } }

    /// What became of the frames so far.
    package var counts: Statistics.Counts { statistics.snapshot }

    /// Carries the worker to its thread, which alone uses it.
    private final class Confined: @unchecked Sendable {
        let value: FrameWorker
        init(_ value: FrameWorker) { self.value = value }
    }

    /// The first reason to end counts.
    private func end(_ reason: Outcome) {
        outcome.withLock { outcome in if outcome == nil { outcome = reason } }
        isStopping.store(true, ordering: .relaxed)
        source.cancel()
        stopSignal.signal()
    }

    // MARK: - Capture

    private func capture() {
        var pool = FramePool()
        var loss: Loss?
        while !isStopping.load(ordering: .relaxed) {
            do throws(CaptureError) {
                guard
                    let frame = try pool.next({ frame throws(CaptureError) in try source.next(into: &frame) })
                else { break }
                statistics.update { $0.taken += 1 }
                if loss != nil {
                    loss = nil
                    isLost.store(false, ordering: .relaxed)
                    tell(.back(name: source.name, width: source.width, height: source.height))
                    notify(.back(name: source.name))
                }
                pass(source.takeNotice())
                viewSlot?.put(frame)
                if slot.put(frame, waits: configuration.isPlayback) { statistics.update { $0.dropped += 1 } }
            } catch {
                guard recover(from: error, &loss) else { break }
            }
        }
        outcome.withLock { outcome in if outcome == nil { outcome = .ended } }
        slot.close()
    }

    private func pass(_ notice: SourceNotice?) {
        switch notice {
        case .troubled(let reason): tell(.troubled(reason: reason))
        case .recovered: tell(.recovered)
        case nil: break
        }
    }

    private func tell(_ message: SourceMessage) {
        if slot.put(message: message, waits: configuration.isPlayback) {
            statistics.update { $0.dropped += 1 }
        }
    }

    /// A source that was lost and has given no frame since: what was said of it, and how long to wait before it is
    /// tried again.
    private struct Loss {
        var said: String
        var pause = 0.1
    }

    /// Tries until the source is open again, with pauses that grow; false where it can't come back or is not wanted
    /// any more. It is back when it gives a frame: one that opens and gives none is lost once, not again and again.
    private func recover(from error: CaptureError, _ known: inout Loss?) -> Bool {
        guard let source = source as? any RecoverableSource, source.canComeBack else {
            end(.failed(error))
            return false
        }
        var loss = known ?? Loss(said: error.reason)
        defer { known = loss }
        var isOpen = false
        if known == nil {
            isLost.store(true, ordering: .relaxed)
            tell(.lost(reason: error.reason))
            notify(.lost(error))
        } else if !wait(&loss) {
            return false
        }
        while !isOpen, !isStopping.load(ordering: .relaxed) {
            do {
                try source.reopen()
                isOpen = true
            } catch {
                if case .cannotOpen(_, let reason) = error, reason != loss.said {
                    notify(.waiting(error))
                    loss.said = reason
                }
                guard wait(&loss) else { return false }
            }
        }
        return isOpen
    }

    /// Pauses, longer from time to time; false where the end comes meanwhile.
    private func wait(_ loss: inout Loss) -> Bool {
        defer { loss.pause = min(2, loss.pause * 1.6) }
        return stopSignal.wait(timeout: .now() + loss.pause) == .timedOut
    }

    // MARK: - Work

    private func work(_ worker: FrameWorker, _ recorder: Recorder?) {
        var isBroken = false
        while let contents = slot.take() {
            for message in contents.messages { handle(message, worker) }
            guard let frame = contents.value else { continue }
            // Frames still in the slot when somebody calls stop are not worth the wait.
            if outcome.withLock({ $0 == .stopped }) { break }
            do throws(CaptureError) {
                try worker.work(on: frame.frame)
                if isBroken { handle(.recovered, worker) }
                isBroken = false
                scene.withLock { $0 = worker.scene }
                recorder?.record(frame, worker.scene.faces, waits: configuration.isPlayback)
            } catch {
                statistics.update { $0.broken += 1 }
                if !isBroken { handle(.troubled(reason: error.reason), worker) }
                isBroken = true
            }
            if let limit = configuration.frameLimit, statistics.snapshot.worked >= limit {
                end(.ended)
                break
            }
        }
        slot.close()
        worker.leaveAll()
        scene.withLock { $0 = worker.scene }
        recorder?.finish()
    }

    private func handle(_ message: SourceMessage, _ worker: FrameWorker) {
        switch message {
        case .lost(let reason): worker.tell(.lost, reason: reason)
        case .back(let name, let width, let height): worker.tellBack(as: name, width: width, height: height)
        case .troubled(let reason):
            worker.tell(.troubled, reason: reason)
            notify(.troubled(reason: reason))
        case .recovered:
            worker.tell(.recovered, reason: "frames come as they should again")
            notify(.recovered)
        }
        scene.withLock { $0 = worker.scene }
    }
}
