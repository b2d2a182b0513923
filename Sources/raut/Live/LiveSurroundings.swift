import Capture
import Foundation
import System

/// What a live session finds around it: the process's own, or what a test puts in its place.
package struct LiveSurroundings: Sendable {
    /// Opens a source.
    package var openSource: @Sendable (SourceRequest, Cancellation) throws(CaptureError) -> OpenedSource
    /// Where events are printed.
    package var output: Int32
    /// The program that makes videos; ffmpeg in PATH where nil.
    package var encoder: String?
    /// True where a person at a terminal started the program.
    package var isAtTerminal: Bool
    /// Says one line to a person.
    package var report: @Sendable (String) -> Void
    /// Ends the process at once; called where a thread that must not be waited for is stuck.
    package var exit: @Sendable (Int32) -> Void

    /// The process's own.
    package static let process = LiveSurroundings(
        openSource: { request, cancellation throws(CaptureError) in
            try SourceOpener.open(request, cancellation)
        },
        output: STDOUT_FILENO, encoder: nil,
        isAtTerminal: isatty(STDIN_FILENO) == 1 && isatty(STDERR_FILENO) == 1,
        report: { Program.report($0) }, exit: { _exit($0) })
}
