import Faces
import Imaging

/// Writes events as JSON lines into storage that is kept, so that a line a frame costs no allocation.
package struct EventEncoder: Sendable {
    /// True where each face also carries the probabilities of its last look alone, as `raw`.
    package var includesRaw: Bool
    private var line = JSONLine()

    /// An encoder; without the raw probabilities unless asked.
    package init(includesRaw: Bool = false) {
        self.includesRaw = includesRaw
    }

    /// True for a first line, and for its beginning.
    static func isHello(_ line: some Collection<UInt8>) -> Bool {
        line.starts(with: helloStart)
    }

    private static let helloStart = Array(#"{"event":"hello","#.utf8)

    /// The event as one line of UTF-8 with its newline; valid until the next call.
    package mutating func encode(_ event: Event) -> [UInt8] {
        line.begin()
        switch event {
        case .hello(let hello): write(hello)
        case .appeared(let face, let frame, let time): write("appeared", face, frame, time)
        case .changed(let face, let frame, let time): write("changed", face, frame, time)
        case .left(let face, let frame, let time):
            write("left", frame, time)
            line.member("face", face.number)
            line.member("seconds", face.seconds, decimals: 3)
            line.member("dominant", face.dominant.description)
            Self.writeNamed(face.emotions, &line)
        case .frame(let frame, let latency, let faces, let time):
            write("frame", frame, time)
            line.member("latency_ms", latency, decimals: 2)
            line.key("faces")
            line.array(faces) { line, face in
                line.openObject()
                Self.write(face, raw: includesRaw, &line)
                line.closeObject()
            }
        case .source(let state, let reason, let time):
            line.member("event", "source")
            Self.write(time, &line)
            line.member("state", state.rawValue)
            line.member("reason", reason)
        case .summary(let summary, let time):
            line.member("event", "summary")
            Self.write(time, &line)
            line.member("seconds", summary.seconds, decimals: 3)
            line.member("seen", summary.seen, decimals: 3)
            line.member("faces", summary.faces)
            line.member("visits", summary.visits)
            line.member("changes", summary.changes)
            Self.writeNamed(EmotionProbabilities(lanes: SIMD8<Float>(summary.shares)), &line)
        case .dropped(let count):
            line.member("event", "dropped")
            line.member("count", count)
        }
        line.end()
        return line.bytes
    }

    private mutating func write(_ hello: Event.Hello) {
        line.member("event", "hello")
        line.member("version", 1)
        line.member("program", hello.program)
        line.member("model", hello.model)
        line.key("labels")
        line.array(Emotion.allCases) { line, emotion in line.string(emotion.description) }
        line.member("source", hello.source)
        line.member("width", hello.width)
        line.member("height", hello.height)
    }

    private mutating func write(_ name: String, _ frame: Int, _ time: EventTime) {
        line.member("event", name)
        Self.write(time, &line)
        line.member("frame", frame)
    }

    private static func write(_ time: EventTime, _ line: inout JSONLine) {
        line.member("time", time)
        line.member("monotonic", Double(time.monotonic) * 1e-9, decimals: 6)
    }

    private mutating func write(_ name: String, _ face: TrackedFace, _ frame: Int, _ time: EventTime) {
        write(name, frame, time)
        Self.write(face, raw: includesRaw, &line)
    }

    /// The members of a face, within an object that is open.
    package static func write(_ face: TrackedFace, raw: Bool, _ line: inout JSONLine) {
        line.member("face", face.number)
        line.key("box")
        line.openArray()
        line.element(face.box.x)
        line.element(face.box.y)
        line.element(face.box.width)
        line.element(face.box.height)
        line.closeArray()
        line.member("tilt", face.tilt, decimals: 1)
        line.member("emotion", face.emotion.description)
        line.member("confidence", Double(face.confidence), decimals: 3)
        if face.isUnsure { line.memberTrue("unsure") }
        write(face.probabilities, as: "probabilities", &line)
        writeNamed(face.probabilities, &line)
        if raw { write(face.rawProbabilities, as: "raw", &line) }
    }

    private static func write(
        _ probabilities: EmotionProbabilities, as key: String, _ line: inout JSONLine
    ) {
        line.key(key)
        line.openArray()
        for emotion in Emotion.allCases { line.element(Double(probabilities[emotion]), decimals: 3) }
        line.closeArray()
    }

    /// The probabilities by the names of their emotions, for readers that keep no list of labels.
    private static func writeNamed(_ probabilities: EmotionProbabilities, _ line: inout JSONLine) {
        line.key("emotions")
        line.openObject()
        for emotion in Emotion.allCases {
            line.member(emotion.description, Double(probabilities[emotion]), decimals: 3)
        }
        line.closeObject()
    }
}
