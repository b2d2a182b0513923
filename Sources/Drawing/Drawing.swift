import Faces

/// A scene laid out: what is drawn, from the lowest to the uppermost, and what each part is.
package struct Drawing: Sendable {
    /// What the painter draws, in this order.
    package internal(set) var shapes: [Shape] = []
    /// The parts that carry words, for those who check where they lie.
    package internal(set) var parts: [Part] = []
    /// True while something fades in or follows a face: the next frame looks different though nothing else changes.
    package internal(set) var isMoving = false

    /// An empty one.
    package init() {}

    mutating func removeAll() {
        shapes.removeAll(keepingCapacity: true)
        parts.removeAll(keepingCapacity: true)
        isMoving = false
    }
}

/// A label, panel or note of a drawing.
package struct Part: Equatable, Sendable {
    /// What it is.
    package enum Kind: Hashable, Sendable {
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
    package var kind: Kind
    /// The face's number; nil for a note.
    package var face: Int?
    /// Where it lies.
    package var bounds: Bounds
    /// 0 while it can't be seen yet, 1 when it can.
    package var opacity: Double
    /// Which of the places around the face it has taken.
    var slot = 0
}

/// How much a label says.
package enum LabelKind: Int, Hashable, Sendable {
    /// Emotion and probability, and the second where no panel says it.
    case full
    /// The emotion alone.
    case short
    /// Its emoji, with a leader where it lies away from the face.
    case dot
}

/// The lines that belong to no face.
package enum NoteKind: Hashable, Sendable {
    case status, banner, message, hint, demo, legend, smile, challenge
}

/// What is shown beside the faces' labels.
package struct DrawingOptions: Equatable, Sendable {
    /// The language of labels and lines.
    package var language = Language.english
    /// True where one face has a panel of bars and the others name their second emotion.
    package var showsBars = true
    /// The number of the face that has the panel; the largest where nil.
    package var chosen: Int?

    /// Bars for the largest face, in English.
    package init() {}
}

/// Lines of text that belong to no face; empty ones are not shown.
package struct Notes: Equatable, Sendable {
    /// Frame rate and latency, in a corner.
    package var status = ""
    /// Why the picture stands still.
    package var banner = ""
    /// What was just done.
    package var message = ""
    /// What to do where there is no face.
    package var hint = ""
    /// What the picture is where it is no camera's.
    package var demo = ""
    /// Keys and what they do; empty for no list.
    package var keys: [Key] = []
    /// What names the emotions; said below the keys.
    package var model = ""
    /// How much those in view smile, 0 to 1; nil for no meter.
    package var smile: Double?
    /// The game; nil where none is played.
    package var challenge: ChallengeView?
    /// True to say what the colours of an explanation mean.
    package var hasLegend = false

    /// A key and what it does.
    package struct Key: Equatable, Sendable {
        /// As it stands on the keyboard.
        package var name: String
        /// What it does.
        package var phrase: Phrase

        /// Takes both.
        package init(_ name: String, _ phrase: Phrase) {
            self.name = name
            self.phrase = phrase
        }
    }

    /// No lines.
    package init() {}
}

/// What a player of the game sees.
package struct ChallengeView: Equatable, Sendable {
    /// The emotion to show.
    package var wanted: Emotion
    /// How long it was held of what is asked for, 0 to 1.
    package var progress: Double
    /// How many were shown so far.
    package var score: Int
    /// Seconds to the photograph; nil where none is taken.
    package var countdown: Int?

    /// Takes all.
    package init(wanted: Emotion, progress: Double, score: Int, countdown: Int? = nil) {
        self.wanted = wanted
        self.progress = progress
        self.score = score
        self.countdown = countdown
    }
}
