import Drawing
import Faces
import Foundation
import Imaging
import Testing

/// People before a camera: each sways, nods, walks past others now and then; the detector's box trembles.
private struct Walk {
    let frameRate = 30.0
    private var scenes = Scenes(seed: 5)
    private var phases: [Double] = []

    init(count: Int) { phases = (0..<count).map { _ in scenes.number(0...10) } }

    mutating func faces(frame: Int) -> [DrawnFace] {
        let time = Double(frame) / frameRate
        return phases.enumerated().compactMap { index, phase in
            // The last one leaves for ten seconds.
            if index == phases.count - 1, (20..<30).contains(time) { return nil }
            let walks = index == 1 ? 330 * sin(0.25 * time) : 0
            let side = 130 + 18 * sin(0.4 * time + phase) + 12 * Double(index)
            let x = 170 + 290 * Double(index) + walks + 14 * sin(0.9 * time + phase) + scenes.number(-2...2)
            let y = 260 + 40 * sin(0.5 * time + 2 * phase) + scenes.number(-2...2)
            let wave = Float(sin(0.7 * time + phase))
            let lanes = SIMD8<Float>(0.1, 0, 0, 0.45 + 0.45 * wave, 0, 0.1, 0.45 - 0.4 * wave, 0)
            return DrawnFace(
                number: index,
                box: Rectangle(
                    x: Int(x - side / 2), y: Int(y - side / 2), width: Int(side + scenes.number(-1.5...1.5)),
                    height: Int(side)),
                probabilities: EmotionProbabilities(lanes: lanes).normalized)
        }
    }
}

@Suite("steadiness")
struct SteadinessTests {
    @Test("over 60 seconds no label jumps: it goes with its face, or fades in elsewhere, and that seldom")
    func labels() throws {
        let layout = SceneLayout(text: try PangoText())
        let canvas = Canvas(pictureWidth: 1280, pictureHeight: 720)
        var walk = Walk(count: 4)
        var last: [Int: (part: Part, box: Bounds)] = [:]
        var (moves, jumps, frames, hidden) = (0, 0, 0, 0)
        for frame in 0..<1800 {
            let faces = walk.faces(frame: frame)
            let drawing = layout.arrange(faces, on: canvas, at: Double(frame) / walk.frameRate)
            var now: [Int: (part: Part, box: Bounds)] = [:]
            for face in faces {
                guard
                    let part = drawing.parts.first(where: {
                        if case .label = $0.kind { return $0.face == face.number }
                        return false
                    })
                else { continue }
                frames += 1
                if part.opacity < 1 { hidden += 1 }
                let box = canvas.place(face.box)
                now[face.number] = (part, box)
                guard let before = last[face.number] else { continue }
                if part.opacity == 0 {
                    moves += 1
                    continue
                }
                func least(_ values: [Double]) -> Double { values.map(abs).min() ?? 0 }
                // A label that grows with its words stays at one of its edges.
                let across = least([
                    part.bounds.x - before.part.bounds.x, part.bounds.right - before.part.bounds.right,
                    part.bounds.middleX - before.part.bounds.middleX,
                ])
                let down = least([
                    part.bounds.y - before.part.bounds.y, part.bounds.bottom - before.part.bounds.bottom,
                ])
                let ofFace = max(abs(box.middleX - before.box.middleX), abs(box.middleY - before.box.middleY))
                if max(across, down) > ofFace + 7 { jumps += 1 }
            }
            last = now
        }
        #expect(frames > 6000)
        #expect(jumps == 0)
        #expect(moves < 40, "\(moves) times a label went elsewhere")
        #expect(hidden < frames / 25, "\(hidden) of \(frames) labels were fading")
    }

    @Test("a face that trembles stands still, and its label with it")
    func trembling() throws {
        let layout = SceneLayout(text: try PangoText())
        let canvas = Canvas(pictureWidth: 1280, pictureHeight: 720)
        var scenes = Scenes(seed: 9)
        var places: Set<Bounds> = []
        for frame in 0..<300 {
            let face = DrawnFace(
                number: 1,
                box: Rectangle(
                    x: 400 + scenes.integer(-1...1), y: 300 + scenes.integer(-1...1), width: 200, height: 200),
                probabilities: EmotionProbabilities(lanes: SIMD8(0, 0, 0, 0.9, 0, 0.1, 0, 0)))
            let drawing = layout.arrange([face], on: canvas, at: Double(frame) / 30)
            for part in drawing.parts where part.kind == .label(.full) { places.insert(part.bounds) }
        }
        #expect(places.count == 1)
    }

    @Test("a face that has left is not drawn any more")
    func noGhost() throws {
        let layout = SceneLayout(text: try PangoText())
        let canvas = Canvas(pictureWidth: 1280, pictureHeight: 720)
        let face = DrawnFace(
            number: 1, box: Rectangle(x: 400, y: 300, width: 200, height: 200), probabilities: .uniform)
        _ = layout.arrange([face], on: canvas, at: 0)
        _ = layout.arrange([face], on: canvas, at: 1)
        let empty = layout.arrange([], on: canvas, at: 1.03)
        #expect(empty.shapes.isEmpty && empty.parts.isEmpty)
    }

    @Test("the panel stays with its face until another is clearly nearer for a while")
    func panel() throws {
        let layout = SceneLayout(text: try PangoText())
        let canvas = Canvas(pictureWidth: 1280, pictureHeight: 720)
        var owners: [Int?] = []
        for frame in 0..<300 {
            let wave = 10 * sin(Double(frame) / 7)
            let faces = (0..<2).map { index in
                let side = Int(150 + (index == 0 ? wave : -wave) + (index == 1 && frame >= 200 ? 80 : 0))
                return DrawnFace(
                    number: index, box: Rectangle(x: 300 + 450 * index, y: 300, width: side, height: side),
                    probabilities: .uniform)
            }
            let drawing = layout.arrange(faces, on: canvas, at: Double(frame) / 30)
            let owner = drawing.parts.first { $0.kind == .panel }?.face
            if owners.last != .some(owner) { owners.append(owner) }
        }
        #expect(owners.count == 2)
        #expect(owners.last == 1)
    }
}
