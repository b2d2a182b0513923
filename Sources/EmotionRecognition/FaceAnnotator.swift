import FaceDetection
import Faces
import Imaging

/// Draws what was found on a copy of the picture: a box on each face, a label, and a bar for each emotion.
///
/// Sizes follow the face's, so that a portrait and a group both stay readable. The bars stand in a panel beside
/// the face where one fits without covering another face, else in a strip under the box or at its foot.
public final class FaceAnnotator {
    /// A face and what it shows; no probabilities where the face was found only.
    public struct Face: Sendable {
        /// Where the face is.
        public var face: DetectedFace
        /// What it shows, or nil.
        public var probabilities: EmotionProbabilities?
        /// Where on it that is seen, to be painted over it, or nil.
        public var explanation: OcclusionMap?

        /// Makes one from what the detector and the recogniser say.
        public init(
            _ face: DetectedFace, _ probabilities: EmotionProbabilities? = nil,
            explanation: OcclusionMap? = nil
        ) {
            self.face = face
            self.probabilities = probabilities
            self.explanation = explanation
        }
    }

    /// The fonts in one text size.
    private struct Fonts {
        var regular: Font
        var bold: Font
    }

    private static let ground = Color(red: 18, green: 22, blue: 28, opacity: 0.78)
    private var fonts: [Int: Fonts] = [:]

    /// Makes an annotator.
    ///
    /// - Throws: ``FontError`` where the font is not installed, at once rather than at the first face.
    public init() throws(FontError) {
        _ = try fonts(size: 16)
    }

    /// Draws all faces of a picture: the boxes first, then the bars, and the labels on top, so that none is hidden.
    public func draw(_ faces: [Face], on image: inout ColorImage) throws(FontError) {
        var taken = faces.map { RoundedBox($0.face.box, tilt: $0.face.tilt) }
        var named: [(box: RoundedBox, probabilities: EmotionProbabilities, label: Label, fonts: Fonts)] = []
        for (face, box) in zip(faces, taken) {
            if let explanation = face.explanation { paint(explanation, on: box, of: &image) }
            let color = face.probabilities?.mostLikely.color ?? Color(red: 102, green: 217, blue: 160)
            frame(box, thickness(of: box), color, on: &image)
            guard let probabilities = face.probabilities else { continue }
            let fonts = try fonts(size: textSize(of: box, on: image))
            let label = label(probabilities, box, thickness(of: box), fonts, on: image)
            named.append((box, probabilities, label, fonts))
        }
        taken += named.map(\.label.box)
        for (box, probabilities, _, fonts) in named {
            if let panel = place(panel(fonts, box), beside: box, avoiding: taken, on: image) {
                draw(probabilities, in: panel, fonts, on: &image)
                taken.append(panel)
            } else {
                let strip = placeStrip(box, thickness(of: box), avoiding: taken, on: image)
                drawStrip(probabilities, in: strip, on: &image)
                taken.append(strip)
            }
        }
        for (_, probabilities, label, fonts) in named {
            draw(label, probabilities.mostLikely.color, fonts, on: &image)
        }
    }

    /// Yellow where it matters a little, red where it matters most, nothing where it does not.
    private func paint(_ explanation: OcclusionMap, on box: RoundedBox, of image: inout ColorImage) {
        image.shade(box) { across, down in
            let weight = explanation.weight(across: across, down: down)
            return Color(red: 255, green: UInt8(210 * (1 - weight)), blue: 0, opacity: 0.6 * weight)
        }
    }

    private func thickness(of box: RoundedBox) -> Double { min(12, max(2, box.width / 56)) }

    private func textSize(of box: RoundedBox, on image: ColorImage) -> Int {
        Int(min(40, Double(image.width) / 12, max(12, box.width / 11)).rounded())
    }

    private func fonts(size: Int) throws(FontError) -> Fonts {
        if let known = fonts[size] { return known }
        let made = Fonts(
            regular: try Font(size: Double(size) * 0.92), bold: try Font(size: Double(size), bold: true))
        fonts[size] = made
        return made
    }

    // MARK: - Box

