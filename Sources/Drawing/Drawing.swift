import Faces

/// A scene laid out: what is drawn, from the lowest to the uppermost, and what each part is.
public struct Drawing: Sendable {
    /// What the painter draws, in this order.
    public internal(set) var shapes: [Shape] = []
    /// The parts that carry words, for those who check where they lie.
    public internal(set) var parts: [Part] = []
    /// True while something fades in or follows a face: the next frame looks different though nothing else changes.
    public internal(set) var isMoving = false

    /// An empty one.
    public init() {}

    mutating func removeAll() {
        shapes.removeAll(keepingCapacity: true)
        parts.removeAll(keepingCapacity: true)
        isMoving = false
    }
}

/// A label, panel or note of a drawing.
public struct Part: Equatable, Sendable {
    /// What it is.
    public enum Kind: Hashable, Sendable {
        /// What a face shows, in words, at its place beside the face.
        case label(LabelKind)
        /// The bars of one face.
        case panel
        /// A line of text that belongs to no face.
        case note(NoteKind)
        /// A list of keys that a person asked for, over all else.
        case help
    }

    /// What it is.
    public var kind: Kind
    /// The face's number; nil for a note.
    public var face: Int?
    /// Where it lies.
    public var bounds: Bounds
    /// 0 while it can't be seen yet, 1 when it can.
    public var opacity: Double
    /// Which of the places around the face it has taken.
    var slot = 0
}

/// How much a label says.
public enum LabelKind: Int, Hashable, Sendable {
    /// Emotion and probability, and the second where no panel says it.
    case full
    /// The emotion alone.
    case short
    /// Its emoji, with a leader where it lies away from the face.
    case dot
}

/// The lines that belong to no face.
public enum NoteKind: Hashable, Sendable {
    case status, banner, message, hint, demo, legend, smile, challenge
}

/// What is shown beside the faces' labels.
public struct DrawingOptions: Equatable, Sendable {
    /// The language of labels and lines.
    public var language = Language.english
    /// True where one face has a panel of bars and the others name their second emotion.
    public var showsBars = true
    /// The number of the face that has the panel; the largest where nil.
    public var chosen: Int?

    /// Bars for the largest face, in English.
    public init() {}
}

/// Lines of text that belong to no face; empty ones are not shown.
public struct Notes: Equatable, Sendable {
    /// Frame rate and latency, in a corner.
    public var status = ""
    /// Why the picture stands still.
    public var banner = ""
    /// What was just done.
    public var message = ""
    /// What to do where there is no face.
    public var hint = ""
    /// What the picture is where it is no camera's.
    public var demo = ""
    /// Keys and what they do; empty for no list.
    public var keys: [Key] = []
    /// How much those in view smile, 0 to 1; nil for no meter.
    public var smile: Double?
    /// The game; nil where none is played.
    public var challenge: ChallengeView?
    /// True to say what the colours of an explanation mean.
    public var hasLegend = false

    /// A key and what it does.
    public struct Key: Equatable, Sendable {
        /// As it stands on the keyboard.
        public var name: String
        /// What it does.
        public var phrase: Phrase

        /// Takes both.
        public init(_ name: String, _ phrase: Phrase) {
            self.name = name
            self.phrase = phrase
        }
    }

    /// No lines.
    public init() {}
}

/// What a player of the game sees.
public struct ChallengeView: Equatable, Sendable {
    /// The emotion to show.
    public var wanted: Emotion
    /// How long it was held of what is asked for, 0 to 1.
    public var progress: Double
    /// How many were shown so far.
    public var score: Int
    /// Seconds to the photograph; nil where none is taken.
    public var countdown: Int?

    /// Takes all.
    public init(wanted: Emotion, progress: Double, score: Int, countdown: Int? = nil) {
        self.wanted = wanted
        self.progress = progress
        self.score = score
        self.countdown = countdown
    }
}
