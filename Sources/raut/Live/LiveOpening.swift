import Analysis
import Capture
import EmotionRecognition
import Events
import FaceDetection
import FaceVerification
import Pipeline
import Recording
import System

/// What a set of options takes is opened beside what is in use, which stays as it is where that fails.
extension LiveParts {
    func open(
        _ settings: LiveSettings, beside current: Opened?, _ cancellation: Cancellation
    ) throws -> Opened {
        if current != nil { ServiceNotifier.reloading() }
        // Each takes about as long as the other.
        let (recognizer, detector) = try SideBySide.run("raut-cascades") {
            try EmotionRecognizer(modelAt: Locations.model(settings.model), precision: settings.precision)
        } beside: {
            try VerifyingDetector.standard(cascadeAt: Locations.cascade(settings.cascade))
        }
        // Files that were read leave ten megabytes behind, more than live work needs.
        LargeMemory.giveBack()
        Log.debug("session", "model \(recognizer.modelName) (\(recognizer.precision)) and cascade are loaded")
        let outlets = try LiveOutlets(settings, beside: current?.outlets, surroundings, cancellation) {
            [weak self] result in
            self?.session?.end(result)
        }
        state.withLock { $0.opening = outlets }
        defer { state.withLock { $0.opening = nil } }
        do {
            let recording = try openRecording(settings, beside: current)
            let trace = try openTrace(settings, beside: current)
            // Last, for a camera with other settings must be closed before it is opened.
            let source = try openSource(settings, beside: current, cancellation)
            do {
                let frames = source.frames
                let hasWindow = try opensWindow(settings, beside: current, for: frames, cancellation)
                let hello = Event.Hello(
                    program: Program.nameAndVersion, model: recognizer.modelName,
                    source: frames.name, width: frames.width, height: frames.height)
                return Opened(
                    settings: settings, recognizer: recognizer, detector: detector, source: source,
                    hello: hello, outlets: outlets, recording: recording, trace: trace,
                    hasWindow: hasWindow)
            } catch {
                if case .new(let source) = source { source.cancel() }
                throw error
            }
        } catch {
            outlets.close(but: current?.outlets)
            throw error
        }
    }

    private func openSource(
        _ settings: LiveSettings, beside current: Opened?, _ cancellation: Cancellation
    ) throws -> Source {
        let running = state.withLock { $0.pipeline }
        guard let current, let running, !running.isOver else {
            return .new(try newSource(settings, mayWait: true, cancellation))
        }
        // Colours that were left out are asked for anew when somebody wants to see them.
        let lacksColors = settings.showsColors && running.source.leavesOutColors
        if current.settings.source == settings.source, !lacksColors { return .same(running.source) }
        do {
            // What runs goes on where the new one is not there; one that is lost has nothing to go on with.
            let mayWait = running.isSourceLost && current.settings.source.name == settings.source.name
            return .new(try newSource(settings, mayWait: mayWait, cancellation))
        } catch CaptureError.cannotOpen(let name, _) where name == running.source.name {
            // A camera gives one program one kind of frames: it takes other settings when it is closed.
            return .same(try reopen(settings, else: current.settings, in: running, cancellation))
        }
    }

    private func newSource(
        _ settings: LiveSettings, mayWait: Bool, _ cancellation: Cancellation
    ) throws -> any FrameSource {
        let opened = try LiveSource.open(settings, mayWait: mayWait, surroundings, cancellation)
        for note in opened.notes { surroundings.report(note) }
        return opened.source
    }

    /// Opens a camera with other settings as soon as it is closed; where that fails, it goes on as before.
    private func reopen(
        _ settings: LiveSettings, else old: LiveSettings, in pipeline: Pipeline, _ cancellation: Cancellation
    ) throws -> any FrameSource {
        let outcome = Guarded<Result<any FrameSource, any Error>?>(nil)
        pipeline.exchangeSource { [self] in
            let result = Result { try newSource(settings, mayWait: false, cancellation) }
            outcome.change { $0 = result }
            switch result {
            case .success(let source): return source
            case .failure: return AwaitedSource(old.source, open: surroundings.openSource)
            }
        }
        while !cancellation.isRaised {
            if let result = outcome.wait(until: .after(0.05), for: { $0 }) { return try result.get() }
        }
        throw CaptureError.cannotOpen(source: pipeline.source.name, reason: "somebody asked for the end")
    }

    private func opensWindow(
        _ settings: LiveSettings, beside current: Opened?, for source: any FrameSource,
        _ cancellation: Cancellation
    ) throws -> Bool {
        if let current { return current.hasWindow }
        guard !settings.isHeadless else { return false }
        return try window.open(for: source, settings.view, cancellation)
    }

    private func openTrace(_ settings: LiveSettings, beside current: Opened?) throws -> StageTrace? {
        guard let path = settings.tracePath else { return nil }
        if let current, current.settings.tracePath == path { return current.trace }
        return try StageTrace(path: path, say: surroundings.report)
    }

    private func openRecording(_ settings: LiveSettings, beside current: Opened?) throws -> Recording? {
        guard let path = settings.recordPath else { return nil }
        if let current, current.settings.recordPath == path, let old = current.recording, !old.isOver {
            return old
        }
        return try Recording(
            path: path, frameRate: settings.source.frameRate ?? 30, encoder: surroundings.encoder,
            pauses: settings.pipeline.isPlayback ? nil : Self.recordingPauses, say: surroundings.report
        ) { [weak self] error in
            self?.surroundings.report("\(error)")
            // One that is cut short by the end is kept, and no failure.
            self?.state.withLock { if !$0.isStopping { $0.isRecordingBroken = true } }
        }
    }

    /// Before a recording that broke off is begun anew, in seconds.
    private static let recordingPauses = Backoff(first: 5, longest: 60, factor: 2)
}
