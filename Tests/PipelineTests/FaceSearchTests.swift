import FaceDetection
import Faces
import Imaging
import Pipeline
import Testing
import Tracking

/// Finds one face wherever the search allows it, and counts how much was searched.
private final class CountingFinder: FaceFinding {
    var face: DetectedFace?
    /// Pixels searched, each region weighted by the share of sizes: the work of a scan falls with their square.
    var work = 0.0
    var calls = 0
    /// What only the second look sees.
    var followable: DetectedFace?
    var parts: [WideSearch.Part] = []
    var tooSmallSide: Int?
    /// How many regions were looked at a second time.
    var judgements = 0

    func findWide(
        _ part: WideSearch.Part, sizes: WideSearch.Sizes, in image: GrayImage, known: [DetectedFace],
        parameters: DetectionParameters, into faces: inout [DetectedFace]
    ) {
        parts.append(part)
        faces.removeAll()
        if part == .left, let followable { faces.append(followable) }
    }

    func follow(_ face: DetectedFace, in image: GrayImage) -> DetectedFace? {
        guard var followed = followable, followed.box.intersectionOverUnion(face.box) > 0.3 else {
            return nil
        }
        followed.neighbors = 0
        return followed
    }

    func sideOfTooSmallFace(in image: GrayImage, parameters: DetectionParameters) -> Int? { tooSmallSide }

    func detect(
        in image: GrayImage, region: Rectangle?, parameters: DetectionParameters,
        into faces: inout [DetectedFace]
    ) {
        let whole = Rectangle(x: 0, y: 0, width: image.width, height: image.height)
        let region = region?.intersection(whole) ?? whole
        let smallest = Double(parameters.minSize)
        let largest = Double(min(parameters.maxSize ?? .max, min(region.width, region.height)))
        work += Double(region.area) * max(0, 1 / (smallest * smallest) - 1 / (largest * largest))
        calls += 1
        // Halves of the picture are pieces of the scan, no places of faces.
        if parameters.isJudged, region.width < whole.width / 2 { judgements += 1 }
        faces.removeAll()
        guard let face, region.intersection(face.box) == face.box else { return }
        if Double(face.box.width) >= smallest, Double(face.box.width) <= largest { faces.append(face) }
    }
}

private let picture = GrayImage(width: 640, height: 480)

private func time(_ number: Int) -> UInt64 { UInt64(number) * 33_333_333 }

/// One frame: search and follow.
private func step(
    _ number: Int, _ search: inout FaceSearch, _ finder: CountingFinder, _ tracker: inout FaceTracker,
    frame: Int? = nil
) {
    var faces: [DetectedFace] = []
    var changes: [FaceChange] = []
    search.find(
        with: finder, in: picture, frame: frame ?? number, at: time(number), tracker: tracker, into: &faces)
    tracker.match(faces, at: time(number), unsearched: search.unsearched)
    tracker.update([], into: &changes)
}

/// A search that has seen its first frame, with a face in it, and what that cost.
private func begun(_ finder: CountingFinder) -> (FaceSearch, FaceTracker, full: Double) {
    finder.face = DetectedFace(box: Rectangle(x: 250, y: 150, width: 130, height: 130))
    var search = FaceSearch(parameters: DetectionParameters())
    var tracker = FaceTracker()
    step(0, &search, finder, &tracker)
    return (search, tracker, finder.work)
}

@Test("a steady face costs a small part of a full scan each frame")
func steady() {
    let finder = CountingFinder()
    let (begunSearch, begunTracker, full) = begun(finder)
    var (search, tracker) = (begunSearch, begunTracker)
    finder.work = 0
    for number in 1...300 { step(number, &search, finder, &tracker) }
    #expect(tracker.faces.map(\.number) == [1])
    #expect(finder.work / 300 < full * 0.2)
}

@Test(
    "a new face of any size is found within half a second of the frames, anywhere",
    arguments: [81, 120, 200, 400])
func newFace(side: Int) {
    for others in [false, true] {
        let finder = CountingFinder()
        var search = FaceSearch(parameters: DetectionParameters())
        var tracker = FaceTracker()
        var number = 0
        if others { finder.face = DetectedFace(box: Rectangle(x: 0, y: 0, width: 100, height: 100)) }
        for _ in 0..<20 {
            step(number, &search, finder, &tracker)
            number += 1
        }
        let known = tracker.faces.count
        #expect(known == (others ? 1 : 0))
        finder.face = DetectedFace(
            box: Rectangle(x: 640 - side, y: 480 - side, width: side, height: side))
        var frames = 0
        while !tracker.faces.contains(where: { $0.box.width > 0 && $0.number > known }), frames < 100 {
            step(number, &search, finder, &tracker)
            number += 1
            frames += 1
        }
        #expect(frames <= 15)
    }
}

@Test("frames far apart, and the first after a reset, are searched wholly in one go")
func farApart() {
    let finder = CountingFinder()
    finder.face = DetectedFace(box: Rectangle(x: 250, y: 150, width: 130, height: 130))
    var search = FaceSearch(parameters: DetectionParameters())
    var tracker = FaceTracker()
    for number in 0..<10 {
        finder.calls = 0
        step(5 * number, &search, finder, &tracker, frame: number)
        #expect(finder.calls == 1)
    }
    search.reset()
    finder.calls = 0
    step(46, &search, finder, &tracker)
    #expect(finder.calls == 1)
}

@Test("frames given up by a busy machine do not make it busier: the next ones are searched selectively")
func busy() {
    let finder = CountingFinder()
    let (begunSearch, begunTracker, full) = begun(finder)
    var (search, tracker) = (begunSearch, begunTracker)
    for number in stride(from: 10, to: 300, by: 10) {
        finder.work = 0
        step(number, &search, finder, &tracker)
        #expect(finder.work < full * 0.7)
    }
    #expect(tracker.faces.map(\.number) == [1])
}

