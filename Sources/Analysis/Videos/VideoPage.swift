import Faces
import Foundation

/// The page of one or more videos: what each face showed, when, and where it was strongest.
package enum VideoPage {
    /// Faces seen shorter than this, in seconds, stand in the table only.
    private static let shortest = 0.5
    /// Faces that get a row of the timeline and pictures, the longest in view first.
    private static let mostFaces = 24

    /// The page as one file of HTML.
    package static func html(of videos: [VideoRecord]) -> String {
        let names = videos.map { name(of: $0.file) }
        let title = names.count == 1 ? names[0] : "Faces in \(names.count) videos"
        let seconds = videos.reduce(0) { $0 + $1.seconds }
        let faces = videos.reduce(0) { $0 + $1.faces.count }
        let lead =
            "\(spokenDuration(seconds)) of video, \(faces) \(faces == 1 ? "face" : "faces")"
            + (faces == 0 ? ". Nothing to show." : ".")
        return Page(
            title: title, lead: lead,
            body: (faces == 0 ? "" : EmotionPattern.legend())
                + videos.map { section(of: $0, isAlone: videos.count == 1) }.joined()
        ).html
    }

    private static func section(of video: VideoRecord, isAlone: Bool) -> String {
        var parts = "<section>" + (isAlone ? "" : "<h2>\(escaped(name(of: video.file)))</h2>")
        parts +=
            "<p class='note'>\(video.width)×\(video.height) pixels, \(video.frames) frames, \(spokenDuration(video.seconds)); "
            + "a face in \(percent(Double(video.framesWithFaces) / Double(max(1, video.frames)))) of them</p>"
        guard !video.faces.isEmpty else { return parts + "</section>" }
        let heading = isAlone ? "h2" : "h3"
        parts += "<\(heading)>Shares</\(heading)>"
        parts += EmotionChart.shares("share of each emotion in \(name(of: video.file))", video.shares)
        parts += "<\(heading)>Timeline</\(heading)>" + timeline(of: video)
        let shown = shown(of: video).filter { !$0.moments.isEmpty }
        if !shown.isEmpty {
            parts +=
                "<\(heading)>Moments</\(heading)><p class='note'>Where an emotion of a face was strongest.</p>"
            parts += shown.map(moments).joined()
        }
        return parts + "<\(heading)>Faces</\(heading)>" + table(of: video) + "</section>"
    }

    private static func shown(of video: VideoRecord) -> [FaceRecord] {
        func length(_ face: FaceRecord) -> Double { face.range.upperBound - face.range.lowerBound }
        return video.faces.filter { length($0) >= shortest }.sorted { length($0) > length($1) }
            .prefix(mostFaces).sorted { $0.number < $1.number }
    }

    private static func timeline(of video: VideoRecord) -> String {
        let rows = shown(of: video).map { face in
            (
                name: "face \(face.number)",
                spans: face.spans.map { span in
                    EmotionChart.Span(
                        start: span.start, end: span.end, emotion: span.emotion,
                        words: "face \(face.number), \(clockText(span.start)) to \(clockText(span.end)): "
                            + "\(span.emotion), \(percent(span.meanConfidence)) sure")
                }
            )
        }
        guard !rows.isEmpty else {
            return "<p class='note'>No face was in view for \(shortest) seconds or longer.</p>"
        }
        let left = video.faces.count - rows.count
        return EmotionChart.timeline(
            "what each face of \(name(of: video.file)) showed over time", rows: rows,
            range: 0...max(video.seconds, 0.1), tick: clockText)
            + (left > 0 ? "<p class='note'>\(left) more that were in view for a shorter time.</p>" : "")
    }

    private static func moments(of face: FaceRecord) -> String {
        let figures = Emotion.allCases.compactMap { emotion in
            face.moments[emotion].map { moment in
                let words =
                    "face \(face.number), \(emotion), \(percent(Double(moment.confidence))) sure, at "
                    + clockText(moment.seconds)
                return "<figure><img alt='\(words)' src='data:image/jpeg;base64,"
                    + "\(Data(moment.picture).base64EncodedString())'><figcaption><b>\(emotion)</b> "
                    + "\(percent(Double(moment.confidence)))<br>face \(face.number), \(clockText(moment.seconds))"
                    + "</figcaption></figure>"
            }
        }
        return "<div class='moments'>\(figures.joined())</div>"
    }

    private static func table(of video: VideoRecord) -> String {
        let rows = video.faces.map { face in
            ["\(face.number)", "\(face.dominant)", clockText(face.range.lowerBound)]
                + [spokenDuration(face.range.upperBound - face.range.lowerBound)]
                + Emotion.allCases.map { percent(face.shares[$0] ?? 0) }
        }
        return PageTable(
            caption: "How much of its time in view each face was called what",
            columns: ["face", "mostly", "from", "in view"] + Emotion.allCases.map(\.description), rows: rows,
            wordColumns: 2
        ).html
    }

    private static func name(of file: String) -> String {
        file.split(separator: "/").last.map(String.init) ?? file
    }
}
