import Drawing
import Faces
import Foundation
import Imaging
import Testing

@Suite("layout")
struct LayoutTests {
    private func zone(_ face: DrawnFace, _ canvas: Canvas) -> FaceZone {
        FaceZone(box: canvas.place(face.box), tilt: canvas.isMirrored ? -face.tilt : face.tilt)
    }

    /// What is wrong with a scene laid out; nil where nothing is.
    private func fault(_ drawing: Drawing, _ faces: [DrawnFace], _ canvas: Canvas) -> String? {
        for (index, part) in drawing.parts.enumerated() where part.kind != .help {
            guard canvas.bounds.holds(part.bounds) else { return "\(part) is not inside" }
            for face in faces {
                let zone = zone(face, canvas)
                if zone.isHidden(by: part.bounds) { return "\(part) hides face \(face.number)" }
                let isNote = if case .note = part.kind { true } else { false }
                if !isNote, part.face != face.number, zone.whole.meets(part.bounds) {
                    return "\(part) covers face \(face.number)"
                }
                if part.kind == .panel, zone.whole.meets(part.bounds) { return "the panel covers a face" }
            }
            for other in drawing.parts[(index + 1)...] where other.kind != .help {
                if part.bounds.meets(other.bounds) { return "\(part) lies over \(other)" }
            }
        }
        let parts = drawing.parts.map(\.bounds)
        for shape in drawing.shapes {
            guard case .text(let run, _) = shape else { continue }
            if !canvas.bounds.holds(run.bounds) { return "'\(run.text)' is not inside the picture" }
            if !parts.contains(where: { $0.expanded(by: 1).holds(run.bounds) }) {
                return "'\(run.text)' at \(run.bounds) is not inside its label"
            }
            let least = 11 * canvas.density
            if Double(run.style.size) < least {
                return "'\(run.text)' is too small to read: \(run.style.size)"
            }
            if Double(run.style.size) > max(2.8 * least, canvas.bounds.height / 10) {
                return "'\(run.text)' is huge: \(run.style.size)"
            }
        }
        return nil
    }

    /// As many as RAUT_SCENES says.
    private static let sceneCount =
        ProcessInfo.processInfo.environment["RAUT_SCENES"].flatMap { Int($0) } ?? 1500

    @Test("no label hides eyes, a mouth, another face or another label, in many made-up scenes")
    func scenes() throws {
        let layout = SceneLayout(text: try PangoText())
        var scenes = Scenes(seed: 21)
        var labels: [LabelKind: Int] = [:]
        var faults = 0
        for number in 0..<Self.sceneCount {
            let canvas = scenes.canvas()
            let faces = scenes.faces(in: Int(canvas.picture.width), Int(canvas.picture.height))
            var options = DrawingOptions()
            options.language = scenes.flip() ? .english : .indonesian
            options.showsBars = scenes.integer(0...3) > 0
            var notes = Notes()
            if scenes.flip() { notes.status = "30.0 frames/s   12.3 ms" }
            if scenes.flip() { notes.message = "saved /home/somebody/Pictures/raut-20261126-201530.png" }
            if scenes.integer(0...3) == 0 { notes.smile = scenes.number(0...1) }
            if scenes.integer(0...7) == 0 {
                notes.challenge = ChallengeView(wanted: .surprise, progress: 0.4, score: 12)
            }
            if scenes.integer(0...7) == 0 { notes.hasLegend = true }
            // The boxes are in the picture's own pixels.
            let scaled = Canvas(
                width: Int(canvas.bounds.width), height: Int(canvas.bounds.height),
                pictureWidth: Int(canvas.picture.width), pictureHeight: Int(canvas.picture.height),
                density: canvas.density, isMirrored: canvas.isMirrored)
            let drawing = layout.arrange(faces, on: scaled, options: options, notes: notes)
            if let fault = fault(drawing, faces, scaled) {
                faults += 1
                if faults <= 5 { Issue.record("scene \(number): \(fault)") }
            }
            for part in drawing.parts {
                if case .label(let kind) = part.kind { labels[kind, default: 0] += 1 }
            }
        }
        #expect(faults == 0)
        #expect(labels[.full, default: 0] > Self.sceneCount / 2, "\(labels)")
        #expect(labels[.dot, default: 0] > Self.sceneCount / 100, "\(labels)")
    }

