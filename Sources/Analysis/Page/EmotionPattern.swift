import Drawing
import Faces
import Imaging

/// How an emotion is filled in charts: its colour, and lines or dots of its own, so that it is told apart without
/// colour, too.
enum EmotionPattern {
    /// What a shape's `fill` names.
    static func fill(_ emotion: Emotion) -> String { "url(#\(emotion))" }

    /// The patterns, once a page.
    static var definitions: String {
        let patterns = Emotion.allCases.map { emotion in
            let color = emotion.color
            return "<pattern id='\(emotion)' width='8' height='8' patternUnits='userSpaceOnUse'>"
                + "<rect width='8' height='8' fill='rgb(\(color.red),\(color.green),\(color.blue))'/>"
                + "<g stroke='#000' stroke-opacity='.6' fill='none'>\(marks(emotion))</g></pattern>"
        }
        return
            "<svg width='0' height='0' style='position:absolute;width:0;height:0' aria-hidden='true'><defs>"
            + patterns.joined() + "</defs></svg>"
    }

    /// A row of the patterns with their names.
    static func legend(_ emotions: [Emotion] = Emotion.allCases) -> String {
        "<ul class='keys' aria-label='emotions and their patterns'>"
            + emotions.map { emotion in
                "<li><svg viewBox='0 0 26 14' aria-hidden='true'><rect width='26' height='14' rx='3' "
                    + "fill='\(fill(emotion))'/></svg>\(emotion)</li>"
            }.joined() + "</ul>"
    }

    private static func marks(_ emotion: Emotion) -> String {
        switch emotion {
        case .angry: "<path d='M-2 2 2-2M0 8 8 0M6 10l4-4'/>"
        case .disgust: "<path d='M-2 6l4 4M0 0l8 8M6-2l4 4'/>"
        case .fear: "<path d='M2 0v8M6 0v8'/>"
        case .happy: ""
        case .sad: "<path d='M0 2h8M0 6h8'/>"
        case .surprise: "<path d='M0 4h8M4 0v8'/>"
        case .neutral: "<circle cx='4' cy='4' r='1' fill='#000' fill-opacity='.6' stroke='none'/>"
        }
    }
}
