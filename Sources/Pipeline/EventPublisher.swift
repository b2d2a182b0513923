import Events
import Faces
import System
import Tracking

/// Which lines readers get.
package enum EventDetail: String, CaseIterable, Sendable {
    /// One when a face appears, changes or leaves.
    case changes
    /// One for each frame.
    case frames
    /// One every so often, with what was seen since the last.
    case summary
}

/// Encodes events once and gives them to every sink.
///
/// Used by the worker, and by whoever ends it where the worker is too busy to say good-bye itself.
final class EventPublisher: Sendable {
    private let state: Guarded<State>

    /// - Parameters:
    ///   - summaryInterval: seconds from one summary to the next, where those are asked for.
    ///   - hello: the first line that the sinks have sent already, or nil where they have none.
    init(
        _ detail: EventDetail, summaryInterval: Double = 60, includesRaw: Bool, sinks: [any EventSink],
        hello: Event.Hello?
    ) {
        state = Guarded(
            State(
                detail: detail, sinks: sinks,
                changeSinks: sinks.filter { detail == .changes || $0.wantsChanges },
                askedSinks: sinks.filter { !$0.wantsChanges },
                encoder: EventEncoder(includesRaw: includesRaw),
                hello: hello, summary: detail == .summary ? SummaryClock(interval: summaryInterval) : nil))
    }

    /// Sends what a frame showed: what happened to faces where readers want changes, else the frame's own line.
    ///
    /// - Parameter latency: milliseconds from when the frame was taken to now.
    func publish(
        _ changes: [FaceChange], frame: Int, time: EventTime, latency: Double, tracker: borrowing FaceTracker
    ) {
        state.withLock { state in
            guard !state.isClosed else { return }
            state.last.number = frame
            state.last.time = time
            tracker.departures(into: &state.last.departures)
            state.publish(changes)
            guard state.detail != .changes, !state.askedSinks.isEmpty else { return }
            if state.detail == .frames {
                state.publish(
                    .frame(frame, latency: latency, faces: tracker.faces, time: time), to: state.askedSinks)
            }
            state.summary?.add(changes)
            if let due = state.summary?.add(tracker.faces, at: time.monotonic) {
                state.publish(.summary(due, time: time), to: state.askedSinks)
            }
        }
    }

    /// Sends that every face has left, with the number and the time of the last frame worked on.
    func leaveAll() {
        state.withLock { $0.letAllLeave() }
    }

    /// The same, for good: what the worker may still find is told to nobody.
    func close() {
        state.withLock { state in
            guard !state.isClosed else { return }
            state.letAllLeave()
            state.tellRest()
            state.isClosed = true
        }
    }

    /// Goes on where another one stops: the faces in view are those that it told of, and every sink gets the first line.
    func takeOver(from old: EventPublisher) {
        let interval = state.withLock { $0.summary?.interval }
        let old = old.state.withLock { old in
            // The summary that has begun is told now, unless it goes on here.
            if interval == nil { old.tellRest() }
            defer { old.letGo() }
            return old
        }
        state.withLock { state in
            state.inView = old.inView
            state.last = old.last
            if let interval, var running = old.summary {
                running.interval = interval
                state.summary = running
            }
            let known = state.greet()
            // Who was not there before has to hear of those in view.
            for sink in state.changeSinks where !known.isEmpty && !old.sinks.contains(where: { $0 === sink })
            {
                sink.send(known)
            }
        }
    }

    /// Sends that the source is another, or its frames have another size, where readers don't know it yet.
    func announce(source: String? = nil, width: Int, height: Int) {
        state.withLock { state in
            guard !state.isClosed, var new = state.hello else { return }
            new.source = source ?? new.source
            (new.width, new.height) = (width, height)
            guard new != state.hello else { return }
            state.hello = new
            state.greet()
        }
    }

    /// Sends what became of the source.
    func publish(_ sourceState: Event.SourceState, reason: String, time: EventTime) {
        state.withLock { state in
            guard !state.isClosed else { return }
            state.publish(.source(sourceState, reason: reason, time: time), to: state.sinks)
        }
    }
}

extension EventPublisher {
    /// What is behind the lock.
    private struct State {
        let detail: EventDetail
        private(set) var sinks: [any EventSink]
        /// Those who hear of each change, and those who get the lines that were asked for.
        private(set) var changeSinks: [any EventSink]
        private(set) var askedSinks: [any EventSink]
        var encoder: EventEncoder
        var inView: [(face: Int, line: [UInt8])] = []
        var hello: Event.Hello?
        var last = LastFrame()
        var summary: SummaryClock?
        var isClosed = false

        /// Gives the first line to everybody.
        ///
        /// - Returns: the lines of the faces in view, for those who hear of changes.
        @discardableResult
        mutating func greet() -> [UInt8] {
            let known = Array(inView.map(\.line).joined())
            guard let hello else { return known }
            let line = encoder.encode(.hello(hello))
            for sink in sinks {
                let hearsChanges = changeSinks.contains { $0 === sink }
                sink.greet(line, inView: hearsChanges ? known : [])
            }
            return known
        }

        /// Sends nothing from now on, and releases its sinks: one that nobody else holds ends with that.
        mutating func letGo() { (sinks, changeSinks, askedSinks) = ([], [], []) }

        mutating func tellRest() {
            if let rest = summary?.rest() { publish(.summary(rest, time: last.time), to: askedSinks) }
        }

        mutating func publish(_ changes: [FaceChange]) {
            for change in changes {
                switch change {
                case .appeared(let face):
                    let line = encoder.encode(.appeared(face, frame: last.number, time: last.time))
                    inView.append((face.number, line))
                    send(line)
                case .changed(let face):
                    // Who comes now hears of it as of a face that appears, like any reader that did not know it.
                    let news = encoder.encode(.appeared(face, frame: last.number, time: last.time))
                    inView.removeAll { $0.face == face.number }
                    inView.append((face.number, news))
                    send(encoder.encode(.changed(face, frame: last.number, time: last.time)))
                case .left(let departure):
                    inView.removeAll { $0.face == departure.number }
                    send(encoder.encode(.left(departure, frame: last.number, time: last.time)))
                }
            }
        }

        mutating func letAllLeave() {
            guard !isClosed else { return }
            for departure in last.departures { publish([.left(departure)]) }
            last.departures.removeAll(keepingCapacity: true)
        }

        mutating func publish(_ event: Event, to sinks: [any EventSink]) {
            guard !sinks.isEmpty else { return }
            let line = encoder.encode(event)
            for sink in sinks { sink.send(line) }
        }

        /// Sends an event and updates what a late reader is told.
        private func send(_ line: [UInt8]) {
            let known = Array(inView.map(\.line).joined())
            for sink in changeSinks { sink.send(line, inView: known) }
        }
    }

    /// The last frame worked on, and the `left` event of each face in it, were it the last frame.
    private struct LastFrame {
        var number = 0
        var time = EventTime(milliseconds: 0)
        var departures: [FaceDeparture] = []
    }
}
