import Events
import Faces

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
    init?(_ line: [UInt8]) {
        var reader = JSONReader(line)
        let members = Members(&reader)
        guard reader.isWhole, let name = members.event else { return nil }
        switch name {
        case "hello": self = .hello(source: members.source ?? "")
        case "dropped":
            guard let count = members.count, count >= 0 else { return nil }
            self = .dropped(count)
        case "appeared", "changed":
            guard let time = members.time, let face = members.face, let emotion = members.emotion
            else { return nil }
            self = .seen(face: face, emotion, isNew: name == "appeared", time)
        case "left":
            guard let time = members.time, let face = members.face, let seconds = members.seconds,
                seconds >= 0
            else { return nil }
            self = .left(face: face, seconds: seconds, dominant: members.dominant, members.emotions, time)
        case "frame":
            guard let time = members.time, let faces = members.faces else { return nil }
            self = .frame(faces, time)
        default: self = .other
        }
    }

    /// The members of an event that a day is made of, whichever event it is; nil for one that is not there or is
    /// something else.
    private struct Members {
        var event: String?
        var source: String?
        var time: EventTime?
        var face: Int?
        var count: Int?
        var seconds: Double?
        var emotion: Emotion?
        var dominant: Emotion?
        var emotions: EmotionProbabilities?
        var faces: [(face: Int, emotion: Emotion)]?

        init(_ reader: inout JSONReader) {
            guard reader.beginObject() else { return }
            while let key = reader.nextKey() {
                switch key {
                case "event": event = reader.string()
                case "source": source = reader.string()
                case "time": time = reader.string().flatMap { EventTime($0) }
                case "face": face = reader.integer()
                case "count": count = reader.integer()
                case "seconds": seconds = reader.number()
                case "emotion": emotion = reader.string().flatMap { Emotion(named: $0) }
                case "dominant": dominant = reader.string().flatMap { Emotion(named: $0) }
                // A visit's means; those of a moment are not needed.
                case "emotions" where event == nil || event == "left": emotions = Self.probabilities(&reader)
                case "faces": faces = Self.faces(&reader)
                default: reader.skip()
                }
            }
        }

        private static func probabilities(_ reader: inout JSONReader) -> EmotionProbabilities? {
            guard reader.beginObject() else { return nil }
            var lanes = SIMD8<Float>(repeating: 0)
            var isWhole = true
            while let key = reader.nextKey() {
                guard let share = reader.number() else {
                    isWhole = false
                    continue
                }
                if let emotion = Emotion(named: key) {
                    lanes[emotion.rawValue] = Float(max(0, min(1, share)))
                }
            }
            return isWhole ? EmotionProbabilities(lanes: lanes) : nil
        }

        /// Nil where one of them is no face.
        private static func faces(_ reader: inout JSONReader) -> [(face: Int, emotion: Emotion)]? {
            guard reader.beginArray() else { return nil }
            var faces: [(face: Int, emotion: Emotion)] = []
            var isWhole = true
            while reader.nextElement() {
                var (face, emotion): (Int?, Emotion?)
                if reader.beginObject() {
                    while let key = reader.nextKey() {
                        switch key {
                        case "face": face = reader.integer()
                        case "emotion": emotion = reader.string().flatMap { Emotion(named: $0) }
                        default: reader.skip()
                        }
                    }
                }
                if let face, let emotion { faces.append((face, emotion)) } else { isWhole = false }
            }
            return isWhole ? faces : nil
        }
    }
}

extension Emotion {
    fileprivate init?(named name: String) {
        guard let known = Self.allCases.first(where: { $0.description == name }) else { return nil }
        self = known
    }
}
