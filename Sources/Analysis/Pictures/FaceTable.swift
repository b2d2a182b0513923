import Faces
import Events
import FaceDetection
import Imaging

/// Faces as a table of comma-separated values (RFC 4180): a header, then a row a face.
package struct FaceTable: Sendable {
    /// One face of a picture or of a frame.
    package struct Row: Sendable {
        /// The picture or the video.
        package var file: String
        /// The frame, from 1, or nil for a picture.
        package var frame: Int?
        /// Seconds from the beginning of the video, or nil for a picture.
        package var seconds: Double?
        /// The number of the face within its video, or nil for a picture.
        package var face: Int?
        /// Where the face is, in pixels.
        package var box: Rectangle
        /// The tilt of the head in degrees clockwise.
        package var tilt: Double
        /// The emotion reported, or nil where none was asked for.
        package var emotion: Emotion?
        /// Probabilities, of a video smoothed over time.
        package var probabilities: EmotionProbabilities?
        /// Probabilities of this frame alone.
        package var raw: EmotionProbabilities?

        /// A face of a picture; the emotion is the likeliest.
        package init(file: String, face: DetectedFace, probabilities: EmotionProbabilities?) {
            self.file = file
            box = face.box
            tilt = face.tilt
            emotion = probabilities?.mostLikely
            self.probabilities = probabilities
        }
    }

    /// True where each row ends with the probabilities of its frame alone.
    package let includesRaw: Bool
    private let decimals: Int
    private var number = JSONLine()

    /// A table; without the raw probabilities unless asked.
    ///
    /// - Parameter decimals: digits of a probability after the point.
    package init(includesRaw: Bool = false, decimals: Int = 3) {
        self.includesRaw = includesRaw
        self.decimals = decimals
    }

    /// The names of the columns, with the end of their line.
    package var header: String {
        let emotions = Emotion.allCases.map(\.description)
        var names = ["file", "frame", "seconds", "face", "x", "y", "width", "height", "tilt"]
        names += ["emotion", "confidence"]
        names += emotions
        if includesRaw { names += emotions.map { "raw_\($0)" } }
        return names.joined(separator: ",") + "\n"
    }

    /// One row, with the end of its line.
    package mutating func text(of row: Row) -> String {
        var fields: [String] = [Self.quoted(row.file)]
        fields.append(row.frame.map { String($0) } ?? "")
        fields.append(row.seconds.map { text($0, 3) } ?? "")
        fields.append(row.face.map { String($0) } ?? "")
        for side in [row.box.x, row.box.y, row.box.width, row.box.height] { fields.append(String(side)) }
        fields.append(text(row.tilt, 1))
        fields.append(row.emotion?.description ?? "")
        if let emotion = row.emotion, let probabilities = row.probabilities {
            fields.append(text(Double(probabilities[emotion]), decimals))
        } else {
            fields.append("")
        }
        fields += texts(row.probabilities)
        if includesRaw { fields += texts(row.raw) }
        return fields.joined(separator: ",") + "\n"
    }

    private mutating func texts(_ probabilities: EmotionProbabilities?) -> [String] {
        guard let probabilities else { return [String](repeating: "", count: Emotion.allCases.count) }
        return Emotion.allCases.map { text(Double(probabilities[$0]), decimals) }
    }

    /// A number as the events have it.
    private mutating func text(_ value: Double, _ decimals: Int) -> String {
        number.clear()
        number.element(value, decimals: decimals)
        return number.text
    }

    /// A field in quotes where it holds what would end it.
    static func quoted(_ text: String) -> String {
        guard text.unicodeScalars.contains(where: { ",\"\n\r".unicodeScalars.contains($0) }) else {
            return text
        }
        return "\"" + text.replacing("\"", with: "\"\"") + "\""
    }
}
