import Analysis
import Capture
import EmotionRecognition
import Events
import FaceDetection
import FaceVerification
import Foundation
import Pipeline
import Recording
import System

/// What a live session is made of: opens it, joins it, exchanges it for what new options ask for, and takes it down.
final class LiveParts: SessionParts {
    /// All that a set of options takes, open.
    struct Opened: Sendable {
        let settings: LiveSettings
        let recognizer: EmotionRecognizer
        let detector: VerifyingDetector
        let source: Source
        let hello: Event.Hello
        let outlets: LiveOutlets
        let recording: Recording?
        let trace: StageTrace?
        let hasWindow: Bool

        /// What the options ask of a pipeline, with the trace as one that watches its stages.
        var configuration: Pipeline.Configuration {
            var configuration = settings.pipeline
            if let trace {
                configuration.stageWatcher = { frame, taken, clock in trace.add(frame, taken: taken, clock) }
            }
            return configuration
        }
    }

    /// Where the frames of a set of options come from.
    enum Source: Sendable {
        /// Opened for it.
        case new(any FrameSource)
        /// As before, going on.
        case same(any FrameSource)

        /// The source.
        var frames: any FrameSource {
            switch self {
            case .new(let source), .same(let source): source
            }
        }
    }

    /// What its threads share.
    struct State: Sendable {
        var session: Session<LiveParts>?
        var pipeline: Pipeline?
        /// What the first pipeline begins with, of which it may tell before `pipeline` is set.
        var first: (any FrameSource)?
        /// The outlets and the recording in use, which what is discarded may share.
        var outlets: LiveOutlets?
        var recording: Recording?
        /// What is being opened, to be closed where the rest never opens.
        var opening: LiveOutlets?
        var reporter: LiveReporter?
        var isReloadable = false
        var isRecordingBroken = false
        var isStopping = false
    }

    /// What its threads share.
    let state = Guarded(State())
    let surroundings: LiveSurroundings
    private let first: FirstThread
    private let readSettings: @Sendable (Cancellation) throws -> LiveSettings
    /// Raised when the end is asked for.
    private let ending = Cancellation()
    let window: LiveWindow

    init(
        _ surroundings: LiveSurroundings, _ first: FirstThread,
        _ readSettings: @escaping @Sendable (Cancellation) throws -> LiveSettings
    ) {
        self.surroundings = surroundings
        self.first = first
        self.readSettings = readSettings
        window = LiveWindow(first, report: surroundings.report)
    }

    /// Names the session that hears of what happens here.
    func join(_ session: Session<LiveParts>) { state.withLock { $0.session = session } }

    /// True where the options stand in a file that can be read again.
    var isReloadable: Bool { state.withLock { $0.isReloadable } }

    /// True while the source is lost.
    var isSourceLost: Bool { state.withLock { $0.pipeline }?.isSourceLost ?? false }

    /// True while the recording, where there is one, has nothing left to write.
    var isRecordingIdle: Bool { state.withLock { $0.recording }?.isIdle ?? true }

    // MARK: - Opening

    func readPlan() throws -> LiveSettings {
        let settings = try readSettings(ending)
        state.withLock { $0.isReloadable = settings.isReloadable }
        if let level = settings.logLevel { Log.level = level }
        return settings
    }

    func discard(_ opened: Opened) {
        let (outlets, recording) = state.withLock { ($0.outlets, $0.recording) }
        if case .new(let source) = opened.source { source.cancel() }
        // What it shares with those in use is closed with them.
        opened.outlets.close(but: outlets)
        if opened.recording !== recording { opened.recording?.finish(within: 0) }
    }

    func report(kept error: any Error) {
        // Options whose reading was cut short by the end are no wrong ones.
        if isEndExpected { return }
        surroundings.report("\(error): everything stays as it was")
        tellReady()
    }

    // MARK: - Running

    func begin(_ opened: Opened) throws {
        let source = opened.source.frames
        let outlets = opened.outlets
        try outlets.begin(hello: opened.hello, isHeadless: !opened.hasWindow)
        state.withLock { $0.first = source }
        let pipeline = try Pipeline(
            source: source, finder: opened.detector, recognizer: opened.recognizer,
            configuration: opened.configuration, sinks: outlets.sinks,
            hello: opened.hello, isViewed: opened.hasWindow, recorder: opened.recording
        ) { [weak self] notice in self?.report(notice) }
        outlets.status?.watch(pipeline, opened.recognizer)
        window.watch(opened.recognizer)
        let reporter = try LiveReporter(
            pipeline, interval: opened.settings.statisticsInterval, report: surroundings.report)
        let old = state.withLock { state in
            defer {
                (state.pipeline, state.reporter, state.first) = (pipeline, reporter, nil)
                (state.outlets, state.recording) = (opened.outlets, opened.recording)
            }
            return state.reporter
        }
        old?.stop()
        do throws(Errno) {
            _ = try JoinableThread(name: "raut-end") { [weak self] in
                let outcome = pipeline.wait()
                self?.frames(of: pipeline, ended: outcome)
            }
        } catch {
            throw PipelineError.noThread(reason: error.description)
        }
        tellReady()
        if opened.hasWindow {
            window.show(pipeline) { [weak self] result in
                self?.session?.end(result.map { 0 })
            }
        }
    }

