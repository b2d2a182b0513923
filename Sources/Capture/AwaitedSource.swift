import System

/// A source that can't be opened yet and is waited for: a camera that is not plugged in, a stream whose server is down.
///
/// It begins as a source that is lost, and is opened by being reopened; from then on it is the source it stands for.
package final class AwaitedSource: RecoverableSource {
    /// Opens the source.
    package typealias Opener = @Sendable (SourceRequest, Cancellation) throws(CaptureError) -> OpenedSource

    private struct State: Sendable {
        var source: (any FrameSource)?
        /// Why it can't be opened, to be said once; nil to try at once.
        var reason: String?
        var wasOpen = false
    }

    private let request: SourceRequest
    private let open: Opener
    private let state: Guarded<State>
    private let cancellation = Cancellation()

    /// Waits for a source.
    ///
    /// - Parameters:
    ///   - request: what is asked for.
    ///   - reason: why it can't be opened now; nil to try at once.
    ///   - open: opens it.
    package init(_ request: SourceRequest, reason: String? = nil, open: @escaping Opener) {
        self.request = request
        self.open = open
        state = Guarded(State(reason: reason))
    }

    private var source: (any FrameSource)? { state.withLock { $0.source } }

    /// True once it has been open.
    package var wasOpen: Bool { state.withLock { $0.wasOpen } }

    package var name: String { source?.name ?? request.shownName ?? "camera" }
    /// Columns of a frame, 0 until it is open.
    package var width: Int { source?.width ?? 0 }
    /// Rows of a frame, 0 until it is open.
    package var height: Int { source?.height ?? 0 }
    package var frameRate: Double? { source?.frameRate }
    package var canComeBack: Bool { true }
    package var leavesOutColors: Bool { source?.leavesOutColors ?? request.isGray }

    package func next(into frame: inout Frame) throws(CaptureError) -> Bool {
        if cancellation.isRaised { return false }
        if let source { return try source.next(into: &frame) }
        let reason = state.withLock { state -> String? in
            defer { state.reason = nil }
            return state.reason
        }
        if let reason { throw .lost(source: name, reason: reason) }
        do throws(CaptureError) {
            try reopen()
        } catch {
            throw .lost(source: name, reason: error.reason)
        }
        guard let source else { return false }
        return try source.next(into: &frame)
    }

    package func reopen() throws(CaptureError) {
        if let source = source as? any RecoverableSource, source.canComeBack { return try source.reopen() }
        // What is left of it is closed first.
        state.withLock { $0.source = nil }
        let opened = try open(request, cancellation).source
        state.withLock { state in
            state.source = opened
            state.wasOpen = true
        }
        if cancellation.isRaised { opened.cancel() }
    }

    package func cancel() {
        cancellation.raise()
        source?.cancel()
    }

    package func takeChange() -> SourceChange? { source?.takeChange() }
}
