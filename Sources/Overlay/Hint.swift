import Drawing
import Pipeline

/// What to say where nobody's face is seen: not at once, for a face may be lost for a moment.
package struct HintFinder {
    private var facesSeen: Double?
    /// How much of the picture's height the largest face took when one was seen last.
    private var lastShare = 0.0

    /// Has seen nothing yet.
    package init() {}

    /// Seconds without a face before a word is said of it.
    package static let patience = 1.5
    /// A face that took so much of the picture's height before it was lost came too near to be found.
    static let nearShare = 0.75
    /// Seconds for which one who came too near is taken to be there still.
    static let nearTime = 10.0

    /// What to say.
    ///
    /// - Parameters:
    ///   - faceCount: how many faces are shown.
    ///   - largest: how much of the picture's height the largest of them takes, 0 to 1 and more.
    ///   - hint: why there are none, where the pipeline knows.
    ///   - now: seconds, of a clock that doesn't run back.
    package mutating func phrase(
        faceCount: Int, largest: Double = 0, _ hint: ViewHint?, at now: Double
    ) -> Phrase? {
        let since = faceCount > 0 ? now : facesSeen ?? now
        facesSeen = since
        if faceCount > 0 { lastShare = largest }
        guard now - since >= Self.patience else { return nil }
        return switch hint {
        case .tooDark: .dark
        case .tooSmall: .closer
        case nil: lastShare >= Self.nearShare && now - since < Self.nearTime ? .back : .facing
        }
    }
}