    @Test("one face has its panel, the others name their second emotion")
    func group() throws {
        let layout = SceneLayout(text: try PangoText())
        let canvas = Canvas(pictureWidth: 1280, pictureHeight: 720)
        var scenes = Scenes(seed: 1)
        let faces = (0..<4).map { index in
            DrawnFace(
                number: index,
                box: Rectangle(
                    x: 60 + 300 * index, y: 200, width: index == 2 ? 150 : 120, height: index == 2 ? 150 : 120
                ),
                probabilities: scenes.probabilities())
        }
        var drawing = layout.arrange(faces, on: canvas)
        #expect(drawing.parts.filter { $0.kind == .panel }.map(\.face) == [2])
        #expect(drawing.parts.filter { $0.kind == .label(.full) }.count == 4)
        var options = DrawingOptions()
        options.chosen = 0
        drawing = layout.arrange(faces, on: canvas, options: options)
        #expect(drawing.parts.filter { $0.kind == .panel }.map(\.face) == [0])
        options.showsBars = false
        drawing = layout.arrange(faces, on: canvas, options: options)
        #expect(!drawing.parts.contains { $0.kind == .panel })
    }

    @Test("a small picture says less, not smaller")
    func small() throws {
        let layout = SceneLayout(text: try PangoText())
        let face = DrawnFace(
            number: 1, box: Rectangle(x: 100, y: 70, width: 110, height: 110),
            probabilities: EmotionProbabilities(lanes: SIMD8(0, 0, 0, 0.9, 0, 0.1, 0, 0)))
        let small = layout.arrange([face], on: Canvas(pictureWidth: 320, pictureHeight: 240))
        #expect(!small.parts.contains { $0.kind == .panel })
        #expect(small.parts.contains { $0.kind == .label(.full) })
        let large = layout.arrange(
            [face], on: Canvas(width: 1280, height: 960, pictureWidth: 320, pictureHeight: 240))
        #expect(large.parts.contains { $0.kind == .panel })
    }

    @Test(
        "the model stands below the keys where all of these have room, and a long name is cut",
        arguments: [(320, 240, 1.0), (640, 480, 1), (1280, 720, 1), (3840, 2160, 2)], Language.allCases)
    func model(size: (Int, Int, Double), language: Language) throws {
        let layout = SceneLayout(text: try PangoText())
        let canvas = Canvas(
            width: size.0, height: size.1, pictureWidth: size.0, pictureHeight: size.1, density: size.2)
        var options = DrawingOptions()
        options.language = language
        func lines(_ model: String, keys: Int = 10) -> [TextRun] {
            var notes = Notes()
            notes.keys = (0..<keys).map { Notes.Key("Key \($0)", .keySnapshot) }
            notes.model = model
            let drawing = layout.arrange([], on: canvas, options: options, notes: notes)
            #expect(fault(drawing, [], canvas) == nil)
            return drawing.shapes.compactMap { if case .text(let run, _) = $0 { run } else { nil } }
        }
        let shown = lines("raut · int8")
        #expect(shown.count == 21 && shown.last?.text == "model: raut · int8")
        let above = shown.dropLast().map(\.bounds)
        #expect(above.allSatisfy { $0.y + $0.height <= shown[20].bounds.y })
        #expect(lines("raut · int8", keys: 0).isEmpty)
        #expect(lines("two\nlines").last?.text == "model: two lines")
        let long = try #require(lines(String(repeating: "long ", count: 100)).last)
        #expect(long.text.hasPrefix("model: long") && long.text.hasSuffix("…"))
    }

