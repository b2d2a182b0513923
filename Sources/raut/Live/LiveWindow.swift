import Capture
import EmotionRecognition
import Foundation
import Pipeline
import System

#if Window
import Drawing
import Overlay
#endif

/// The window of a live session, on the program's first thread.
final class LiveWindow: Sendable {
    private let first: FirstThread
    private let report: @Sendable (String) -> Void
    #if Window
    private let opened = Guarded<Opened?>(nil)
    /// What options that were read anew say of the mirror, until the window has heard of it.
    private let mirror = Guarded<Bool?>(nil)
    /// What the window says of the model.
    private let model = Guarded("")

    /// A window, and how it shows what comes.
    private struct Opened: Sendable {
        /// Made and used by the first thread alone.
        let window: Confined<Window>
        let settings: ViewerSettings
    }
    #endif

    init(_ first: FirstThread, report: @escaping @Sendable (String) -> Void) {
        self.first = first
        self.report = report
    }

    /// The keys in the window, a line each; none in a build without one.
    static var keys: [String] {
        #if Window
        ["Keys in the window:"]
            + WindowAction.keys.map { key in
                "  " + key.name + String(repeating: " ", count: max(1, 7 - key.name.count))
                    + Language.english.line(key.phrase)
            }
        #else
        []
        #endif
    }

    /// To be called before the process has threads.
    static func prepareProcess() {
        #if Window
        Window.prepareProcess()
        #endif
    }

    #if Window
    /// Opens it; false where there is no display, which is said.
    ///
    /// - Throws: ``WindowError``, or ``Failure`` where the cancellation came first.
    func open(
        for source: any FrameSource, _ view: ViewSettings, _ cancellation: Cancellation
    ) throws -> Bool {
        // A source that is waited for has no size yet.
        let size = source.width > 0 ? (source.width, source.height) : (640, 480)
        let title = "Raut: \(source.name)"
        let isMirrored = view.isMirrored ?? Self.isCamera(source)
        var settings = Self.settings(view)
        settings.takeMirror = { [mirror] in
            mirror.withLock { wish in
                defer { wish = nil }
                return wish
            }
        }
        settings.model = { [model] in model.withLock { $0 } }
        let outcome = Guarded<Result<Confined<Window>, WindowError>?>(nil)
        first.perform {
            let result = Result { () throws(WindowError) in
                let window = try Window(
                    title: title, pictureWidth: size.0, pictureHeight: size.1, isKiosk: view.isKiosk)
                window.isMirrored = isMirrored
                return Confined(window)
            }
            outcome.change { $0 = result }
        }
        // A display that does not answer can't be cancelled: it is left waiting.
        while true {
            if let result = outcome.wait(until: .after(0.05), for: { $0 }) {
                switch result {
                case .success(let window):
                    opened.withLock { [settings] in $0 = Opened(window: window, settings: settings) }
                    return true
                case .failure(.noDisplay(let reason)) where !view.isKiosk:
                    report("no display (\(reason)): events follow as JSON lines; say --headless to mean it")
                    return false
                case .failure(let error): throw error
                }
            }
            if cancellation.isRaised { throw Failure(description: "the display does not answer") }
        }
    }

    /// Shows the pipeline until its end, or until a person wants no more.
    func show(_ pipeline: Pipeline, onEnd: @escaping @Sendable (Result<Void, any Error>) -> Void) {
        first.perform { [opened] in
            guard let opened = opened.withLock({ $0 }) else { return }
            onEnd(Result { try Viewer(opened.window.value, pipeline, settings: opened.settings).run() })
        }
    }

    /// Says from now on that this one names the emotions.
    func watch(_ recognizer: EmotionRecognizer) {
        model.withLock { $0 = "\(recognizer.modelName) · \(recognizer.precision)" }
    }

    /// Shows the picture as options say that were read anew, as far as an open window can, and says what it can't.
    func change(from old: ViewSettings, to new: ViewSettings, for source: any FrameSource) {
        if new.isMirrored != old.isMirrored {
            mirror.withLock { $0 = new.isMirrored ?? Self.isCamera(source) }
        }
        var rest = new
        rest.isMirrored = old.isMirrored
        if rest != old { report("of what the window shows, only the mirror changes before the next start") }
    }

    /// People in front of a camera look into it as into a mirror.
    private static func isCamera(_ source: any FrameSource) -> Bool {
        ["/dev/video", "/dev/v4l/"].contains { source.name.hasPrefix($0) }
            || source is AwaitedSource && NetworkAddress(source.name) == nil
    }

    private static func settings(_ view: ViewSettings) -> ViewerSettings {
        let environment = ProcessInfo.processInfo.environment
        var settings = ViewerSettings(snapshots: SnapshotFolder(view.snapshots, environment: environment))
        settings.isBooth = view.isKiosk
        settings.plays = view.plays
        settings.keepsPhotographs = view.plays && view.snapshots != nil
        settings.language = view.language ?? Language(environment: environment)
        return settings
    }
    #else
    /// Never opens, which is said.
    func open(
        for source: any FrameSource, _ view: ViewSettings, _ cancellation: Cancellation
    ) throws -> Bool {
        report(
            "this raut was built without a window: events follow as JSON lines; say --headless to mean it")
        return false
    }

    /// Has no window to say it in.
    func watch(_ recognizer: EmotionRecognizer) {}

    /// Never called.
    func change(from old: ViewSettings, to new: ViewSettings, for source: any FrameSource) {}

    /// Never called.
    func show(_ pipeline: Pipeline, onEnd: @escaping @Sendable (Result<Void, any Error>) -> Void) {}
    #endif
}
