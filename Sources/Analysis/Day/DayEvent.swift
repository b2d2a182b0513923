import Events
import Faces
import Foundation

/// What a line of events tells about the day; events that tell nothing about it are passed over.
enum DayEvent {
    case hello(source: String)
    /// A face appeared, or its emotion changed, where `isNew` is false.
    case seen(face: Int, Emotion, isNew: Bool, EventTime)
    case left(face: Int, seconds: Double, dominant: Emotion?, EmotionProbabilities?, EventTime)
    case frame([(face: Int, emotion: Emotion)], EventTime)
    case dropped(Int)
    case other

    /// Reads a line of JSON; nil where it is none, or an event lacks what it must have.
    init?(_ line: String) {
        guard let object = (try? JSONSerialization.jsonObject(with: Data(line.utf8))) as? [String: Any],
            let name = object["event"] as? String
        else { return nil }
        let time = (object["time"] as? String).flatMap { EventTime($0) }
        switch name {
        case "hello": self = .hello(source: object["source"] as? String ?? "")
        case "dropped":
            guard let count = object["count"] as? Int, count >= 0 else { return nil }
            self = .dropped(count)
        case "appeared", "changed":
            guard let time, let face = object["face"] as? Int, let emotion = Self.emotion(object["emotion"])
            else { return nil }
            self = .seen(face: face, emotion, isNew: name == "appeared", time)
        case "left":
            guard let time, let face = object["face"] as? Int, let seconds = object["seconds"] as? Double,
                seconds.isFinite, seconds >= 0
            else { return nil }
            self = .left(
                face: face, seconds: seconds, dominant: Self.emotion(object["dominant"]),
                Self.probabilities(object["emotions"]), time)
        case "frame":
            guard let time, let faces = object["faces"] as? [[String: Any]] else { return nil }
            var seen: [(face: Int, emotion: Emotion)] = []
            for face in faces {
                guard let number = face["face"] as? Int, let emotion = Self.emotion(face["emotion"]) else {
                    return nil
                }
                seen.append((number, emotion))
            }
            self = .frame(seen, time)
        default: self = .other
        }
    }

    private static func emotion(_ value: Any?) -> Emotion? {
        (value as? String).flatMap { name in Emotion.allCases.first { $0.description == name } }
    }

    private static func probabilities(_ value: Any?) -> EmotionProbabilities? {
        guard let named = value as? [String: Double] else { return nil }
        var lanes = SIMD8<Float>(repeating: 0)
        for emotion in Emotion.allCases {
            let share = named[emotion.description] ?? 0
            lanes[emotion.rawValue] = share.isFinite ? Float(max(0, min(1, share))) : 0
        }
        return EmotionProbabilities(lanes: lanes)
    }
}
