import Capture
import Pipeline
import System

#if Window
import Overlay
#endif

/// The window of a live session, on the program's first thread.
final class LiveWindow: Sendable {
    private let first: FirstThread
    private let report: @Sendable (String) -> Void
    #if Window
    private let window = Guarded<FirstThreadOnly<Window>?>(nil)
    #endif

    init(_ first: FirstThread, report: @escaping @Sendable (String) -> Void) {
        self.first = first
        self.report = report
    }

    #if Window
    /// Opens it; false where there is no display, which is said.
    ///
    /// - Throws: ``WindowError``, or ``Failure`` where the cancellation came first.
    func open(
        for source: any FrameSource, isMirrored: Bool, _ cancellation: Cancellation
    ) throws -> Bool {
        // A source that is waited for has no size yet.
        let size = source.width > 0 ? (source.width, source.height) : (640, 480)
        let title = "Raut: \(source.name)"
        let outcome = Guarded<Result<FirstThreadOnly<Window>, WindowError>?>(nil)
        first.perform {
            let result = Result { () throws(WindowError) in
                let window = try Window(title: title, pictureWidth: size.0, pictureHeight: size.1)
                window.isMirrored = isMirrored
                return FirstThreadOnly(window)
            }
            outcome.change { $0 = result }
        }
        // A display that does not answer can't be cancelled: it is left waiting.
        while true {
            if let result = outcome.wait(until: .after(0.05), for: { $0 }) {
                switch result {
                case .success(let opened):
                    window.withLock { $0 = opened }
                    return true
                case .failure(.noDisplay(let reason)):
                    report("no display (\(reason)): events follow as JSON lines; say --headless to mean it")
                    return false
                case .failure(let error): throw error
                }
            }
            if cancellation.isRaised { throw Failure(description: "the display does not answer") }
        }
    }

    /// Shows the pipeline until its end, or until a person wants no more.
    func show(
        _ pipeline: Pipeline, sourceName: String,
        onEnd: @escaping @Sendable (Result<Void, any Error>) -> Void
    ) {
        first.perform { [window] in
            guard let window = window.withLock({ $0 })?.value else { return }
            onEnd(Result { try Viewer(window, pipeline, sourceName: sourceName).run() })
        }
    }
    #else
    /// Never opens, which is said.
    func open(
        for source: any FrameSource, isMirrored: Bool, _ cancellation: Cancellation
    ) throws -> Bool {
        report(
            "this raut was built without a window: events follow as JSON lines; say --headless to mean it")
        return false
    }

    /// Never called.
    func show(
        _ pipeline: Pipeline, sourceName: String,
        onEnd: @escaping @Sendable (Result<Void, any Error>) -> Void
    ) {}
    #endif
}

/// Holds what belongs to the first thread.
private final class FirstThreadOnly<Value>: @unchecked Sendable {
    // Sendable unchecked because the value is made and used by the first thread alone.
    let value: Value
    init(_ value: Value) { self.value = value }
}
