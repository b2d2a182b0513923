#if MQTT
import Faces
import Foundation
import System

/// Tells Home Assistant over an MQTT broker who is in view: sensors that it finds by itself, and a state that whoever
/// subscribes later still gets.
///
/// By Home Assistant's convention of MQTT discovery: a retained message under `homeassistant/sensor/NODE/SENSOR/config`
/// for each sensor names the topic of the state, that of the availability, and the device. The state is a retained JSON
/// object under `TOPIC/state`; the availability is the `TOPIC/status` of ``MQTTSink``.
package final class HomeAssistant: EventSink, Sendable {
    /// Where the messages go.
    package let broker: MQTTSink
    private let topic: String
    private let program: String
    private let last = Guarded<[UInt8]>([])

    /// What Home Assistant calls a time in which no face is in view.
    static let nobody = "nobody"

    /// Tells nothing before ``begin()``.
    ///
    /// - Parameters:
    ///   - broker: where events go.
    ///   - program: name and version.
    package init(_ broker: MQTTSink, program: String) {
        self.broker = broker
        self.program = program
        topic = broker.topic
    }

    /// Announces the sensors, and says that nobody is in view yet; called again, it does nothing.
    package func begin() {
        guard last.withLock(\.isEmpty) else { return }
        for (topic, payload) in Self.announcements(of: topic, program: program) {
            broker.keep(payload, at: topic)
        }
        tell([])
    }

    /// Takes the sensors back, and the state: Home Assistant removes them. Nothing more is told.
    package func withdraw() {
        guard !last.withLock(\.isEmpty) else { return }
        for (topic, _) in Self.announcements(of: topic, program: "") { broker.keep([], at: topic) }
        broker.keep([], at: "\(topic)/state")
    }

    /// Hears of each change, whatever lines others have asked for.
    package var wantsChanges: Bool { true }

    /// Takes lines that say nothing of who is in view.
    package func send(_ line: [UInt8]) {}

    /// Tells of the faces that are in view after a line.
    package func send(_ line: [UInt8], inView: [UInt8]) { tell(inView) }

    /// Tells of the faces in view.
    package func greet(_ hello: [UInt8], inView: [UInt8]) { tell(inView) }

    private func tell(_ inView: [UInt8]) {
        let state = Self.state(inView)
        let isNew = last.withLock { last in
            defer { last = state }
            return last != state
        }
        if isNew { broker.keep(state, at: "\(topic)/state") }
    }

    // MARK: - The messages

    /// The topics and payloads that announce the sensors: faces in view, mood, and the brightest emotion.
    static func announcements(of topic: String, program: String) -> [(topic: String, payload: [UInt8])] {
        let names = Emotion.allCases.map(\.description) + [nobody]
        return [
            sensor("faces", "Faces in view", "mdi:account-multiple", of: topic, program) { line in
                line.member("state_class", "measurement")
                line.member("unit_of_measurement", "faces")
            },
            sensor("mood", "Mood", "mdi:emoticon-outline", of: topic, program) { line in
                line.member("device_class", "enum")
                line.key("options")
                line.array(names) { $0.string($1) }
            },
            sensor("brightest", "Brightest emotion", "mdi:emoticon-excited-outline", of: topic, program) {
                line in
                line.member("device_class", "enum")
                line.key("options")
                line.array(names) { $0.string($1) }
                line.member("json_attributes_topic", "\(topic)/state")
            },
        ]
    }

    /// The topic as a name: `kiosk/1` is `raut_kiosk_1`.
    static func node(of topic: String) -> String {
        "raut_" + String(topic.map { $0.isASCII && ($0.isLetter || $0.isNumber) ? $0 : "_" })
    }

    private static func sensor(
        _ key: String, _ name: String, _ icon: String, of topic: String, _ program: String,
        _ more: (inout JSONLine) -> Void
    ) -> (topic: String, payload: [UInt8]) {
        let node = node(of: topic)
        // Topics that become the same name are still different devices.
        var hash = FNV1a()
        hash.add(topic.utf8)
        let identity = "\(node)_\(String(hash.value, radix: 16))"
        var line = JSONLine()
        line.begin()
        line.member("name", name)
        line.member("unique_id", "\(identity)_\(key)")
        line.member("default_entity_id", "sensor.\(node)_\(key)")
        // The same for Home Assistant before 2025.10.
        line.member("object_id", "\(node)_\(key)")
        line.member("state_topic", "\(topic)/state")
        line.member("value_template", "{{ value_json.\(key) }}")
        line.member("availability_topic", "\(topic)/status")
        line.member("payload_available", "online")
        line.member("payload_not_available", "offline")
        line.member("icon", icon)
        more(&line)
        line.key("device")
        line.openObject()
        line.key("identifiers")
        line.array([identity]) { $0.string($1) }
        line.member("name", "Raut \(topic)")
        line.member("manufacturer", "Raut")
        line.member("sw_version", program)
        line.closeObject()
        line.key("origin")
        line.openObject()
        line.member("name", "Raut")
        line.member("sw_version", program)
        line.closeObject()
        line.end()
        return ("homeassistant/sensor/\(identity)/\(key)/config", Array(line.bytes.dropLast()))
    }

    /// What is now: how many faces are in view, the likeliest emotion of all together, and the strongest of any; from the
    /// lines of the faces in view.
    static func state(_ inView: [UInt8]) -> [UInt8] {
        let faces = inView.split(separator: UInt8(ascii: "\n")).compactMap { probabilities(of: Array($0)) }
        var sum = SIMD8<Float>(repeating: 0)
        for face in faces { sum += face.lanes }
        let brightest = faces.max { $0.confidence < $1.confidence }
        let mean = EmotionProbabilities(lanes: sum / Float(max(1, faces.count)))
        var line = JSONLine()
        line.begin()
        line.member("faces", faces.count)
        line.member("mood", faces.isEmpty ? nobody : mean.mostLikely.description)
        line.member("brightest", brightest?.mostLikely.description ?? nobody)
        line.member("confidence", Double(brightest?.confidence ?? 0), decimals: 3)
        line.key("emotions")
        line.openObject()
        for emotion in Emotion.allCases {
            line.member(emotion.description, Double(mean[emotion]), decimals: 3)
        }
        line.closeObject()
        line.end()
        return Array(line.bytes.dropLast())
    }

    private static func probabilities(of line: [UInt8]) -> EmotionProbabilities? {
        guard let object = (try? JSONSerialization.jsonObject(with: Data(line))) as? [String: Any],
            let named = object["emotions"] as? [String: Double]
        else { return nil }
        var lanes = SIMD8<Float>(repeating: 0)
        for emotion in Emotion.allCases { lanes[emotion.rawValue] = Float(named[emotion.description] ?? 0) }
        return EmotionProbabilities(lanes: lanes)
    }
}
#endif
