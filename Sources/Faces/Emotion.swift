/// The seven emotions of FER2013, in the order of its labels (Goodfellow et al., 2013).
public enum Emotion: Int, CaseIterable, Sendable, CustomStringConvertible {
    case angry, disgust, fear, happy, sad, surprise, neutral

    /// The name in events and model files: `angry`, `disgust`, …
    public var description: String {
        switch self {
        case .angry: "angry"
        case .disgust: "disgust"
        case .fear: "fear"
        case .happy: "happy"
        case .sad: "sad"
        case .surprise: "surprise"
        case .neutral: "neutral"
        }
    }
}
