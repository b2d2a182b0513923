import Capture
import EmotionRecognition
import Events
import FaceDetection
import Foundation
import Overlay
import Pipeline

/// One run of `raut run`: opens what was asked for, joins it, and takes it down again in order.
struct LiveSession {
    private let settings: LiveSettings

    /// How long standard output may take to write what waits when the program ends, in seconds.
    private static let lastWords = 0.1

    init(_ settings: LiveSettings) {
        self.settings = settings
    }

    /// Runs until the source ends, enough frames were worked on, or somebody asks for the end.
    func run() throws -> Int32 {
        let stop = try StopRequest(onSignals: [SIGINT, SIGTERM, SIGHUP])
        let recognizer = try EmotionRecognizer(modelAt: Locations.model(settings.model))
        let detector = VerifyingDetector(
            try FaceDetector(cascadeAt: Locations.cascade(settings.cascade)),
            verifier: try FaceVerifier(modelAt: Locations.model(Locations.verifier)))
        let opened = try SourceOpener.open(settings.source)
        for note in opened.notes { CommandLineInterface.report(note) }
        let source = opened.source

        let window = try openWindow(for: source)
        let hello = HelloLine(model: recognizer.modelName)
        let server = try openSocket(hello: hello.encoded(for: source))
        defer { server?.stop() }
        let output = openOutput(isHeadless: window == nil, isAlone: server == nil, stop)
        output?.send(hello.encoded(for: source))

        let isRecordingBroken = DispatchSemaphore(value: 0)
        let recording = try settings.recordPath.map { path in
            try Recording(path: path, frameRate: source.frameRate ?? 30) { error in
                CommandLineInterface.report("\(error)")
                isRecordingBroken.signal()
            }
        }
        let pipeline = Pipeline(
            source: source, finder: detector, recognizer: recognizer,
            configuration: configuration(for: source),
            sinks: [output as (any EventSink)?, server].compactMap { $0 }, isViewed: window != nil,
            recorder: recording
        ) { notice in
            Self.report(notice, source)
            if case .back = notice { server?.setHello(hello.encoded(for: source)) }
        }
        stop.whenRequested { pipeline.stop() }
        let reporter = LiveReporter(pipeline, interval: settings.statisticsInterval)
        if let window {
            defer { pipeline.stop() }
            try Viewer(window, pipeline, sourceName: source.name).run()
        }
        let outcome = pipeline.wait()
        reporter.stop()
        output?.finish(within: Self.lastWords)
        if case .failed(let error) = outcome { throw error }
        return isRecordingBroken.wait(timeout: .now()) == .success ? 1 : 0
    }

    /// The window, or nil where none is wanted or there is no display.
    private func openWindow(for source: any FrameSource) throws -> Window? {
        guard !settings.isHeadless else { return nil }
        do {
            let window = try Window(
                title: "Raut: \(source.name)", pictureWidth: source.width, pictureHeight: source.height)
            window.isMirrored = settings.isMirrored
            return window
        } catch WindowError.noDisplay(let reason) {
            CommandLineInterface.report(
                "no display (\(reason)): events follow as JSON lines; say --headless to mean it")
            return nil
        }
    }

    private func configuration(for source: any FrameSource) -> Pipeline.Configuration {
        var configuration = settings.pipeline
        if let rate = source.frameRate, rate < 5 {
            // Pictures shown one after another: a second look at a face may never come.
            configuration.tracking.confirmations = 1
        }
        return configuration
    }

    private func openSocket(hello: [UInt8]) throws -> EventServer? {
        if let path = settings.socketPath {
            return try EventServer(path: path, access: settings.socketAccess, hello: hello)
        }
        guard let inherited = ServiceNotifier.inheritedSocket else { return nil }
        return try EventServer(listening: inherited, hello: hello)
    }

    /// - Parameter isAlone: true where nobody else gets events: a reader that goes away then ends the program.
    private func openOutput(isHeadless: Bool, isAlone: Bool, _ stop: StopRequest) -> StandardOutputSink? {
        guard !settings.isQuiet, isHeadless || settings.printsEvents else { return nil }
        let isEnd = isAlone && isHeadless && settings.recordPath == nil
        return StandardOutputSink(isLossless: settings.pipeline.isPlayback) {
            if isEnd { stop.request() }
        }
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

/// The first line that readers get, for a source as it is now.
private struct HelloLine: Sendable {
    let model: String

    func encoded(for source: any FrameSource) -> [UInt8] {
        var encoder = EventEncoder()
        return encoder.encode(
            .hello(
                Event.Hello(
                    program: "raut \(CommandLineInterface.version)", model: model, source: source.name,
                    width: source.width, height: source.height)))
    }
}
