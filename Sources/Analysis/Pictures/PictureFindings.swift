import EmotionRecognition
import Events
import FaceDetection
import Faces
import Foundation
import Imaging

/// What was found in one picture.
package struct PictureFindings: Sendable {
    /// The picture's path, as it was given.
    package var file: String
    /// Columns in pixels.
    package var width: Int
    /// Rows in pixels.
    package var height: Int
    /// Median time to read and decode the file.
    package var decode: Duration
    /// Median time to find the faces.
    package var detect: Duration
    /// Median time to name the emotions of all faces; nil where that was not asked for.
    package var classify: Duration?
    /// The faces, in pixels of the picture.
    package var faces: [DetectedFace]
    /// For each face what it shows; nil where that was not asked for.
    package var probabilities: [EmotionProbabilities]?
    /// For each face where on it that is seen; nil where that was not asked for.
    package var explanations: [OcclusionMap]?

    /// Takes all as it is.
    package init(
        file: String, width: Int, height: Int, decode: Duration, detect: Duration, classify: Duration?,
        faces: [DetectedFace], probabilities: [EmotionProbabilities]?, explanations: [OcclusionMap]?
    ) {
        self.file = file
        self.width = width
        self.height = height
        self.decode = decode
        self.detect = detect
        self.classify = classify
        self.faces = faces
        self.probabilities = probabilities
        self.explanations = explanations
    }

    /// The part of a face's box that lies in the picture: whoever cuts it out finds pixels everywhere.
    func shownBox(of face: DetectedFace) -> Rectangle {
        face.box.intersection(Rectangle(x: 0, y: 0, width: width, height: height))
    }

    /// One JSON object and a line break.
    package var json: String {
        var line = JSONLine()
        line.begin()
        line.member("file", file)
        line.member("width", width)
        line.member("height", height)
        line.member("decode_ms", decode.milliseconds, decimals: 3)
        line.member("detect_ms", detect.milliseconds, decimals: 3)
        if let classify { line.member("classify_ms", classify.milliseconds, decimals: 3) }
        line.key("faces")
        line.array(faces.indices) { line, index in
            line.openObject()
            let box = shownBox(of: faces[index])
            line.key("box")
            line.array([box.x, box.y, box.width, box.height]) { $0.element($1) }
            // The box is turned by it about its middle.
            line.member("tilt", faces[index].tilt, decimals: 0)
            if let probabilities = probabilities?[index] { line.members(of: probabilities) }
            line.closeObject()
        }
        line.end()
        return line.text
    }

    /// The faces as rows of a table.
    package var rows: [FaceTable.Row] {
        faces.enumerated().map { index, face in
            FaceTable.Row(file: file, face: face, probabilities: probabilities?[index])
        }
    }

    /// For people: the picture on a line of its own, and a line for each face.
    package var text: String {
        var steps = ["decoded in \(Self.text(decode))", "searched in \(Self.text(detect))"]
        if let classify, !faces.isEmpty { steps.append("named in \(Self.text(classify))") }
        let count = faces.isEmpty ? "no face" : faces.count == 1 ? "1 face" : "\(faces.count) faces"
        var lines = ["\(file.inOneLine)  \(width)×\(height)  \(count)  (\(steps.joined(separator: ", ")))"]
        for (index, face) in faces.enumerated() {
            let box = shownBox(of: face)
            let tilt = face.tilt == 0 ? "" : ", tilted by \(Int(face.tilt.rounded()))°"
            let place = "\(box.width)×\(box.height) at \(box.x),\(box.y)\(tilt)"
            lines.append(probabilities.map { "    \($0[index].summary)  \(place)" } ?? "    \(place)")
        }
        return lines.joined(separator: "\n") + "\n"
    }

    /// What `--json` says of a picture that could not be read.
    package static func json(of error: ImageError, file: String) -> String {
        var line = JSONLine()
        line.begin()
        line.member("file", file)
        line.member("error", "\(error)")
        line.end()
        return line.text
    }

    package static func text(_ time: Duration) -> String { String(format: "%.1f ms", time.milliseconds) }
}

extension JSONLine {
    /// The likeliest emotion, its probability, and all seven as a list and by name.
    package mutating func members(of probabilities: EmotionProbabilities) {
        member("emotion", "\(probabilities.mostLikely)")
        member("confidence", Double(probabilities.confidence), decimals: 4)
        if probabilities.isUnsure { memberTrue("unsure") }
        key("probabilities")
        array(Emotion.allCases) { $0.element(Double(probabilities[$1]), decimals: 4) }
        key("emotions")
        openObject()
        for emotion in Emotion.allCases {
            member(emotion.description, Double(probabilities[emotion]), decimals: 4)
        }
        closeObject()
    }

    package var text: String { String(decoding: bytes, as: UTF8.self) }
}

extension EmotionProbabilities {
    /// The likeliest emotion, and those behind it that are at all likely: `happy 93% (surprise 4%)`; with a question mark
    /// where it is a guess: `sad? 41% (neutral 38%)`.
    package var summary: String {
        func percent(_ emotion: Emotion) -> String {
            let mark = emotion == mostLikely && isUnsure ? "?" : ""
            return "\(emotion)\(mark) \(Int((self[emotion] * 100).rounded()))%"
        }
        let others = Emotion.allCases.filter { $0 != mostLikely && self[$0] >= 0.02 }
            .sorted { self[$0] > self[$1] }.prefix(2).map(percent)
        return percent(mostLikely) + (others.isEmpty ? "" : " (\(others.joined(separator: ", ")))")
    }
}
