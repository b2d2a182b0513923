import EmotionRecognition
import FaceDetection
import Faces
import Foundation
import Imaging
import Testing

@Suite("Several looks at a face in a picture")
struct PictureLooksTests {
    @Test("several looks are the mean of the logits of the face as it is, mirrored, smoothed, and both")
    func pictureLooks() {
        let recognizer = EmotionRecognizer(smallNetwork(.raut), posterior: Posterior(temperature: 1.1))
        let face = noiseFace(seed: 7)
        var mirror = face
        for y in 0..<48 {
            for x in 0..<48 { mirror.pixels[y * 48 + x] = face.pixels[y * 48 + 47 - x] }
        }
        let (one, two) = (recognizer.logits(face, looks: .one), recognizer.logits(face, looks: .two))
        let four = recognizer.logits(face, looks: .four)
        #expect(one == recognizer.logits(face))
        for (head, logits) in four.enumerated() {
            // The two others of four are those of two looks at the mirror image.
            let others = recognizer.logits(mirror, looks: .two)[head]
            for place in logits.indices {
                #expect(abs(logits[place] - (two[head][place] + others[place]) / 2) < 1e-4)
                #expect(abs(logits[place] - recognizer.logits(mirror, looks: .four)[head][place]) < 1e-4)
            }
            #expect(logits != two[head] && two[head] != one[head])
        }
        // An even face has nothing to smooth, and is its own mirror image.
        let even = GrayImage(width: 48, height: 48, fill: 77)
        let (once, twice) = (recognizer.logits(even, looks: .one), recognizer.logits(even, looks: .two))
        for (a, b) in zip(once.joined(), twice.joined()) { #expect(abs(a - b) < 1e-3) }

        let whole = DetectedFace(box: Rectangle(x: 0, y: 0, width: 48, height: 48))
        for looks in PictureLooks.allCases {
            let found = recognizer.recognize([whole, whole], looks: looks, in: face)
            let logits = recognizer.logits(face, looks: looks)
            let expected = recognizer.posterior.probabilities(logits)
            #expect(found == [expected, expected] && recognizer.classify(face, looks: looks) == expected)
        }
    }

    @Test("many faces are named by several threads as by one, in their order", arguments: [0, 1, 17, 50])
    func threads(count: Int) {
        let recognizer = EmotionRecognizer(smallNetwork(.raut))
        let faces = (0..<count).map {
            DetectedFace(box: Rectangle(x: $0 % 7, y: $0 / 7, width: 40, height: 40))
        }
        let picture = noiseFace(seed: 9)
        let one = recognizer.recognize(faces, looks: .two, in: picture)
        let three = recognizer.recognize(faces, looks: .two, in: picture, threads: 3)
        #expect(one.count == count && three == one)
        for (face, answer) in zip(faces, one) {
            #expect(recognizer.recognize([face], looks: .two, in: picture) == [answer])
        }
    }

    @Test("a smoothed look is that at a face smoothed by three points of a Gaussian, along rows and columns")
    func smoothedLook() {
        let recognizer = EmotionRecognizer(smallNetwork(.raut))
        // Smoothing leaves a known part of a wave. These are their own mirror images, and go on as such at the border.
        func part(_ wavelength: Double) -> Double { 0.787 + 0.213 * cos(2 * .pi / wavelength) }
        func face(_ slow: Double, _ fast: Double) -> GrayImage {
            func wave(_ place: Int, _ wavelength: Double) -> Double {
                cos(2 * .pi * (Double(place) + 0.5) / wavelength)
            }
            var face = GrayImage(width: 48, height: 48)
            for y in 0..<48 {
                for x in 0..<48 {
                    let level = 128 + 50 * slow * wave(x, 24) * wave(y, 24) + 70 * fast * wave(x, 4)
                    face.pixels[y * 48 + x] = UInt8(level.rounded())
                }
            }
            return face
        }
        let sharp = recognizer.logits(face(1, 1)).flatMap { $0 }
        let smooth = recognizer.logits(face(part(24) * part(24), part(4))).flatMap { $0 }
        // So two looks are the mean of it and of it smoothed.
        let expected = zip(sharp, smooth).map { ($0 + $1) / 2 }
        let found = recognizer.logits(face(1, 1), looks: .two).flatMap { $0 }
        func distance(_ a: [Float], _ b: [Float]) -> Float { zip(a, b).reduce(0) { $0 + abs($1.0 - $1.1) } }
        #expect(distance(found, expected) < 0.1 * distance(found, sharp))
    }
}
