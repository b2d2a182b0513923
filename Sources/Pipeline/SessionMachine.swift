/// What a session does now, what may happen to it, and what it does then: written down once. `docs/states.md` shows
/// the table that tests drive.
package struct SessionMachine: Sendable {
    /// What a session does.
    package enum State: String, CaseIterable, Sendable {
        /// It opens what was asked for.
        case starting
        /// Frames are worked on, or a lost source is waited for.
        case running
        /// It opens what is asked for now, while what was asked for before goes on.
        case reloading
        /// It ends what it has begun.
        case stopping
        /// Nothing is left.
        case ended
    }

    /// What happens to it.
    package enum Event: String, CaseIterable, Sendable {
        /// What was asked for is open.
        case opened
        /// It can't be opened.
        case refused
        /// The frames have ended, or there will be no more.
        case over
        /// Somebody asks for the options to be read again, and they can be used.
        case reload
        /// Somebody asks for the end.
        case stop
        /// Everything has ended, or the time for that is over.
        case down
    }

    /// What it does about it.
    package enum Action: String, Sendable {
        case nothing
        /// Opens what is asked for, instead of what it was just opening.
        case open
        /// Begins to work with what is open.
        case begin
        /// Goes on with what is open now, and lets go of what was before.
        case exchange
        /// Goes on as before.
        case keep
        /// Ends what it has begun.
        case takeDown
        /// Says why, and ends.
        case end
    }

    /// What it does now.
    package private(set) var state = State.starting
    /// True where the frames ended while others were being opened.
    private var isOver = false

    package init() {}

    /// What to do about an event; goes on to the state after it.
    package mutating func take(_ event: Event) -> Action {
        let (action, next) = transition(event)
        if event == .over { isOver = true }
        if action == .begin { isOver = false }
        state = next
        return action
    }

    private func transition(_ event: Event) -> (Action, State) {
        switch (state, event) {
        case (.starting, .opened): (.begin, .running)
        case (.starting, .refused): (.end, .ended)
        case (.starting, .reload): (.open, .starting)
        case (.running, .reload): (.open, .reloading)
        case (.running, .over): (.takeDown, .stopping)
        case (.reloading, .opened): (isOver ? .begin : .exchange, .running)
        case (.reloading, .refused): isOver ? (.takeDown, .stopping) : (.keep, .running)
        case (.reloading, .reload): (.open, .reloading)
        case (.starting, .stop), (.running, .stop), (.reloading, .stop): (.takeDown, .stopping)
        case (.stopping, .down): (.end, .ended)
        default: (.nothing, state)
        }
    }
}
