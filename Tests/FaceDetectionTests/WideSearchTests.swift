import FaceDetection
import Faces
import Imaging
import Testing

/// A judge who knows where the face is.
private struct Knowing: FaceJudge {
    let thresholds = FaceThresholds.easy
    var face: Rectangle?
    /// How sure it is at most.
    var most: Float = 1

    func probability(of face: DetectedFace, in image: GrayImage) -> Float {
        self.face.map { most * Float($0.intersectionOverUnion(face.box)) } ?? 0
    }
}

extension FaceThresholds {
    /// Half of a face is enough.
    fileprivate static var easy: FaceThresholds {
        var thresholds = FaceThresholds()
        (thresholds.alone, thresholds.beside, thresholds.unseen) = (0.5, 0.5, 0.9)
        thresholds.filling = 0.6
        return thresholds
    }
}

@Suite("the wide search")
struct WideSearchTests {
    /// Where the astronaut's face is.
    private let face = Rectangle(x: 174, y: 63, width: 102, height: 102)
    private let search: WideSearch

    init() throws {
        let cascade = try HaarCascade(contentsOf: cascades + "frontalface_alt2.xml")
        search = try WideSearch(cascade: cascade, profileAt: cascades + "profileface.xml")
    }

    private func found(in image: GrayImage, face: Rectangle?, minSize: Int = 24) -> [DetectedFace] {
        var parameters = DetectionParameters()
        parameters.minSize = minSize
        var faces: [DetectedFace] = []
        search.addFaces(to: &faces, in: image, parameters: parameters, judge: Knowing(face: face))
        return faces
    }

    @Test(
        "finds a face that fills the picture or is cut by its border",
        arguments: [
            Rectangle(x: 174, y: 63, width: 102, height: 102),
            Rectangle(x: 184, y: 40, width: 140, height: 140),
            Rectangle(x: 140, y: 78, width: 170, height: 160),
        ])
    func cutFaces(part: Rectangle) throws {
        let image = try astronaut().cut(part)
        let known = Rectangle(
            x: face.x - part.x, y: face.y - part.y, width: face.width, height: face.height)
        let faces = found(in: image, face: known)
        #expect(faces.count == 1)
        #expect(faces.allSatisfy { $0.box.intersectionOverUnion(known) > 0.6 })
    }

    @Test("finds one in a picture of 44 pixels")
    func small() throws {
        let part = try astronaut().cut(Rectangle(x: 144, y: 33, width: 160, height: 160))
        var (image, resizer) = (GrayImage(), ImageResizer())
        resizer.resize(part, width: 44, height: 44, into: &image)
        let known = Rectangle(x: 8, y: 8, width: 28, height: 28)
        #expect(found(in: image, face: known).contains { $0.box.intersectionOverUnion(known) > 0.5 })
    }

    @Test("finds what only the judge sees, in a picture in which no cascade sees anything")
    func windows() {
        var image = GrayImage(width: 200, height: 160)
        for index in image.pixels.indices { image.pixels[index] = UInt8(index * 7 & 255) }
        let known = Rectangle(x: 60, y: 35, width: 100, height: 100)
        let faces = found(in: image, face: known)
        #expect(faces.count == 1)
        #expect(faces.allSatisfy { $0.box.intersectionOverUnion(known) >= 0.9 })
    }

    @Test(
        "takes a judge's word sooner for what fills the picture than for one window of many",
        arguments: [true, false])
    func filling(fills: Bool) {
        var image = GrayImage(width: fills ? 140 : 260, height: 140)
        for index in image.pixels.indices { image.pixels[index] = UInt8(index * 7 & 255) }
        let judge = Knowing(face: Rectangle(x: 20, y: 20, width: 100, height: 100), most: 0.75)
        var parameters = DetectionParameters()
        parameters.minSize = 24
        var faces: [DetectedFace] = []
        search.addFaces(to: &faces, in: image, parameters: parameters, judge: judge)
        #expect(faces.count == (fills ? 1 : 0))
    }

    @Test("adds nothing that the judge does not take for a face, and nothing where faces are known already")
    func nothing() throws {
        let image = try astronaut()
        #expect(found(in: image, face: nil).isEmpty)
        var faces = [DetectedFace(box: face, neighbors: 9)]
        search.addFaces(to: &faces, in: image, parameters: .init(), judge: Knowing(face: face))
        #expect(faces == [DetectedFace(box: face, neighbors: 9)])
    }

    @Test(
        "takes every size of picture", arguments: [(0, 0), (1, 1), (1, 500), (11, 11), (12, 96), (4000, 13)])
    func sizes(width: Int, height: Int) {
        let image = GrayImage(width: width, height: height, fill: 90)
        _ = found(in: image, face: nil)
        for part in WideSearch.Part.allCases {
            var faces = [DetectedFace(box: face)]
            search.find(part, in: image, parameters: .init(), judge: Knowing(), into: &faces)
            #expect(faces.isEmpty)
        }
        #expect(search.sideOfTooSmallFace(in: image, parameters: .init(), judge: Knowing()) == nil)
    }

