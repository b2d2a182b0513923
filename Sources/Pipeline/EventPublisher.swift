import Faces
import Events
import Foundation
import Tracking

/// Which lines readers get.
public enum EventDetail: String, CaseIterable, Sendable {
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
final class EventPublisher: @unchecked Sendable {
    // Sendable unchecked because `lock` guards every variable below it.
    private let lock = NSLock()
    private var encoder: EventEncoder
    private var inView: [(face: Int, line: [UInt8])] = []
    private var hello: Event.Hello?
    private var last = LastFrame()
    private var isClosed = false

    private let detail: EventDetail
    private let sinks: [any EventSink]
    /// Those who hear of changes, and those who get what was asked for.
    private let (changeSinks, askedSinks): ([any EventSink], [any EventSink])
    private var summary: SummaryClock?

    /// The last frame worked on, and what would be told of each face in it if it were the last of all.
    private struct LastFrame {
        var number = 0
        var time = EventTime(milliseconds: 0)
        var departures: [FaceDeparture] = []
    }

    /// - Parameters:
    ///   - summaryInterval: seconds from one summary to the next, where those are asked for.
    ///   - hello: the first line that the sinks have sent already, or nil where they have none.
    init(
        _ detail: EventDetail, summaryInterval: Double = 60, includesRaw: Bool, sinks: [any EventSink],
        hello: Event.Hello?
    ) {
        self.detail = detail
        self.sinks = sinks
        changeSinks = sinks.filter { detail == .changes || $0.wantsChanges }
        askedSinks = sinks.filter { !$0.wantsChanges }
        summary = detail == .summary ? SummaryClock(interval: summaryInterval) : nil
        self.hello = hello
        encoder = EventEncoder(includesRaw: includesRaw)
    }

    /// Sends what a frame showed: what happened to faces where readers want changes, else the frame's own line.
    ///
    /// - Parameter latency: milliseconds from when the frame was taken to now.
    func publish(
        _ changes: [FaceChange], frame: Int, time: EventTime, latency: Double, tracker: borrowing FaceTracker
    ) {
        lock.withLock {
            guard !isClosed else { return }
            last.number = frame
            last.time = time
            tracker.departures(into: &last.departures)
            publish(changes)
            guard detail != .changes, !askedSinks.isEmpty else { return }
            if detail == .frames {
                publish(.frame(frame, latency: latency, faces: tracker.faces, time: time), to: askedSinks)
            }
            summary?.add(changes)
            if let due = summary?.add(tracker.faces, at: time.monotonic) {
                publish(.summary(due, time: time), to: askedSinks)
            }
        }
    }

    /// Sends that every face has left, with the number and the time of the last frame worked on.
    func leaveAll() {
        lock.withLock { letAllLeave() }
    }

    /// The same, for good: what the worker may still find is told to nobody.
    func close() {
        lock.withLock {
            letAllLeave()
            if let rest = summary?.rest() { publish(.summary(rest, time: last.time), to: askedSinks) }
            isClosed = true
        }
    }

    /// Goes on where another one stops: the faces in view are those that it told of, and every sink gets the first line.
    func takeOver(from old: EventPublisher) {
        let (inView, last, sinks) = old.state
        lock.withLock {
            self.inView = changeSinks.isEmpty ? [] : inView
            self.last = last
            guard let hello else { return }
            let line = encoder.encode(.hello(hello))
            let known = Array(self.inView.map(\.line).joined())
            for sink in self.sinks {
                sink.greet(line, inView: known)
                // Who was not there before has to hear of those in view.
                if !sinks.contains(where: { $0 === sink }), !known.isEmpty { sink.send(known) }
            }
        }
    }

    private var state: (inView: [(face: Int, line: [UInt8])], last: LastFrame, sinks: [any EventSink]) {
        lock.withLock { (inView, last, sinks) }
    }

    /// Sends that the source is another, or its frames have another size, where readers don't know it yet.
    func announce(source: String? = nil, width: Int, height: Int) {
        lock.withLock {
            guard !isClosed, var new = hello else { return }
            new.source = source ?? new.source
            (new.width, new.height) = (width, height)
            guard new != hello else { return }
            hello = new
            let line = encoder.encode(.hello(new))
            let known = Array(inView.map(\.line).joined())
            for sink in sinks { sink.greet(line, inView: known) }
        }
    }

    /// Sends what became of the source.
    func publish(_ state: Event.SourceState, reason: String, time: EventTime) {
        lock.withLock {
            guard !isClosed else { return }
            publish(.source(state, reason: reason, time: time), to: sinks)
        }
    }

    // MARK: - Within the lock

    private func publish(_ changes: [FaceChange]) {
        guard !changeSinks.isEmpty else { return }
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

    private func letAllLeave() {
        guard !isClosed else { return }
        for departure in last.departures { publish([.left(departure)]) }
        last.departures.removeAll(keepingCapacity: true)
    }

    /// Sends an event and updates what a late reader is told.
    private func send(_ line: [UInt8]) {
        let known = Array(inView.map(\.line).joined())
        for sink in changeSinks { sink.send(line, inView: known) }
    }

    private func publish(_ event: Event, to sinks: [any EventSink]) {
        guard !sinks.isEmpty else { return }
        let line = encoder.encode(event)
        for sink in sinks { sink.send(line) }
    }
}
