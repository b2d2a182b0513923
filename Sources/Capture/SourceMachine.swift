import System

/// The life of a source, written down once: what it is in the middle of, and where each thing that happens leads.
///
/// It does not wait, read or open: the capture loop does, and asks it what to do next.
/// `docs/states-of-sources.md` has the table, which a test prints.
package struct SourceMachine: Equatable, Sendable {
    /// What is done now.
    package enum State: String, CaseIterable, Sendable {
        /// Its first frame is waited for.
        case opening
        /// It gives frames.
        case running
        /// It has gone: a pause before the next try.
        case lost
        /// It is opened again.
        case reopening
        /// It is open again; its first frame since is waited for.
        case returning
        /// Another source takes its place: it is closed, the other one is opened.
        case changing
        /// Its frames are over, as a file's are at its end.
        case ended
        /// It can't be used any more.
        case failed
        /// Somebody asked for the end.
        case stopped

        /// True where no frame comes any more.
        package var isOver: Bool { self == .ended || self == .failed || self == .stopped }
    }

    /// What happens.
    package enum Event: Equatable, Sendable {
        /// A frame has come, from the source that has this name and size now.
        case frame(name: String, size: FrameSize)
        /// There are no more frames.
        case end
        /// No frame comes, or it can't be opened, and whether another try may help.
        case fault(CaptureError, canComeBack: Bool)
        /// The pause before the next try is over.
        case pauseOver
        /// It is open.
        case opened
        /// Another source is to take its place.
        case exchange
        /// Somebody asks for the end.
        case stop
    }

    /// What is to be done about it.
    package enum Action: Equatable, Sendable {
        case nothing
        /// Those who follow the source are told.
        case tell(SourceChange)
        /// All ends: the source has failed for good.
        case end(CaptureError)
    }

    /// What is done now.
    package private(set) var state = State.opening
    /// True from when it was said to be lost until it is said to be back.
    package private(set) var isLost = false
    /// The reason that was said last, so that none is said twice.
    private var said: String?
    private var pauses = Self.pauses
    private var mayTryAtOnce = false

    private static let pauses = Backoff(first: 0.1, longest: 2, factor: 1.6)

    /// A source that has given no frame yet.
    package init() {}

    /// The pause before the next try, in seconds: none for the first, then longer each time.
    package mutating func nextPause() -> Double {
        defer { mayTryAtOnce = false }
        return mayTryAtOnce ? 0 : pauses.next()
    }

    /// Goes where an event leads; one that can't happen in this state changes nothing.
    package mutating func take(_ event: Event) -> Action {
        guard !state.isOver else { return .nothing }
        switch (state, event) {
        case (_, .stop): state = .stopped
        case (.changing, .opened):
            state = isLost ? .returning : .opening
            pauses.reset()
        case (.changing, _): break
        case (_, .exchange): state = .changing
        case (.opening, .frame(let name, let size)), (.running, .frame(let name, let size)),
            (.returning, .frame(let name, let size)):
            state = .running
            guard isLost else { break }
            (isLost, said) = (false, nil)
            pauses.reset()
            return .tell(.back(name: name, size: size))
        case (.opening, .end), (.running, .end), (.returning, .end): state = .ended
        case (.lost, .pauseOver): state = .reopening
        // It is back when it gives a frame: one that opens and gives none is lost once, not again and again.
        case (.reopening, .opened): state = .returning
        case (.lost, _): break
        case (_, .fault(let error, let canComeBack)): return fail(error, canComeBack)
        default: break
        }
        return .nothing
    }

    private mutating func fail(_ error: CaptureError, _ canComeBack: Bool) -> Action {
        guard canComeBack else {
            state = .failed
            return .end(error)
        }
        let wasReopening = state == .reopening
        state = .lost
        guard isLost else {
            (isLost, said) = (true, error.reason)
            mayTryAtOnce = true
            return .tell(.lost(error))
        }
        // That it is not there is known; that it is there and taken by another program is news.
        guard wasReopening, case .cannotOpen(_, let reason) = error, reason != said else { return .nothing }
        said = reason
        return .tell(.waiting(error))
    }
}
