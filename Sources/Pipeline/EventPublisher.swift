import Events
import Faces
import Tracking

/// Which lines readers get.
public enum EventDetail: String, CaseIterable, Sendable {
    /// One when a face appears, changes or leaves.
    case changes
    /// One for each frame.
    case frames
}

/// Encodes events once and gives them to every sink.
struct EventPublisher {
    let detail: EventDetail
    private let sinks: [any EventSink]
    private var encoder: EventEncoder
    private var inView: [(face: Int, line: [UInt8])] = []

    init(_ detail: EventDetail, includesRaw: Bool, sinks: [any EventSink]) {
        self.detail = detail
        self.sinks = sinks
        encoder = EventEncoder(includesRaw: includesRaw)
    }

    /// Sends what happened to faces, where readers want changes.
    mutating func publish(_ changes: [FaceChange], frame: Int, time: EventTime) {
        guard detail == .changes, !sinks.isEmpty else { return }
        for change in changes {
            switch change {
            case .appeared(let face):
                let line = encoder.encode(.appeared(face, frame: frame, time: time))
                inView.append((face.number, line))
                send(line)
            case .changed(let face):
                // Who comes now hears of it as of a face that appears, like any reader that did not know it.
                let news = encoder.encode(.appeared(face, frame: frame, time: time))
                inView.removeAll { $0.face == face.number }
                inView.append((face.number, news))
                send(encoder.encode(.changed(face, frame: frame, time: time)))
            case .left(let number, let seconds):
                inView.removeAll { $0.face == number }
                send(encoder.encode(.left(face: number, seconds: seconds, frame: frame, time: time)))
            }
        }
    }

    /// Sends a line after which other faces are in view, or as other emotions.
    private func send(_ line: [UInt8]) {
        let known = Array(inView.map(\.line).joined())
        for sink in sinks { sink.send(line, inView: known) }
    }

    /// Sends the line of a frame, where readers want frames.
    mutating func publish(frame: Int, latency: Double, faces: [TrackedFace], time: EventTime) {
        guard detail == .frames else { return }
        publish(.frame(frame, latency: latency, faces: faces, time: time))
    }

    mutating func publish(_ event: Event) {
        guard !sinks.isEmpty else { return }
        let line = encoder.encode(event)
        for sink in sinks { sink.send(line) }
    }
}
