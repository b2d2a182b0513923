import Synchronization
import System

/// What a session is made of: the program supplies the real thing, a test one that fails.
package protocol SessionParts: AnyObject, Sendable {
    /// What was asked for: the options, checked.
    associatedtype Plan: Sendable
    /// All that a plan takes, open.
    associatedtype Opened: Sendable

    /// Reads what is asked for now.
    func readPlan() throws -> Plan

    /// Opens all that a plan takes, beside what is in use; nothing in use is touched. Called on a thread of its own.
    ///
    /// - Parameter cancellation: ends every wait in it.
    func open(_ plan: Plan, beside current: Opened?, _ cancellation: Cancellation) throws -> Opened

    /// Lets go of what was opened and is not wanted any more.
    func discard(_ opened: Opened)

    /// Begins to work with what was opened.
    func begin(_ opened: Opened) throws

    /// Goes on with `new` instead of `old`, which is let go of.
    func exchange(_ old: Opened, for new: Opened)

    /// Ends what has begun: what is being written is finished or kept, and readers are told.
    func takeDown(_ current: Opened?, until deadline: Deadline)

    /// The exit status of a session to which nothing else happened.
    var status: Int32 { get }

    /// Says that the options can't be used, or what they ask for can't be opened, and everything stays as it was.
    func report(kept error: any Error)
}

/// One run of the program, from opening to the end: ``SessionMachine`` with threads and deadlines.
///
/// It waits for one thing at a time, its inbox, and nothing that takes time happens on its thread but what has a
/// deadline: so it hears at once of a request to end, whatever it is doing.
package final class Session<Parts: SessionParts>: Sendable {
    private enum Message: Sendable {
        case opened(attempt: Int, Result<Parts.Opened, any Error>)
        case over(Result<Int32, any Error>)
        case reload
        /// The end is asked for, with this exit status or this reason.
        case end(Result<Int32, any Error>)
    }

    private let parts: Parts
    private let inbox = Guarded<[Message]>([])
    private let currentState = Guarded(SessionMachine.State.starting)
    private let limit: Double

    /// What is used by the session's thread alone.
    private struct Course {
        var machine = SessionMachine()
        var current: Parts.Opened?
        var attempt = 0
        var cancellation = Cancellation()
        var openers: [JoinableThread] = []
        var result: Result<Int32, any Error> = .success(0)
    }

    /// A session that has not begun.
    ///
    /// - Parameter limit: seconds from a request to end to the end.
    package init(_ parts: Parts, limit: Double = 0.15) {
        self.parts = parts
        self.limit = limit
    }

    // MARK: - Requests, from any thread

    /// Asks for the end.
    package func stop() { end(.success(0)) }

    /// Asks for the end, with an exit status or a reason.
    package func end(_ result: Result<Int32, any Error>) { inbox.change { $0.append(.end(result)) } }

    /// Asks for the options to be read again.
    package func reload() { inbox.change { $0.append(.reload) } }

    /// Says that there will be no more frames, and what the program's exit status is.
    package func frames(areOver result: Result<Int32, any Error>) {
        inbox.change { $0.append(.over(result)) }
    }

    /// What it does now.
    package var state: SessionMachine.State { currentState.withLock { $0 } }

    // MARK: - The session's thread

    /// Runs from the beginning to the end.
    ///
    /// - Returns: the exit status.
    /// - Throws: why it could not begin, or why it had to end.
    package func run(_ plan: Parts.Plan) throws -> Int32 {
        var course = Course()
        open(plan, &course)
        while course.machine.state != .ended {
            currentState.change { $0 = course.machine.state }
            Log.debug("session", "\(course.machine.state)")
            handle(inbox.wait(until: .never) { $0.isEmpty ? nil : $0.removeFirst() }, &course)
        }
        currentState.change { $0 = .ended }
        let status = try course.result.get()
        return status == 0 ? parts.status : status
    }

    /// Waits until it is in a state, for tests.
    package func wait(for state: SessionMachine.State, until deadline: Deadline) -> Bool {
        currentState.wait(until: deadline) { $0 == state ? true : nil } ?? false
    }

    private func handle(_ message: Message?, _ course: inout Course) {
        switch message {
        case .opened(let attempt, let result):
            // What was opened for options that are older than the newest is not wanted any more.
            guard attempt == course.attempt else {
                if case .success(let opened) = result { parts.discard(opened) }
                return
            }
            take(result, &course)
        case .over(let result):
            course.result = result
            perform(course.machine.take(.over), &course)
        case .reload: reload(&course)
        case .end(let result):
            course.result = result
            perform(course.machine.take(.stop), &course)
        case nil: break
        }
    }

    private func take(_ result: Result<Parts.Opened, any Error>, _ course: inout Course) {
        // What is open now ends by its own means: it may hold on to the cancellation that it was opened with.
        course.cancellation = Cancellation()
        switch result {
        case .failure(let error):
            switch course.machine.take(.refused) {
            case .end: course.result = .failure(error)
            case .keep: parts.report(kept: error)
            case let action: perform(action, &course)
            }
        case .success(let opened):
            switch course.machine.take(.opened) {
            case .begin:
                let old = course.current
                course.current = opened
                do {
                    try parts.begin(opened)
                    if let old { parts.discard(old) }
                } catch {
                    course.result = .failure(error)
                    perform(course.machine.take(.stop), &course)
                }
            case .exchange:
                if let old = course.current { parts.exchange(old, for: opened) }
                course.current = opened
            case .nothing, .open, .keep, .takeDown, .end: parts.discard(opened)
            }
        }
    }

    private func reload(_ course: inout Course) {
        // A session that is ending reads nothing any more.
        guard [.starting, .running, .reloading].contains(course.machine.state) else { return }
        do {
            let plan = try parts.readPlan()
            if course.machine.take(.reload) == .open { open(plan, &course) }
        } catch {
            parts.report(kept: error)
        }
    }

    /// Opens what a plan takes on a thread of its own; what was being opened before is given up.
    private func open(_ plan: Parts.Plan, _ course: inout Course) {
        course.cancellation.raise()
        course.cancellation = Cancellation()
        course.attempt += 1
        let (attempt, current, cancellation) = (course.attempt, course.current, course.cancellation)
        do throws(Errno) {
            let opener = try JoinableThread(name: "raut-open") { [self] in
                let result = Result { try parts.open(plan, beside: current, cancellation) }
                inbox.change { $0.append(.opened(attempt: attempt, result)) }
            }
            course.openers.removeAll(where: \.isOver)
            course.openers.append(opener)
        } catch {
            take(.failure(PipelineError.noThread(reason: error.description)), &course)
        }
    }

    private func perform(_ action: SessionMachine.Action, _ course: inout Course) {
        guard action == .takeDown else { return }
        currentState.change { $0 = .stopping }
        let deadline = Deadline.after(limit)
        course.cancellation.raise()
        course.attempt += 1
        parts.takeDown(course.current, until: deadline)
        // What is still being opened was told to give up; one that can't is left behind.
        for opener in course.openers { opener.join(until: deadline) }
        for case .opened(_, .success(let opened)) in inbox.change({ inbox in
            defer { inbox = [] }
            return inbox
        }) {
            parts.discard(opened)
        }
        _ = course.machine.take(.down)
    }
}
