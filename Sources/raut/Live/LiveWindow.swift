import Capture
import Pipeline

#if Window
import Drawing
import Foundation
import Overlay

/// The window of a live session.
struct LiveWindow {
    private let window: Window
    private let settings: ViewerSettings

    /// Opens it; nil where there is no display, which is said.
    init?(for source: any FrameSource, _ view: ViewSettings) throws {
        let environment = ProcessInfo.processInfo.environment
        var settings = ViewerSettings(
            sourceName: source.name, snapshots: SnapshotFolder(view.snapshots, environment: environment))
        settings.isDemo = source.name == "demo"
        settings.isBooth = view.isKiosk
        settings.plays = view.plays
        settings.keepsPhotographs = view.plays && view.snapshots != nil
        settings.language = view.language ?? Language(environment: environment)
        self.settings = settings
        do {
            window = try Window(
                title: "Raut: \(source.name)", pictureWidth: source.width, pictureHeight: source.height,
                isKiosk: view.isKiosk)
            window.isMirrored = view.isMirrored ?? (source is Camera || source.name.hasPrefix("/dev/video"))
        } catch WindowError.noDisplay(let reason) where !view.isKiosk {
            CommandLineInterface.report(
                "no display (\(reason)): events follow as JSON lines; say --headless to mean it")
            return nil
        }
    }

    /// Shows the pipeline until its end, or until a person wants no more.
    func show(_ pipeline: Pipeline) throws {
        try Viewer(window, pipeline, settings: settings).run()
    }
}
#else
/// In place of a window, in a build without one.
struct LiveWindow {
    /// Never opens.
    init?(for source: any FrameSource, _ view: ViewSettings) throws {
        CommandLineInterface.report(
            "this raut was built without a window: events follow as JSON lines; say --headless to mean it")
        return nil
    }

    /// Never called.
    func show(_ pipeline: Pipeline) throws {}
}
#endif
