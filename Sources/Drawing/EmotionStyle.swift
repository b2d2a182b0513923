import Faces

extension Reading {
    /// The colour of its label and box: pale where it is not sure.
    var color: Color {
        certainty == .sure ? emotion.color : emotion.color.mixed(with: .white, share: 0.7)
    }
}

extension Emotion {
    /// The colour in which it is drawn everywhere.
    ///
    /// All seven are bright enough for dark text on them. Found by a search for the largest least CIEDE2000 distance
    /// between any two, with and without protanopia, deuteranopia or tritanopia: it is 12.2.
    package var color: Color {
        switch self {
        case .angry: Color(red: 244, green: 77, blue: 105)
        case .disgust: Color(red: 106, green: 253, blue: 165)
        case .fear: Color(red: 235, green: 110, blue: 248)
        case .happy: Color(red: 255, green: 241, blue: 55)
        case .sad: Color(red: 95, green: 133, blue: 175)
        case .surprise: Color(red: 241, green: 149, blue: 64)
        case .neutral: Color(red: 224, green: 252, blue: 234)
        }
    }

    /// A face that shows it.
    package var emoji: String {
        switch self {
        case .angry: "😠"
        case .disgust: "🤢"
        case .fear: "😨"
        case .happy: "😄"
        case .sad: "😢"
        case .surprise: "😮"
        case .neutral: "😐"
        }
    }

    /// What its bars are filled with, so that no colour is alone.
    package var pattern: Pattern? {
        switch self {
        case .angry: .rising
        case .disgust: .upright
        case .fear: .crossed
        case .happy: nil
        case .sad: .falling
        case .surprise: .dotted
        case .neutral: .level
        }
    }
}
