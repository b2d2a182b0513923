import FaceDetection
import FaceVerification
import Faces
import Imaging
import NeuralNetwork
import Testing
import Training

/// A judge who takes one place for a face.
private struct Mistaken: FaceJudge {
    let thresholds = FaceThresholds()
    let place: Rectangle

    func probability(of face: DetectedFace, in image: GrayImage) -> Float {
        Float(face.box.intersectionOverUnion(place))
    }
}

@Suite("Training of the second look")
struct VerifierTrainingTests {
    /// Dark eyes and a mouth on bright skin, each a little elsewhere; a mask has no mouth.
    private static func face(_ number: Int, isMask: Bool = false) -> [UInt8] {
        var random = Xoshiro256StarStar(seed: 5, 1, number)
        let (left, top) = (Int(random.uniform(in: -3...3)), Int(random.uniform(in: -3...3)))
        return (0..<48 * 48).map { place in
            let (x, y) = (place % 48 - left, place / 48 - top)
            let isEye = (14..<20).contains(y) && ((9..<18).contains(x) || (30..<39).contains(x))
            let isMouth = !isMask && (34..<38).contains(y) && (15..<33).contains(x)
            return UInt8((isEye || isMouth ? 40 : 190) + random.uniform(in: -20...20))
        }
    }

    /// Stripes and grain.
    private static func ground(_ number: Int) -> GrayImage {
        var random = Xoshiro256StarStar(seed: 6, 2, number)
        var image = GrayImage(width: 120, height: 90)
        for place in image.pixels.indices {
            let stripe = place % 120 / (5 + number) % 2 == 0 ? 60 : 170
            image.pixels[place] = UInt8(Float(stripe) + random.uniform(in: -40...40))
        }
        return image
    }

    /// Shows a face, or a mask, in a picture.
    private static func show(_ face: [UInt8], in image: inout GrayImage, x: Int, y: Int) {
        for place in face.indices {
            image.pixels[(y + place / 48) * image.width + x + place % 48] = face[place]
        }
    }

    private let cascade: HaarCascade
    private let profile = "/usr/share/opencv4/haarcascades/haarcascade_profileface.xml"

    init() throws {
        cascade = try HaarCascade(
            contentsOf: "/usr/share/opencv4/haarcascades/haarcascade_frontalface_alt2.xml")
    }

    @Test("a picture gives at most six windows that a judge takes for faces, moved to where he likes them")
    func mistakes() {
        let place = Rectangle(x: 40, y: 25, width: 40, height: 40)
        let ground = VerifierGround(image: Self.ground(0), face: nil)
        var found: [DetectedFace] = []
        for round in 0..<20 {
            var random = Xoshiro256StarStar(seed: 1, 3, round)
            let windows = ground.mistakes(of: Mistaken(place: place), &random)
            #expect(windows.count <= 6)
            #expect(windows.allSatisfy { $0.box.intersectionOverUnion(place) > 0.3 })
            found += windows
        }
        // A part of the picture is searched at a time; the place lies in most of them.
        #expect(found.count > 20)
        #expect(found.count { $0.box.intersectionOverUnion(place) > 0.75 } > found.count / 2)
    }

    @Test("the face of a photograph is never taken for a mistake")
    func spared() {
        let face = DetectedFace(box: Rectangle(x: 40, y: 25, width: 40, height: 40))
        let ground = VerifierGround(image: Self.ground(0), face: face)
        for round in 0..<20 {
            var random = Xoshiro256StarStar(seed: 1, 3, round)
            for window in ground.mistakes(of: Mistaken(place: face.box), &random) {
                #expect(window.box.intersectionOverUnion(face.box) <= 0.2)
            }
        }
    }

    @Test("it learns made-up faces, and masks that it took for some on the way, the same each time")
    func learns() throws {
        var faces = FaceDataSet()
        for number in 0..<40 {
            faces.pixels += Self.face(number)
            faces.labels.append(0)
            faces.usages.append(.training)
        }
        let wide = WideSearch(cascade: cascade, profile: try HaarCascade(contentsOf: profile))
        func trained() throws -> (VerifierTraining, [(loss: Double, accuracy: Double)]) {
            let training = VerifierTraining(faces: faces, threads: 1, leastWindows: 128)
            for number in 0..<2 {
                var ground = Self.ground(number)
                Self.show(Self.face(50 + number, isMask: true), in: &ground, x: 10, y: 20)
                Self.show(Self.face(60 + number, isMask: true), in: &ground, x: 65, y: 30)
                training.mine(ground, with: [FaceDetector(cascade: cascade)], wide)
            }
            #expect(training.minedCount >= 500)
            #expect(training.mistakeCount == 0)
            var epochs: [(Double, Double)] = []
            try training.run(epochs: 5, rate: 0.004) { epochs.append(($1, $2)) }
            return (training, epochs)
        }
        let (training, epochs) = try trained()
        #expect(epochs.count == 5)
        #expect(epochs[4].loss < epochs[0].loss)
        #expect(epochs[4].accuracy > 0.8)
        #expect(training.mistakeCount > 0)

        let judge = FaceVerifier(training.network)
        var picture = Self.ground(3)
        Self.show(Self.face(100), in: &picture, x: 30, y: 20)
        let box = DetectedFace(box: Rectangle(x: 31, y: 21, width: 46, height: 46))
        #expect(judge.probability(of: box, in: picture) > judge.probability(of: box, in: Self.ground(3)))

        let again = try trained().0
        #expect(again.mistakeCount == training.mistakeCount)
        #expect(
            again.network.parameters.map(\.value.elements)
                == training.network.parameters.map(\.value.elements))
    }
}