    @Test("an unsure reading is dashed and says so, or names its two")
    func certainty() throws {
        let layout = SceneLayout(text: try PangoText())
        func texts(_ lanes: SIMD8<Float>) -> ([String], Bool) {
            var options = DrawingOptions()
            options.showsBars = false
            let face = DrawnFace(
                number: 1, box: Rectangle(x: 300, y: 200, width: 200, height: 200),
                probabilities: EmotionProbabilities(lanes: lanes))
            let drawing = layout.arrange(
                [face], on: Canvas(pictureWidth: 1280, pictureHeight: 720), options: options)
            var isDashed = false
            var words: [String] = []
            for shape in drawing.shapes {
                if case .text(let run, _) = shape { words.append(run.text) }
                if case .stroke(_, _, let dash, _) = shape, dash > 0 { isDashed = true }
            }
            return (words, isDashed)
        }
        #expect(texts(SIMD8(0, 0, 0, 0.98, 0, 0, 0.02, 0)) == (["😄", "happy", "98%"], false))
        #expect(texts(SIMD8(0.4, 0, 0, 0, 0.35, 0, 0.25, 0)) == (["😠", "angry", "or", "sad?"], true))
        #expect(texts(SIMD8(0.3, 0.1, 0.1, 0.1, 0.2, 0.1, 0.1, 0)) == (["?", "unsure"], true))
    }

    @Test("values that are no numbers, and boxes of no size, trap nowhere")
    func nonsense() throws {
        let layout = SceneLayout(text: try PangoText())
        let canvas = Canvas(pictureWidth: 640, pictureHeight: 480)
        let boxes = [
            Rectangle(x: 0, y: 0, width: 0, height: 0), Rectangle(x: -9_000_000, y: 5, width: 10, height: 10),
            Rectangle(x: 5, y: 5, width: -10, height: 4),
            Rectangle(x: 10, y: 10, width: 90_000, height: 90_000),
            Rectangle(x: .min / 4, y: .max / 4, width: .max / 4, height: 3),
        ]
        for box in boxes {
            for tilt in [0, .nan, .infinity, 720.0] {
                let face = DrawnFace(
                    number: 1, box: box, tilt: tilt,
                    probabilities: EmotionProbabilities(lanes: SIMD8(.nan, .infinity, -3, 0, 1, 1, 1, 0)))
                _ = layout.arrange([face, face], on: canvas, at: 1)
            }
        }
        _ = layout.arrange(
            [], on: Canvas(width: 0, height: -4, pictureWidth: 0, pictureHeight: 0, density: .nan))
    }

    @Test("both languages have every line and name")
    func languages() {
        for language in Language.allCases {
            #expect(Set(Emotion.allCases.map { language.name(of: $0) }).count == 7)
            for phrase in Phrase.allCases { #expect(!language.line(phrase).isEmpty) }
        }
        #expect(Language(environment: ["LANG": "id_ID.UTF-8"]) == .indonesian)
        #expect(Language(environment: ["LANG": "id_ID.UTF-8", "LC_ALL": "C"]) == .english)
        #expect(Language(environment: [:]) == .english)
    }

    @Test("the last minute is kept by the second, what was not sure as a gap")
    func history() {
        var history = EmotionHistory()
        let happy = EmotionProbabilities(lanes: SIMD8(0, 0, 0, 1, 0, 0, 0, 0))
        for frame in 0..<90 { history.add(happy, at: Double(frame) / 30) }
        for frame in 0..<30 { history.add(.uniform, at: 3 + Double(frame) / 30) }
        history.add(happy, at: 6.5)
        #expect(history.seconds == [.happy, .happy, .happy, nil, nil, nil])
        for second in 0..<200 { history.add(happy, at: 7 + Double(second)) }
        #expect(history.seconds.count == 60)
        history.add(happy, at: .nan)
        history.add(happy, at: 1e300)
    }
}

private func == (left: ([String], Bool), right: ([String], Bool)) -> Bool {
    left.0 == right.0 && left.1 == right.1
}
