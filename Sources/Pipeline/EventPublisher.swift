import Events
import Faces
import System
import Tracking

/// Which lines readers get.
public enum EventDetail: String, CaseIterable, Sendable {
    /// One when a face appears, changes or leaves.
    case changes
    /// One for each frame.
    case frames
}

/// Encodes events once and gives them to every sink.
///
/// Used by the worker, and by whoever ends it where the worker is too busy to say good-bye itself.
final class EventPublisher: Sendable {
    private let state: Guarded<State>

    /// - Parameter hello: the first line that the sinks have sent already, or nil where they have none.
    init(_ detail: EventDetail, includesRaw: Bool, sinks: [any EventSink], hello: Event.Hello?) {
        state = Guarded(
            State(detail: detail, sinks: sinks, encoder: EventEncoder(includesRaw: includesRaw), hello: hello)
        )
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
            guard state.detail == .frames, !state.sinks.isEmpty else { return }
            state.publish(.frame(frame, latency: latency, faces: tracker.faces, time: time))
        }
    }

    /// Sends that every face has left, with the number and the time of the last frame worked on.
    func leaveAll() {
        state.withLock { $0.letAllLeave() }
    }

    /// The same, for good: what the worker may still find is told to nobody.
    func close() {
        state.withLock { state in
            state.letAllLeave()
            state.isClosed = true
        }
    }

    /// Goes on where another one stops: the faces in view are those that it told of, and every sink gets the first line.
    func takeOver(from old: EventPublisher) {
        let old = old.state.withLock { $0 }
        state.withLock { state in
            state.inView = state.detail == .changes ? old.inView : []
            state.last = old.last
            guard let hello = state.hello else { return }
            let line = state.encoder.encode(.hello(hello))
            let known = Array(state.inView.map(\.line).joined())
            for sink in state.sinks {
                sink.greet(line, inView: known)
                // Who was not there before has to hear of those in view.
                if !old.sinks.contains(where: { $0 === sink }), !known.isEmpty { sink.send(known) }
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
            let line = state.encoder.encode(.hello(new))
            let known = Array(state.inView.map(\.line).joined())
            for sink in state.sinks { sink.greet(line, inView: known) }
        }
    }

    /// Sends what became of the source.
    func publish(_ sourceState: Event.SourceState, reason: String, time: EventTime) {
        state.withLock { state in
            guard !state.isClosed else { return }
            state.publish(.source(sourceState, reason: reason, time: time))
        }
    }
}

extension EventPublisher {
    /// What is behind the lock.
    private struct State {
        let detail: EventDetail
        let sinks: [any EventSink]
        var encoder: EventEncoder
        var inView: [(face: Int, line: [UInt8])] = []
        var hello: Event.Hello?
        var last = LastFrame()
        var isClosed = false

        mutating func publish(_ changes: [FaceChange]) {
            guard detail == .changes, !sinks.isEmpty else { return }
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

        mutating func publish(_ event: Event) {
            guard !sinks.isEmpty else { return }
            let line = encoder.encode(event)
            for sink in sinks { sink.send(line) }
        }

        /// Sends an event and updates what a late reader is told.
        private func send(_ line: [UInt8]) {
            let known = Array(inView.map(\.line).joined())
            for sink in sinks { sink.send(line, inView: known) }
        }
    }

    /// The last frame worked on, and what would be told of each face in it if it were the last of all.
    private struct LastFrame {
        var number = 0
        var time = EventTime(milliseconds: 0)
        var departures: [FaceDeparture] = []
    }
}
