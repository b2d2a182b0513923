import Drawing
import Pipeline

/// What to say where nobody's face is seen: not at once, for a face may be lost for a moment.
package struct HintFinder {
    private var facesSeen: Double?

    /// Has seen nothing yet.
    package init() {}

    /// Seconds without a face before a word is said of it.
    package static let patience = 1.5

    /// What to say.
    ///
    /// - Parameters:
    ///   - faceCount: how many faces are shown.
    ///   - hint: why there are none, where the pipeline knows.
    ///   - now: seconds, of a clock that doesn't run back.
    package mutating func phrase(faceCount: Int, _ hint: ViewHint?, at now: Double) -> Phrase? {
        let since = faceCount > 0 ? now : facesSeen ?? now
        facesSeen = since
        guard now - since >= Self.patience else { return nil }
        return switch hint {
        case .tooDark: .dark
        case .tooSmall: .closer
        case nil: .facing
        }
    }
}
