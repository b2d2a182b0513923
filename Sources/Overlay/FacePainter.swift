import CSDL2
import EmotionRecognition
import Faces
import Imaging
import Tracking

/// Draws faces over the picture: a box, a label, and a panel with a bar for each emotion.
final class FacePainter {
    private let shapes: ShapePainter
    private let text: TextPainter
    private var taken: [ViewBox] = []
    /// Made once: a text for each whole per cent, so that drawing a frame makes no strings.
    private let percents = (0...100).map { "\($0)%" }
    private let names = Emotion.allCases.map(\.description)
    private var labels: [String: String] = [:]

    static let ground = Color(red: 18, green: 22, blue: 28, opacity: 0.78)
    static let ink = Color(red: 18, green: 22, blue: 28)

    init(shapes: ShapePainter, text: TextPainter) {
        self.shapes = shapes
        self.text = text
    }

    /// Draws all faces.
    func draw(_ faces: [TrackedFace], in layout: ViewLayout, showsBars: Bool, isMirrored: Bool) {
        taken.removeAll(keepingCapacity: true)
        for face in faces { taken.append(layout.place(face.box)) }
        for (index, face) in faces.enumerated() {
            let box = taken[index]
            let tilt = Float(isMirrored ? -face.tilt : face.tilt)
            drawFrame(box, tilt, face.emotion.color, layout.scale)
            taken.append(drawLabel(of: face, at: box, layout))
            if showsBars { drawBars(of: face, beside: box, layout) }
        }
    }

    private func drawFrame(_ box: ViewBox, _ tilt: Float, _ color: Color, _ scale: Float) {
        let thickness = (3 * scale).rounded()
        let radius = 12 * scale
        // A dark rim keeps the line visible on a ground of its own colour.
        let rim = ViewBox(x: box.x - 1, y: box.y - 1, width: box.width + 2, height: box.height + 2)
        shapes.stroke(rim, radius: radius, thickness: thickness + 2, tilt: tilt, .black.opacity(0.4))
        shapes.stroke(box, radius: radius, thickness: thickness, tilt: tilt, color)
    }

    /// The emotion and its probability, above the box or inside where the picture ends; returns its place.
    private func drawLabel(of face: TrackedFace, at box: ViewBox, _ layout: ViewLayout) -> ViewBox {
        let scale = layout.scale
        let name = names[face.emotion.rawValue]
        let percent = percents[Self.percent(face.confidence)]
        let nameWidth = text.size(name, .title).width
        let gap = 8 * scale
        let padding = 10 * scale
        let height = 32 * scale
        let width = 2 * padding + nameWidth + gap + text.size("100%", .title).width
        let above = box.y - height - 4 * scale
        let y = above >= layout.picture.y ? above : max(layout.picture.y, box.y) + 6 * scale
        let x = max(
            layout.picture.x,
            min(above >= layout.picture.y ? box.x : box.x + 6 * scale, layout.picture.right - width))
        let label = ViewBox(x: x, y: y, width: width, height: height)
        let color = face.emotion.color
        shapes.fill(label, radius: 8 * scale, color)
        let ink = color.luma > 110 ? Self.ink : Color.white
        text.draw(name, .title, x: x + padding, middle: y + height / 2, ink)
        text.draw(
            percent, .title, x: x + padding + nameWidth + gap, middle: y + height / 2, ink.opacity(0.75))
        return label
    }

    private func drawBars(of face: TrackedFace, beside box: ViewBox, _ layout: ViewLayout) {
        let scale = layout.scale
        let padding = 12 * scale
        let row = 24 * scale
        var nameWidth: Float = 0
        for name in names { nameWidth = max(nameWidth, text.size(name, .strong).width) }
        let numberWidth = text.size("100%", .body).width
        let barWidth = 110 * scale
        let width = 4 * padding + nameWidth + barWidth + numberWidth
        let height = 2 * padding + row * Float(names.count)
        guard let panel = layout.place(panelWidth: width, panelHeight: height, beside: box, avoiding: taken)
        else { return drawStrip(of: face, in: box, scale) }
        taken.append(panel)
        shapes.fill(panel, radius: 10 * scale, Self.ground)
        for emotion in Emotion.allCases {
            let probability = face.probabilities[emotion]
            let isReported = emotion == face.emotion
            let ink = isReported ? Color.white : Color(red: 200, green: 206, blue: 214)
            let middle = panel.y + padding + (Float(emotion.rawValue) + 0.5) * row
            text.draw(
                names[emotion.rawValue], isReported ? .strong : .body, x: panel.x + padding, middle: middle,
                ink)
            let thickness = 9 * scale
            var bar = ViewBox(
                x: panel.x + 2 * padding + nameWidth, y: middle - thickness / 2, width: barWidth,
                height: thickness)
            shapes.fill(bar, radius: thickness / 2, .white.opacity(0.14))
            bar.width *= max(0, min(1, probability))
            if bar.width >= 1 {
                // A bar shorter than it is high would no longer be round.
                bar.width = max(bar.width, thickness)
                shapes.fill(bar, radius: thickness / 2, emotion.color)
            }
            let number = percents[Self.percent(probability)]
            let right = panel.right - padding
            text.draw(number, .body, x: right - text.size(number, .body).width, middle: middle, ink)
        }
    }

    /// Seven upright bars at the foot of the box: all that a face among others has room for.
    private func drawStrip(of face: TrackedFace, in box: ViewBox, _ scale: Float) {
        let inset = 6 * scale
        let height = min(box.height * 0.25, 48 * scale)
        let ground = ViewBox(
            x: box.x + inset, y: box.bottom - inset - height, width: box.width - 2 * inset, height: height)
        guard ground.width > 14, height > 6 else { return }
        shapes.fill(ground, radius: 6 * scale, Self.ground)
        let step = (ground.width - 2 * inset) / Float(names.count)
        for emotion in Emotion.allCases {
            let length = max(1, (height - 8 * scale) * max(0, min(1, face.probabilities[emotion])))
            let bar = ViewBox(
                x: ground.x + inset + (Float(emotion.rawValue) + 0.15) * step,
                y: ground.bottom - 4 * scale - length, width: step * 0.7, height: length)
            shapes.fill(bar, radius: 2 * scale, emotion.color)
        }
    }

    private static func percent(_ probability: Float) -> Int {
        probability.isFinite ? Int((max(0, min(1, probability)) * 100).rounded()) : 0
    }
}