    private func frame(_ box: RoundedBox, _ thickness: Double, _ color: Color, on image: inout ColorImage) {
        var box = box
        box.radius = box.width * 0.07
        // A dark rim keeps the line visible on a ground of its own colour.
        image.stroke(box, thickness: thickness + 2, .black.opacity(0.45))
        image.stroke(box, thickness: thickness, color)
    }

    // MARK: - Label

    private struct Label {
        var text: String
        var box: RoundedBox
    }

    /// The emotion and its probability, above the box, or inside where the picture ends.
    private func label(
        _ probabilities: EmotionProbabilities, _ box: RoundedBox, _ thickness: Double, _ fonts: Fonts,
        on image: ColorImage
    ) -> Label {
        let bounds = box.uprightBounds
        let padding = fonts.bold.size * 0.5
        let name = "\(probabilities.mostLikely)"
        let full = "\(name) \(percent(probabilities.confidence))"
        // Over a small face of a group the name alone has room.
        let text = fonts.bold.width(of: full) + 2 * padding > max(1.6 * bounds.width, 90) ? name : full
        let width = fonts.bold.width(of: text) + 2 * padding
        let height = fonts.bold.capHeight * 2.1
        let above = bounds.y - thickness / 2 - height - 3
        let y = above >= 0 ? above : min(max(0, bounds.y) + thickness, Double(image.height) - height)
        let left = above >= 0 ? bounds.x - thickness / 2 : bounds.x + thickness
        let x = max(0, min(left, Double(image.width) - width))
        return Label(
            text: text, box: RoundedBox(x: x, y: y, width: width, height: height, radius: height * 0.28))
    }

    private func draw(_ label: Label, _ color: Color, _ fonts: Fonts, on image: inout ColorImage) {
        image.fill(label.box.widened(by: 1), .black.opacity(0.45))
        image.fill(label.box, color)
        image.draw(
            label.text, x: label.box.x + fonts.bold.size * 0.5,
            baseline: label.box.y + (label.box.height + fonts.bold.capHeight) / 2, font: fonts.bold,
            color.luma > 110 ? Color(red: 18, green: 22, blue: 28) : .white)
    }

    private func percent(_ probability: Float) -> String { "\(Int((probability * 100).rounded()))%" }

    // MARK: - Panel

    /// The columns and rows of a panel of bars, in pixels.
    private struct PanelLayout {
        var padding: Double
        var rowHeight: Double
        var nameWidth: Double
        var barWidth: Double
        var numberWidth: Double

        var width: Double { 2 * padding + nameWidth + barWidth + numberWidth + 1.2 * padding }
        var height: Double { 2 * padding + rowHeight * Double(Emotion.allCases.count) }
    }

    private func layout(_ fonts: Fonts, barWidth: Double) -> PanelLayout {
        let names = Emotion.allCases.map { fonts.bold.width(of: "\($0)") * 0.92 }
        return PanelLayout(
            padding: fonts.regular.size * 0.7, rowHeight: fonts.regular.size * 1.5,
            nameWidth: names.max() ?? 0, barWidth: barWidth, numberWidth: fonts.regular.width(of: "100%"))
    }

    /// The panel's size, its place not yet chosen.
    private func panel(_ fonts: Fonts, _ box: RoundedBox) -> RoundedBox {
        let layout = layout(fonts, barWidth: max(box.width * 0.5, fonts.regular.size * 5))
        return RoundedBox(
            x: 0, y: 0, width: layout.width, height: layout.height, radius: layout.padding * 0.8)
    }

    /// The panel at the first side of the face where it lies in the picture and on nothing that is taken.
    private func place(
        _ panel: RoundedBox, beside box: RoundedBox, avoiding taken: [RoundedBox], on image: ColorImage
    ) -> RoundedBox? {
        let bounds = box.uprightBounds
        let gap = max(6, box.width * 0.05)
        let (width, height) = (Double(image.width), Double(image.height))
        let y = max(0, min(bounds.y, height - panel.height))
        let x = max(0, min(bounds.x, width - panel.width))
        let corners = [
            (bounds.x + bounds.width + gap, y), (bounds.x - gap - panel.width, y),
            (x, bounds.y + bounds.height + gap), (x, bounds.y - gap - panel.height),
        ]
        for (x, y) in corners {
            guard x >= 0, y >= 0, x + panel.width <= width, y + panel.height <= height else { continue }
            var placed = panel
            (placed.x, placed.y) = (x, y)
            if !taken.contains(where: { $0.uprightBounds.meets(placed) }) { return placed }
        }
        return nil
    }

