import Capture
import EmotionRecognition
import Events
import FaceDetection
import FaceVerification
import Foundation
import Pipeline
import Synchronization

/// One run of `raut run`: opens what was asked for, joins it, and takes it down again in order; and once more, as often
/// as its options change.
struct LiveSession {
    /// Reads the options, the first time and after each SIGHUP.
    private let readSettings: @Sendable () throws -> LiveSettings

    init(readSettings: @escaping @Sendable () throws -> LiveSettings) {
        self.readSettings = readSettings
    }

    /// Runs until the source ends, enough frames were worked on, or somebody asks for the end.
    func run() throws -> Int32 {
        var settings = try readSettings()
        let stop = try StopRequest(onSignals: [SIGINT, SIGTERM, SIGHUP])
        let reload = OptionsReload(readSettings)
        if settings.isReloadable { stop.whenReloadRequested { reload.perform() } }
        let outlets = LiveOutlets()
        defer {
            ServiceNotifier.stopping()
            outlets.close()
        }
        while true {
            let status = try run(settings, outlets, stop, reload)
            guard let next = reload.takeSettings(), !stop.isRequested else { return status }
            ServiceNotifier.reloading()
            settings = next
        }
    }

    /// Once, with these settings.
    private func run(
        _ settings: LiveSettings, _ outlets: LiveOutlets, _ stop: StopRequest, _ reload: OptionsReload
    ) throws -> Int32 {
        let recognizer = try EmotionRecognizer(modelAt: Locations.model(settings.model))
        let detector = VerifyingDetector(
            try FaceDetector(cascadeAt: Locations.cascade(settings.cascade)),
            verifier: try FaceVerifier(modelAt: Locations.model(Locations.verifier)))
        let opened = try Self.open(settings.source, patience: reload.isReloaded ? 3 : 0)
        for note in opened.notes { CommandLineInterface.report(note) }
        let source = opened.source

        let window =
            settings.isHeadless ? nil : try LiveWindow(for: source, settings.view)
        let hello = Event.Hello(
            program: "raut \(CommandLineInterface.version)", model: recognizer.modelName, source: source.name,
            width: source.width, height: source.height)
        var encoder = EventEncoder()
        try outlets.open(settings, isHeadless: window == nil, hello: encoder.encode(.hello(hello))) {
            stop.request()
        }
        let isRecordingBroken = DispatchSemaphore(value: 0)
        let recording = try settings.recordPath.map { path in
            try Recording(path: path, frameRate: source.frameRate ?? 30) { error in
                CommandLineInterface.report("\(error)")
                isRecordingBroken.signal()
            }
        }
        let pipeline = Pipeline(
            source: source, finder: detector, recognizer: recognizer,
            configuration: configuration(settings, for: source), sinks: outlets.sinks,
            hello: hello, isViewed: window != nil, recorder: recording
        ) { notice in Self.report(notice, source) }
        stop.whenRequested { pipeline.stop() }
        // Nobody holds the pipeline, and with it the camera, once it has ended: the next one opens it again.
        defer { stop.whenRequested {} }
        reload.begin(with: pipeline)
        let reporter = LiveReporter(pipeline, interval: settings.statisticsInterval)
        if let window {
            defer { pipeline.stop() }
            try window.show(pipeline)
        }
        let outcome = pipeline.wait()
        reporter.stop()
        if case .failed(let error) = outcome { throw error }
        return isRecordingBroken.wait(timeout: .now()) == .success ? 1 : 0
    }

    /// Opens the source; after a reload the one before may take a moment to be let go of.
    private static func open(_ request: SourceRequest, patience seconds: Double) throws -> OpenedSource {
        let end = Date(timeIntervalSinceNow: seconds)
        while true {
            do {
                return try SourceOpener.open(request)
            } catch {
                guard Date() < end else { throw error }
                usleep(100_000)
            }
        }
    }

    private func configuration(
        _ settings: LiveSettings, for source: any FrameSource
    ) -> Pipeline.Configuration {
        var configuration = settings.pipeline
        if source.givesStills || source.frameRate.map({ $0 < 5 }) ?? false {
            // Pictures shown one after another: a second look at a face may never come.
            configuration.tracking.confirmations = 1
        }
        return configuration
    }

    private static func report(_ notice: Pipeline.Notice, _ source: any FrameSource) {
        switch notice {
        case .lost(let error): CommandLineInterface.report("\(error); waiting for it to come back")
        case .waiting(let error): CommandLineInterface.report("\(error); waiting for it")
        case .back(let name): CommandLineInterface.report("\(name): back")
        case .troubled(let reason): CommandLineInterface.report("\(source.name): \(reason)")
        case .recovered: CommandLineInterface.report("\(source.name): frames come as they should again")
        }
    }
}

/// Options that are read again while a pipeline runs, which then ends for another.
private final class OptionsReload: Sendable {
    private struct State {
        var pipeline: Pipeline?
        var settings: LiveSettings?
        var isReloaded = false
    }

    private let state = Mutex(State())
    private let read: @Sendable () throws -> LiveSettings

    init(_ read: @escaping @Sendable () throws -> LiveSettings) { self.read = read }

    /// Reads them; what can't be used is said and changes nothing.
    func perform() {
        do {
            let settings = try read()
            let pipeline = state.withLock { state in
                state.settings = settings
                return state.pipeline
            }
            pipeline?.stop()
        } catch {
            CommandLineInterface.report("\(error): everything stays as it was")
        }
    }

    /// The pipeline that new options end.
    func begin(with pipeline: Pipeline) {
        let isOld = state.withLock { state in
            state.pipeline = pipeline
            return state.settings != nil
        }
        if isOld { pipeline.stop() }
    }

    /// True from the second pipeline on.
    var isReloaded: Bool { state.withLock { $0.isReloaded } }

    /// The new options, once.
    func takeSettings() -> LiveSettings? {
        state.withLock { state in
            defer { state = State(isReloaded: true) }
            return state.settings
        }
    }
}
