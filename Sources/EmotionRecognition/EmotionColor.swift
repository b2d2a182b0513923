import Faces
import Imaging

extension Emotion {
    /// The colour in which it is drawn, in the window and on pictures alike: all seven tell apart from each other
    /// and stand out from a dark ground.
    public var color: Color {
        switch self {
        case .angry: Color(red: 239, green: 83, blue: 80)
        case .disgust: Color(red: 156, green: 190, blue: 70)
        case .fear: Color(red: 171, green: 130, blue: 235)
        case .happy: Color(red: 255, green: 202, blue: 40)
        case .sad: Color(red: 79, green: 160, blue: 245)
        case .surprise: Color(red: 255, green: 145, blue: 60)
        case .neutral: Color(red: 186, green: 196, blue: 206)
        }
    }
}
