import Events
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

    init(_ detail: EventDetail, includesRaw: Bool, sinks: [any EventSink]) {
        self.detail = detail
        self.sinks = sinks
        encoder = EventEncoder(includesRaw: includesRaw)
    }

    /// Sends what happened to faces, where readers want changes.
    mutating func publish(_ changes: [FaceChange], frame: Int, time: EventTime) {
        guard detail == .changes else { return }
        for change in changes {
            switch change {
            case .appeared(let face): publish(.appeared(face, frame: frame, time: time))
            case .changed(let face): publish(.changed(face, frame: frame, time: time))
            case .left(let number, let seconds):
                publish(.left(face: number, seconds: seconds, frame: frame, time: time))
            }
        }
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
