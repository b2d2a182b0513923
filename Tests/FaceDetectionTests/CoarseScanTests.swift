import FaceDetection
import Faces
import Imaging
import System
import Testing

@Suite("the coarse search")
struct CoarseScanTests {
    private let detector: FaceDetector

    init() throws { detector = try FaceDetector(cascadeAt: cascades + "frontalface_alt2.xml") }

    @Test("finds the face of the whole search, at its place but for a tenth of its size")
    func upright() throws {
        let picture = try astronaut()
        var (image, resizer) = (GrayImage(), ImageResizer())
        for side in [420, 512, 700, 1100] {
            resizer.resize(picture, width: side, height: side, into: &image)
            for shift in [0, 3, 7] {
                let part = image.cut(Rectangle(x: shift, y: shift, width: side - 8, height: side - 8))
                var parameters = DetectionParameters()
                parameters.findsTilted = false
                let whole = detector.detect(in: part, parameters: parameters)
                parameters.isCoarse = true
                let coarse = detector.detect(in: part, parameters: parameters)
                #expect(whole.count == 1 && coarse.count == 1, "\(side), \(shift)")
                #expect(
                    zip(whole, coarse).allSatisfy { $0.box.intersectionOverUnion($1.box) > 0.7 },
                    "\(side), \(shift): \(whole), \(coarse)")
            }
        }
    }

    @Test("finds a tilted head", arguments: [-30.0, 30])
    func tilted(tilt: Double) throws {
        let image = try astronaut().cut(Rectangle(x: 74, y: 0, width: 300, height: 230)).turned(by: tilt)
        var parameters = DetectionParameters()
        (parameters.isCoarse, parameters.onlyTilt) = (true, tilt < 0 ? .left : .right)
        let faces = detector.detect(in: image, parameters: parameters)
        #expect(faces.count == 1)
        let middle = Rectangle(x: 100, y: 64, width: 102, height: 102)
        #expect(faces.allSatisfy { $0.box.intersectionOverUnion(middle) > 0.6 })
    }

    @Test("gives boxes in pixels of the picture where a region is searched")
    func region() throws {
        var parameters = DetectionParameters()
        (parameters.isCoarse, parameters.findsTilted) = (true, false)
        var faces: [DetectedFace] = []
        detector.detect(
            in: try astronaut(), region: Rectangle(x: 120, y: 20, width: 300, height: 300),
            parameters: parameters, into: &faces)
        let face = Rectangle(x: 174, y: 63, width: 102, height: 102)
        #expect(faces.count == 1)
        #expect(faces.allSatisfy { $0.box.intersectionOverUnion(face) > 0.8 })
    }

    @Test("judges an eighth of the windows")
    func eighth() {
        func windows(isCoarse: Bool) -> Int {
            var parameters = DetectionParameters()
            parameters.isCoarse = isCoarse
            var plan = ScanPlan()
            plan.prepare(
                for: .init(width: 640, height: 480, parameters: parameters), window: (width: 20, height: 20))
            return plan.jobs.reduce(0) {
                $0 + $1.rowCount * plan.layers[$1.scale].scale.windowColumns((width: 20, height: 20))
            }
        }
        #expect(windows(isCoarse: true) * 100 < windows(isCoarse: false) * 16)
    }

    @Test("finds nothing in a picture of nothing, and raw windows where no neighbours are asked for")
    func nothing() throws {
        var parameters = DetectionParameters()
        parameters.isCoarse = true
        let flat = GrayImage(width: 300, height: 200, fill: 90)
        #expect(detector.detect(in: flat, parameters: parameters).isEmpty)
        parameters.minNeighbors = 0
        #expect(detector.detect(in: try astronaut(), parameters: parameters).count > 1)
    }
}

/// A judge who counts how often it is asked.
private final class Counting: FaceJudge {
    let thresholds = FaceThresholds()
    let count = Guarded(0)

    func probability(of face: DetectedFace, in image: GrayImage) -> Float {
        count.withLock { $0 += 1 }
        return 1
    }
}

@Test("the wide search does not ask about a face that was detected, but about one that was followed")
func wideSearchLeavesOutKnown() throws {
    let cascade = try HaarCascade(contentsOf: cascades + "frontalface_alt2.xml")
    let search = WideSearch(cascade: cascade, profile: nil)
    let face = Rectangle(x: 174, y: 63, width: 102, height: 102)
    var faces: [DetectedFace] = []
    for (neighbors, isFound) in [(9, false), (0, true)] {
        let judge = Counting()
        search.find(
            .ahead, in: try astronaut(), known: [DetectedFace(box: face, neighbors: neighbors)],
            parameters: .init(), judge: judge, into: &faces)
        #expect(faces.contains { $0.isSameFace(as: DetectedFace(box: face)) } == isFound)
        #expect(isFound == (judge.count.withLock { $0 } > 0))
    }
}

@Test("a mouth below a face's box is no second face; a face beside or half behind another is one")
func mouthBelow() {
    func face(_ x: Int, _ y: Int, _ side: Int) -> DetectedFace {
        DetectedFace(box: Rectangle(x: x, y: y, width: side, height: side))
    }
    // As they were found in a picture of one person.
    #expect(face(439, 624, 233).isSameFace(as: face(369, 391, 356)))
    #expect(face(1330, 1984, 122).isSameFace(as: face(1302, 1874, 174)))
    // Two people, one before the other.
    #expect(!face(95, 25, 44).isSameFace(as: face(38, 62, 137)))
    #expect(!face(0, 0, 100).isSameFace(as: face(65, 0, 100)))
}
