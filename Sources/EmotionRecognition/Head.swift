import Faces

/// What a head of a network names, in the order of its logits.
package enum Head: String, CaseIterable, Sendable {
    /// FER2013's seven labels.
    case fer2013
    /// FER+'s eight: FER2013's seven in the same order, then contempt (Barsoum et al., 2016).
    case ferplus

    /// How many logits it has.
    package var classes: Int { self == .fer2013 ? 7 : 8 }

    /// What each of them is of, in order.
    package var labels: [String] {
        Emotion.allCases.map(\.description) + (self == .fer2013 ? [] : ["contempt"])
    }
}
