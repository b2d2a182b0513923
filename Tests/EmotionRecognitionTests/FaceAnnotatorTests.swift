import FaceDetection
import Imaging
import Testing

import EmotionRecognition
import Faces

@Suite("Annotated copies")
struct FaceAnnotatorTests {
    private let ground: UInt8 = 90
    private let happy = EmotionProbabilities(lanes: SIMD8(0.02, 0, 0.03, 0.8, 0.05, 0.04, 0.06, 0))

    private func drawn(_ faces: [FaceAnnotator.Face], width: Int = 640, height: Int = 480) throws
        -> ColorImage
    {
        var image = ColorImage(width: width, height: height)
        for index in image.pixels.indices { image.pixels[index] = ground }
        try FaceAnnotator().draw(faces, on: &image)
        return image
    }

    private func face(_ x: Int, _ y: Int, _ side: Int, tilt: Double = 0) -> FaceAnnotator.Face {
        .init(DetectedFace(box: Rectangle(x: x, y: y, width: side, height: side), tilt: tilt), happy)
    }

    private func color(_ image: ColorImage, _ x: Int, _ y: Int) -> Color {
        let at = (y * image.width + x) * 3
        return Color(red: image.pixels[at], green: image.pixels[at + 1], blue: image.pixels[at + 2])
    }

    /// The part of a box in which something was drawn.
    private func touched(_ image: ColorImage, _ x: Range<Int>, _ y: Range<Int>) -> Double {
        let count = y.reduce(0) { sum, row in
            sum + x.count { image.pixels[(row * image.width + $0) * 3] != ground }
        }
        return Double(count) / Double(x.count * y.count)
    }

    @Test("the box's line has the likeliest emotion's colour, and the face in it stays as it was")
    func box() throws {
        let image = try drawn([face(200, 150, 120)])
        #expect(color(image, 200, 210) == Emotion.happy.color)
        #expect(color(image, 260, 270) == Emotion.happy.color)
        #expect(touched(image, 206..<314, 156..<264) == 0)
    }

    @Test("the label stands above the box, or inside it at the picture's top")
    func label() throws {
        let middle = try drawn([face(200, 150, 120)])
        #expect(touched(middle, 205..<230, 130..<146) > 0.9)
        let top = try drawn([face(200, 2, 120)])
        #expect(touched(top, 210..<230, 10..<22) > 0.9)
    }

    @Test("the panel stands beside the face, on the side where it has room")
    func panel() throws {
        let left = try drawn([face(20, 150, 120)])
        #expect(touched(left, 160..<260, 160..<260) > 0.99)
        let right = try drawn([face(500, 150, 120)])
        #expect(touched(right, 400..<480, 160..<260) > 0.99)
    }

    @Test("no panel covers another face")
    func groups() throws {
        let faces = [(60, 60), (230, 60), (400, 60), (60, 280), (230, 280), (400, 280)].map {
            face($0.0, $0.1, 110)
        }
        let image = try drawn(faces)
        for face in faces {
            let box = face.face.box
            // At the foot there may be the strip.
            let covered = touched(
                image, (box.x + 6)..<(box.x + box.width - 6), (box.y + 6)..<(box.y + box.height * 7 / 10))
            #expect(covered == 0, "\(box)")
        }
    }

    @Test("a found face without emotion has its box alone")
    func detectOnly() throws {
        let box = Rectangle(x: 200, y: 150, width: 120, height: 120)
        let image = try drawn([.init(DetectedFace(box: box))])
        #expect(touched(image, 195..<330, 140..<280) > 0.02)
        #expect(touched(image, 330..<640, 0..<480) == 0)
        #expect(touched(image, 0..<640, 0..<140) == 0)
    }

    @Test("faces at the border, outside, tiny, huge or tilted trap nowhere")
    func anywhere() throws {
        for (x, y, side) in [
            (-50, -50, 100), (600, 440, 100), (-5000, 9000, 80), (10, 10, 1), (3, 3, 0), (-90, -90, 2000),
        ] {
            for tilt in [0.0, 26, -26] {
                let image = try drawn([face(x, y, side, tilt: tilt)])
                #expect(image.pixels.count == 640 * 480 * 3)
            }
        }
        #expect(try drawn([face(0, 0, 1)], width: 1, height: 1).width == 1)
        #expect(try drawn([face(0, 0, 20)], width: 20, height: 20).width == 20)
    }
}
