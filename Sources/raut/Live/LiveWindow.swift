import Capture
import Pipeline

#if Window
import Overlay

/// The window of a live session.
struct LiveWindow {
    private let window: Window

    /// Opens it; nil where there is no display, which is said.
    init?(for source: any FrameSource, isMirrored: Bool) throws {
        do {
            window = try Window(
                title: "Raut: \(source.name)", pictureWidth: source.width, pictureHeight: source.height)
            window.isMirrored = isMirrored
        } catch WindowError.noDisplay(let reason) {
            CommandLineInterface.report(
                "no display (\(reason)): events follow as JSON lines; say --headless to mean it")
            return nil
        }
    }

    /// Shows the pipeline until its end, or until a person wants no more.
    func show(_ pipeline: Pipeline, sourceName: String) throws {
        try Viewer(window, pipeline, sourceName: sourceName).run()
    }
}
#else
/// In place of a window, in a build without one.
struct LiveWindow {
    /// Never opens.
    init?(for source: any FrameSource, isMirrored: Bool) throws {
        CommandLineInterface.report(
            "this raut was built without a window: events follow as JSON lines; say --headless to mean it")
        return nil
    }

    /// Never called.
    func show(_ pipeline: Pipeline, sourceName: String) throws {}
}
#endif
