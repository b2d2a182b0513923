import Capture
import Events
import Foundation
import Pipeline
import System

/// One run of `raut run`, from the options to the exit status.
///
/// The session has a thread of its own. The first thread is left to the window, which may hang in a display that does
/// not answer: then the program ends without it.
package struct LiveSession: Sendable {
    private let parts: LiveParts
    private let session: Session<LiveParts>
    private let first: FirstThread

    /// How long the first thread may take to come back from the window once everything else has ended, in seconds.
    private static let patience = 0.03

    /// - Parameters:
    ///   - surroundings: what the session finds around it; a test's own, or the process's.
    ///   - readSettings: reads the options, the first time and after each SIGHUP; its waits end with what it is given.
    package init(
        in surroundings: LiveSurroundings = .process,
        readSettings: @escaping @Sendable (Cancellation) throws -> LiveSettings
    ) {
        first = FirstThread()
        parts = LiveParts(surroundings, first, readSettings)
        session = Session(parts)
        parts.join(session)
    }

    /// Asks for the end; may be called from any thread, more than once.
    package func stop() {
        // At once: what the same keys or the same shutdown take from us from now on is no failure of ours.
        parts.expectEnd()
        session.stop()
    }

    /// Asks for the options to be read again, where there is a file of them; else for the end.
    ///
    /// - Returns: true where it asked for the end.
    @discardableResult
    package func hangUp() -> Bool {
        let isReloadable = parts.isReloadable
        if isReloadable { session.reload() } else { stop() }
        return !isReloadable
    }

    /// What it does now.
    package var state: SessionMachine.State { session.state }

    /// Waits until it is in a state; false where the deadline came first.
    package func wait(for state: SessionMachine.State, until deadline: Deadline) -> Bool {
        session.wait(for: state, until: deadline)
    }

    /// True while the source is lost and waited for.
    package var isSourceLost: Bool { parts.isSourceLost }

    /// True while the recording, where there is one, has nothing left to write.
    package var isRecordingIdle: Bool { parts.isRecordingIdle }

    /// Runs until the source ends, enough frames were worked on, or somebody asks for the end; called on the program's
    /// first thread.
    ///
    /// - Returns: the exit status.
    package func run() throws -> Int32 {
        let settings: LiveSettings
        do {
            settings = try parts.readPlan()
        } catch {
            if parts.isEndExpected { return 0 }
            throw error
        }
        let result = Guarded<Result<Int32, any Error>?>(nil)
        do throws(Errno) {
            _ = try JoinableThread(name: "raut-session") { [self] in
                let ending = Result { try session.run(settings) }
                result.change { $0 = ending }
                first.finish()
                if !first.isFree(within: Self.patience) { parts.leave(ending) }
            }
        } catch {
            throw PipelineError.noThread(reason: error.description)
        }
        first.work()
        return try (result.wait(until: .never) { $0 } ?? .success(0)).get()
    }
}