    private func draw(
        _ probabilities: EmotionProbabilities, in panel: RoundedBox, _ fonts: Fonts,
        on image: inout ColorImage
    ) {
        image.fill(panel, Self.ground)
        var layout = layout(fonts, barWidth: 0)
        layout.barWidth = panel.width - layout.width
        for (row, emotion) in Emotion.allCases.enumerated() {
            let isBest = emotion == probabilities.mostLikely
            let text = isBest ? Color.white : Color(red: 200, green: 206, blue: 214)
            let middle = panel.y + layout.padding + (Double(row) + 0.5) * layout.rowHeight
            let baseline = middle + fonts.regular.capHeight / 2
            let left = panel.x + layout.padding
            image.draw("\(emotion)", x: left, baseline: baseline, font: fonts.regular, text)
            let barHeight = fonts.regular.size * 0.56
            var bar = RoundedBox(
                x: left + layout.nameWidth + layout.padding * 0.6, y: middle - barHeight / 2,
                width: layout.barWidth, height: barHeight, radius: barHeight / 2)
            image.fill(bar, .white.opacity(0.14))
            // A bar shorter than it is high would no longer be round.
            let length = bar.width * Double(min(1, max(0, probabilities[emotion])))
            if length >= 1 {
                bar.width = max(barHeight, length)
                image.fill(bar, emotion.color)
            }
            let number = percent(probabilities[emotion])
            let right = panel.x + panel.width - layout.padding
            image.draw(
                number, x: right - fonts.regular.width(of: number), baseline: baseline, font: fonts.regular,
                text)
        }
    }

    // MARK: - Strip

    /// Under the face, or at the foot of its box where the picture ends or another face is near.
    private func placeStrip(
        _ box: RoundedBox, _ thickness: Double, avoiding taken: [RoundedBox], on image: ColorImage
    ) -> RoundedBox {
        let bounds = box.uprightBounds
        let height = max(12, box.height * 0.25)
        var strip = RoundedBox(
            x: box.x - thickness / 2, y: bounds.y + bounds.height + thickness / 2 + 2,
            width: box.width + thickness, height: height, radius: min(4, height * 0.2))
        if strip.y + height <= Double(image.height), !taken.contains(where: { $0.uprightBounds.meets(strip) })
        {
            return strip
        }
        let inset = thickness / 2 + 2
        strip = RoundedBox(
            x: box.x + inset, y: box.y + box.height - height - inset, width: box.width - 2 * inset,
            height: height, radius: strip.radius)
        return strip
    }

    /// Seven upright bars: all that a face of a dense group has room for.
    private func drawStrip(
        _ probabilities: EmotionProbabilities, in ground: RoundedBox, on image: inout ColorImage
    ) {
        image.fill(ground, Self.ground)
        let step = (ground.width - 4) / Double(Emotion.allCases.count)
        for (column, emotion) in Emotion.allCases.enumerated() {
            let height = max(1, (ground.height - 4) * Double(min(1, max(0, probabilities[emotion]))))
            image.fill(
                RoundedBox(
                    x: ground.x + 2 + (Double(column) + 0.15) * step,
                    y: ground.y + ground.height - 2 - height,
                    width: step * 0.7, height: height, radius: min(2, step * 0.2)),
                emotion.color)
        }
    }
}

extension RoundedBox {
    /// The upright box around this one.
    fileprivate var uprightBounds: RoundedBox {
        let bounds = bounds
        return RoundedBox(
            x: bounds.left, y: bounds.top, width: bounds.right - bounds.left,
            height: bounds.bottom - bounds.top)
    }

    fileprivate func meets(_ other: RoundedBox) -> Bool {
        x < other.x + other.width && other.x < x + width && y < other.y + other.height && other.y < y + height
    }
}
