import Drawing
import Faces
import Imaging
import Testing

@Suite("layer")
struct LayerTests {
    private func picture(_ width: Int, _ height: Int, gray: UInt8) -> ColorImage {
        var image = ColorImage(width: width, height: height)
        for index in image.pixels.indices { image.pixels[index] = gray }
        return image
    }

    @Test("what is drawn again cell by cell is what is drawn at once, over 60 scenes one after another")
    func cells() throws {
        let text = try PangoText()
        let layout = SceneLayout(text: text)
        let kept = DrawingLayer(text: text)
        var scenes = Scenes(seed: 4)
        var faces = scenes.faces(in: 640, 480)
        var redrawn = 0
        for frame in 0..<60 {
            if frame % 6 == 0 { faces = scenes.faces(in: 640, 480) }
            if !faces.isEmpty { faces[0].box.x += 3 }
            if faces.count > 1 { faces[1].probabilities = scenes.probabilities() }
            let drawing = layout.arrange(
                faces, on: Canvas(pictureWidth: 640, pictureHeight: 480), at: Double(frame) / 30)
            try kept.update(drawing, width: 640, height: 480)
            redrawn += kept.changed.reduce(0) { $0 + $1.area }
            let fresh = DrawingLayer(text: text)
            try fresh.update(drawing, width: 640, height: 480)
            var (one, other) = (picture(640, 480, gray: 90), picture(640, 480, gray: 90))
            kept.blend(onto: &one)
            fresh.blend(onto: &other)
            let worst = zip(one.pixels, other.pixels).map { abs(Int($0) - Int($1)) }.max() ?? 0
            // A shape cut by a clip is smoothed a little differently; what was forgotten would differ by far more.
            #expect(worst <= 8, "frame \(frame): \(worst)")
        }
        #expect(redrawn < 60 * 640 * 480 * 3 / 4, "most of it is drawn again each time: \(redrawn)")
    }

    @Test("a drawing that did not change is not drawn again")
    func unchanged() throws {
        let text = try PangoText()
        let layout = SceneLayout(text: text)
        let layer = DrawingLayer(text: text)
        var scenes = Scenes(seed: 8)
        let faces = scenes.faces(in: 640, 480) + scenes.faces(in: 640, 480)
        let canvas = Canvas(pictureWidth: 640, pictureHeight: 480)
        try layer.update(layout.arrange(faces, on: canvas), width: 640, height: 480)
        try layer.update(layout.arrange(faces, on: canvas), width: 640, height: 480)
        #expect(layer.changed.isEmpty)
        try layer.update(Drawing(), width: 640, height: 480)
        #expect(layer.covered.isEmpty)
        var image = picture(640, 480, gray: 90)
        layer.blend(onto: &image)
        #expect(image == picture(640, 480, gray: 90))
    }

    @Test("pixels for a texture and pixels laid over a picture are the same drawing")
    func copies() throws {
        let text = try PangoText()
        let layer = DrawingLayer(text: text)
        let face = DrawnFace(
            number: 1, box: Rectangle(x: 200, y: 150, width: 120, height: 120), tilt: 20,
            probabilities: EmotionProbabilities(lanes: SIMD8(0.3, 0, 0, 0.3, 0.2, 0.1, 0.1, 0)))
        try layer.update(
            SceneLayout(text: text).arrange([face], on: Canvas(pictureWidth: 640, pictureHeight: 480)),
            width: 640,
            height: 480)
        var image = picture(640, 480, gray: 60)
        layer.blend(onto: &image)
        var pixels: [UInt32] = []
        var worst = 0
        for box in layer.covered {
            layer.copy(box, into: &pixels)
            for index in 0..<box.area {
                let value = pixels[index]
                let alpha = Int(value >> 24)
                let at = 3 * ((box.y + index / box.width) * 640 + box.x + index % box.width)
                for (channel, shift) in [(0, 16), (1, 8), (2, 0)] {
                    let over = (Int(value >> UInt32(shift) & 0xFF) * alpha + 60 * (255 - alpha)) / 255
                    worst = max(worst, abs(over - Int(image.pixels[at + channel])))
                }
            }
        }
        #expect(worst <= 3)
    }

    @Test("a picture too large for Cairo is refused, not drawn wrongly")
    func tooLarge() throws {
        let layer = DrawingLayer(text: try PangoText())
        #expect(throws: DrawingError.tooLarge(width: 40_000, height: 2)) {
            try layer.update(Drawing(), width: 40_000, height: 2)
        }
        #expect(throws: DrawingError.self) { try layer.update(Drawing(), width: 0, height: 10) }
    }
}
