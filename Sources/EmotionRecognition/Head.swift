import Faces

/// What a head of a network names, in the order of its logits.
package enum Head: String, CaseIterable, Sendable {
    /// FER2013's seven labels.
    case fer2013
    /// FER+'s eight: FER2013's seven in the same order, then contempt (Barsoum et al., 2016).
    case ferplus
    /// FER2013's seven, by all that is known of a face: its label, its votes, the label of a photograph. The other two
    /// are each of one data set; this one is what joined answers lean on.
    case combined

    /// How many logits it has.
    package var classes: Int { self == .ferplus ? 8 : 7 }

    /// What each of them is of, in order.
    package var labels: [String] {
        Emotion.allCases.map(\.description) + (self == .ferplus ? ["contempt"] : [])
    }
}