    @Test("live, finds a face cut by the border in the part that looks for it")
    func live() throws {
        let part = Rectangle(x: 184, y: 0, width: 328, height: 300)
        let known = Rectangle(x: face.x - part.x, y: face.y, width: face.width, height: face.height)
        var faces: [DetectedFace] = []
        search.find(
            .ahead, in: try astronaut().cut(part), parameters: .init(), judge: Surely(), into: &faces)
        #expect(faces.contains { $0.box.intersectionOverUnion(known) > 0.5 })
    }

    @Test("a window beside a face is moved to it before it is refused")
    func beside() throws {
        let image = try astronaut()
        let judge = Knowing(face: face)
        var near = DetectedFace(box: face)
        near.box.x += 8
        near.box.y -= 8
        #expect(!judge.believes(near, in: image, from: 0.85))
        let found = judge.believed(near, in: image, from: 0.85)
        #expect((found?.box.intersectionOverUnion(face) ?? 0) > 0.85)
        near.box.x += 60
        #expect(judge.believed(near, in: image, from: 0.85) == nil)
    }

    @Test("tells the size of a face that is too small to be looked for")
    func tooSmall() throws {
        var (image, resizer) = (GrayImage(), ImageResizer())
        resizer.resize(try astronaut(), width: 256, height: 256, into: &image)
        let side = search.sideOfTooSmallFace(in: image, parameters: .init(), judge: Surely())
        #expect(side.map { (40...72).contains($0) } == true)
    }

    @Test("follows the size of the picture with the smallest face")
    func smallest() {
        let sides = [(64, 64), (224, 300), (640, 480), (1920, 1080)].map {
            DetectionParameters.standardMinSize(width: $0.0, height: $0.1)
        }
        #expect(sides == [24, 28, 60, 80])
    }
}

/// A judge who takes everything for a face.
private struct Surely: FaceJudge {
    let thresholds = FaceThresholds.easy

    func probability(of face: DetectedFace, in image: GrayImage) -> Float { 0.99 }
}

@Test("of boxes in one another that stays which looks most like a face")
func nested() {
    let outer = DetectedFace(box: Rectangle(x: 10, y: 10, width: 100, height: 100))
    let inner = DetectedFace(box: Rectangle(x: 40, y: 60, width: 40, height: 40))
    let beside = DetectedFace(box: Rectangle(x: 130, y: 10, width: 100, height: 100))
    for (judge, kept) in [(Knowing(face: outer.box), outer), (Knowing(face: inner.box), inner)] {
        for order in [[outer, inner, beside], [inner, beside, outer]] {
            var faces = order
            judge.removeNested(&faces, in: GrayImage(width: 300, height: 200))
            #expect(Set(faces) == [kept, beside])
        }
    }
}

@Suite("turned pictures")
struct TurnTests {
    @Test(
        "a long strip is turned in pieces that have each face whole, and its canvases don't grow with its length",
        arguments: [
            (20_000, 40), (40, 20_000), (20_000, 12), (401, 100), (400, 100), (640, 480), (1, 1), (97, 20),
        ])
    func pieces(width: Int, height: Int) {
        let region = Rectangle(x: 7, y: 5, width: width, height: height)
        let short = min(width, height)
        let pieces = Turn.pieces(of: region, smallest: 24)
        #expect(pieces.allSatisfy { region.intersection($0) == $0 })
        // As long as the largest face fits: every place of it along the strip lies in a piece.
        let last = max(width, height) - short
        for start in stride(from: 0, through: last, by: max(1, last / 97)) {
            let face =
                width > height
                ? Rectangle(x: 7 + start, y: 5, width: short, height: short)
                : Rectangle(x: 7, y: 5 + start, width: short, height: short)
            #expect(pieces.contains { $0.intersection(face) == face })
        }
        // A turn of 26 degrees makes a canvas of at most so much more than what is turned.
        #expect(pieces.reduce(0) { $0 + $1.area } <= 2 * region.area)
        #expect(pieces.allSatisfy { max($0.width, $0.height) <= 4 * min($0.width, $0.height) })
    }

    @Test("a strip too narrow for a face is not turned, and a tilted face in a long one is found")
    func strips() throws {
        #expect(Turn.pieces(of: Rectangle(x: 0, y: 0, width: 20_000, height: 3), smallest: 24).isEmpty)
        let head = try astronaut().cut(Rectangle(x: 125, y: 14, width: 200, height: 200)).turned(by: 26)
        var strip = GrayImage(width: 3000, height: head.height, fill: 128)
        for y in 0..<head.height {
            for x in 0..<head.width {
                strip.pixels[y * strip.width + 2300 + x] = head.pixels[y * head.width + x]
            }
        }
        let detector = try FaceDetector(cascadeAt: cascades + "frontalface_alt2.xml")
        let faces = detector.detect(in: strip)
        #expect(faces.count == 1)
        let face = try #require(faces.first)
        #expect(face.tilt != 0 && abs(face.box.x + face.box.width / 2 - 2300 - head.width / 2) < 40)
    }
}
