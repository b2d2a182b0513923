import Capture
import Glibc
import Pipeline
import System

/// Opens what `--source` asks for, or what is there where it asks for nothing.
enum LiveSource {
    /// - Parameter mayWait: true where what may come later is waited for: nothing else runs that could go on.
    /// - Throws: ``CaptureError`` where it can't be opened and is not waited for.
    static func open(
        _ settings: LiveSettings, mayWait: Bool, _ surroundings: LiveSurroundings,
        _ cancellation: Cancellation
    ) throws(CaptureError) -> OpenedSource {
        var request = settings.source
        // For a person who wants to see something; what a machine is told must be seen by a camera.
        request.mayBeDemo =
            request.name == nil && !settings.isHeadless
            && (settings.mayShowDemo || surroundings.isAtTerminal)
        request.waitsForCamera = mayWait && settings.isHeadless
        request.isGray = !settings.showsColors
        do throws(CaptureError) {
            return try surroundings.openSource(request, cancellation)
        } catch {
            guard mayWait, isAwaited(request, settings), !cancellation.isRaised else { throw error }
            let what = request.shownName.map { "\($0): \(error.reason)" } ?? error.reason
            return OpenedSource(
                source: AwaitedSource(request, reason: error.reason, open: surroundings.openSource),
                notes: ["\(what): waiting for it"])
        }
    }

    /// True for what may come later: a camera where none is named, and for a program that is left alone a network
    /// stream.
    private static func isAwaited(_ request: SourceRequest, _ settings: LiveSettings) -> Bool {
        guard let name = request.name else { return true }
        guard settings.isHeadless else { return false }
        return name.contains("://") && !request.asFastAsPossible
    }
}