@Test("a face found twice in a frame counts once, by the box with more neighbours")
func merged() {
    let finder = CountingFinder()
    let box = Rectangle(x: 250, y: 150, width: 130, height: 130)
    finder.face = DetectedFace(box: box, neighbors: 5)
    var search = FaceSearch(parameters: DetectionParameters())
    var tracker = FaceTracker()
    step(0, &search, finder, &tracker)
    step(1, &search, finder, &tracker)
    for number in 2..<20 {
        var faces: [DetectedFace] = []
        search.find(
            with: finder, in: picture, frame: number, at: time(number), tracker: tracker, into: &faces)
        #expect(faces.count == 1)
        var changes: [FaceChange] = []
        tracker.match(faces, at: time(number))
        tracker.update([], into: &changes)
    }
}

@Test(
    "a face turned aside, which the cascade never sees, is found in its turn and followed by the second look")
func turnedAside() {
    let finder = CountingFinder()
    var search = FaceSearch(parameters: DetectionParameters())
    var tracker = FaceTracker()
    for number in 0..<10 { step(number, &search, finder, &tracker) }
    finder.followable = DetectedFace(box: Rectangle(x: 250, y: 150, width: 130, height: 130))
    for number in 10..<60 { step(number, &search, finder, &tracker) }
    #expect(tracker.faces.map(\.number) == [1])
    for number in 60..<400 { step(number, &search, finder, &tracker) }
    #expect(tracker.faces.map(\.number) == [1])
    #expect(Set(finder.parts) == Set(WideSearch.Part.allCases))
}

@Test("of faces too many for a frame's time some are looked for in the next, and all stay in view")
func crowd() {
    final class Crowd: FaceFinding {
        let faces: [DetectedFace]
        var work = 0.0

        init() {
            faces = (0..<200).map { place in
                DetectedFace(
                    box: Rectangle(
                        x: place % 20 * 160 + 20, y: place / 20 * 160 + 20, width: 110, height: 110))
            }
        }

        func detect(
            in image: GrayImage, region: Rectangle?, parameters: DetectionParameters,
            into found: inout [DetectedFace]
        ) {
            let region = region ?? Rectangle(x: 0, y: 0, width: image.width, height: image.height)
            let (least, most) = (
                Double(parameters.minSize), Double(parameters.maxSize ?? min(region.width, region.height))
            )
            work += Double(region.area) * max(0, 1 / (least * least) - 1 / (most * most))
            found = faces.filter {
                region.intersection($0.box) == $0.box && (least...most).contains(Double($0.box.width))
            }
        }
    }
    let finder = Crowd()
    let image = GrayImage(width: 3200, height: 1600)
    var search = FaceSearch(parameters: DetectionParameters())
    var tracker = FaceTracker()
    var (faces, changes): ([DetectedFace], [FaceChange]) = ([], [])
    var whole = 0.0
    for number in 0..<90 {
        finder.work = 0
        search.find(
            with: finder, in: image, frame: number, at: time(number), tracker: tracker, into: &faces)
        if number == 0 { whole = finder.work }
        #expect(finder.work <= whole * 1.01)
        tracker.match(faces, at: time(number), unsearched: search.unsearched)
        tracker.update([], into: &changes)
    }
    #expect(tracker.faces.map(\.number) == Array(1...200))
}

@Test("a face that is too small is told of while none is followed")
func tooSmall() {
    let finder = CountingFinder()
    finder.tooSmallSide = 50
    var search = FaceSearch(parameters: DetectionParameters())
    var tracker = FaceTracker()
    for number in 0..<70 { step(number, &search, finder, &tracker) }
    #expect(search.tooSmallSide == 50)
    finder.face = DetectedFace(box: Rectangle(x: 250, y: 150, width: 130, height: 130))
    for number in 70..<100 { step(number, &search, finder, &tracker) }
    #expect(search.tooSmallSide == nil)
}

@Test(
    "a face that was large enough is kept in view where it seems a little smaller, and let go where it is small"
)
func aLittleSmaller() {
    let finder = CountingFinder()
    func face(_ side: Int) -> DetectedFace {
        DetectedFace(box: Rectangle(x: 250, y: 150, width: side, height: side))
    }
    finder.face = face(86)
    var search = FaceSearch(parameters: DetectionParameters())
    var tracker = FaceTracker()
    for number in 0..<30 { step(number, &search, finder, &tracker) }
    finder.face = face(70)
    for number in 30..<330 { step(number, &search, finder, &tracker) }
    #expect(tracker.faces.map(\.number) == [1])
    finder.face = face(50)
    for number in 330..<400 { step(number, &search, finder, &tracker) }
    #expect(tracker.faces.isEmpty)
}

@Test("a face that stays where it is is looked at a second time five times a second, a lost one at once")
func judgedSeldom() {
    let finder = CountingFinder()
    finder.face = DetectedFace(box: Rectangle(x: 250, y: 150, width: 130, height: 130))
    var search = FaceSearch(parameters: DetectionParameters())
    var tracker = FaceTracker()
    for number in 0..<30 { step(number, &search, finder, &tracker) }
    finder.judgements = 0
    for number in 30..<330 { step(number, &search, finder, &tracker) }
    #expect((45...55).contains(finder.judgements))

    // Gone: what comes in its place is judged, whenever the last look was.
    finder.face = nil
    for number in 330..<336 { step(number, &search, finder, &tracker) }
    finder.judgements = 0
    finder.face = DetectedFace(box: Rectangle(x: 250, y: 150, width: 130, height: 130))
    step(336, &search, finder, &tracker)
    #expect(finder.judgements >= 1)
}