    var session: Session<LiveParts>? { state.withLock { $0.session } }

    private func frames(of pipeline: Pipeline, ended outcome: Pipeline.Outcome) {
        let (isCurrent, session) = state.withLock { ($0.pipeline === pipeline, $0.session) }
        guard isCurrent else { return }
        if outcome != .stopped { state.withLock { $0.outlets }?.drain() }
        switch outcome {
        case .failed(let error): session?.frames(areOver: .failure(error))
        case .ended, .stopped: session?.frames(areOver: .success(0))
        }
    }

    /// The end is asked for: what breaks off from now on does so because of it.
    func expectEnd() {
        state.withLock { $0.isStopping = true }
        ending.raise()
    }

    /// True once the end was asked for.
    var isEndExpected: Bool { ending.isRaised }

    /// 1 where a recording broke off.
    var status: Int32 { state.withLock { $0.isRecordingBroken } ? 1 : 0 }

    func exchange(_ old: Opened, for new: Opened) {
        guard let pipeline = state.withLock({ $0.pipeline }) else { return }
        let source = new.source.frames
        do {
            // The old broker's connection is closed before the new one says that it is there.
            old.outlets.close(but: new.outlets)
            try new.outlets.begin(hello: new.hello, isHeadless: !new.hasWindow)
        } catch {
            report(kept: error)
        }
        state.withLock { ($0.outlets, $0.recording) = (new.outlets, new.recording) }
        let replacement = pipeline.prepare(
            finder: new.detector, recognizer: new.recognizer,
            configuration: new.configuration.adapted(to: source), sinks: new.outlets.sinks,
            hello: new.hello, recorder: new.recording)
        switch new.source {
        case .same: pipeline.exchange(replacement)
        case .new(let source): pipeline.exchange(replacement, source: source)
        }
        if new.hasWindow { window.change(from: old.settings.view, to: new.settings.view, for: source) }
        if old.settings.isHeadless != new.settings.isHeadless {
            surroundings.report("--headless counts from the next start on: no window is opened or closed now")
        }
        if old.trace !== new.trace { old.trace?.finish() }
        new.outlets.status?.watch(pipeline, new.recognizer)
        window.watch(new.recognizer)
        let reporter = state.withLock { $0.reporter }
        reporter?.interval = new.settings.statisticsInterval
        tellReady()
    }

    // MARK: - The end

    func takeDown(_ current: Opened?, until deadline: Deadline) {
        ServiceNotifier.stopping()
        let (pipeline, reporter, opening) = state.withLock { state in
            state.isStopping = true
            return (state.pipeline, state.reporter, state.opening)
        }
        reporter?.stop()
        // It is finished while the worker ends.
        if pipeline?.isOver == false { current?.recording?.close() }
        // Most of the time is the recording's: then the readers' last lines are sent. A worker without one that does not
        // end at once is in the middle of something large, whose memory takes its time to be given back.
        let most = Deadline.after((current?.recording == nil ? 0.4 : 0.75) * deadline.seconds)
        pipeline?.stop(until: most)
        // A worker that waits for a reader of standard output is let go first.
        if pipeline?.wait(until: .after(0.15 * deadline.seconds)) == nil { current?.outlets.stopWaiting() }
        if let pipeline, pipeline.wait(until: most) == nil {
            pipeline.abandon()
            current?.recording?.finish(within: 0.5 * deadline.seconds)
        }
        current?.trace?.finish(until: deadline)
        current?.outlets.close(but: nil, until: deadline)
        // One that can't be opened is left behind; a socket's file is not.
        opening?.close(but: current?.outlets, until: deadline)
    }

    /// Ends the process with the first thread stuck in it.
    func leave(_ ending: Result<Int32, any Error>) {
        switch ending {
        case .success(let status): surroundings.exit(status)
        case .failure(let error):
            surroundings.report("\(error)")
            surroundings.exit(1)
        }
    }

    // MARK: - What is said

    private func tellReady() {
        if ServiceNotifier.isWatched { ServiceNotifier.ready(status: "waiting for the next frame") }
    }

    private func report(_ change: SourceChange) {
        let (pipeline, first) = state.withLock { ($0.pipeline, $0.first) }
        let source = pipeline?.source ?? first
        let name = source?.name ?? "the source"
        switch change {
        case .lost(let error):
            // Of a source that was not there yet, it is said already that it is waited for.
            if let awaited = source as? AwaitedSource, !awaited.wasOpen { return }
            surroundings.report("\(error); waiting for it to come back")
        case .waiting(let error): surroundings.report("\(error); waiting for it")
        case .back(let name, _): surroundings.report("\(name): back")
        case .troubled(let reason): surroundings.report("\(name): \(reason)")
        case .recovered: surroundings.report("\(name): frames come as they should again")
        }
    }
}
