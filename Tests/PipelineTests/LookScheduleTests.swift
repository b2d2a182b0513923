import FaceDetection
import Faces
import Imaging
import Pipeline
import Testing
import Tracking

private let frame: UInt64 = 33_333_333

private func face(_ x: Int, _ y: Int = 100, _ side: Int = 100) -> DetectedFace {
    DetectedFace(box: Rectangle(x: x, y: y, width: side, height: side))
}

/// A picture of blobs: another seed, another picture.
private func picture(_ seed: Int, width: Int = 640, height: Int = 480, lift: Int = 0) -> GrayImage {
    var image = GrayImage(width: width, height: height)
    for y in 0..<height {
        for x in 0..<width {
            let blob = ((x / 12) &* 7919 &+ (y / 12) &* 104_729 &+ seed &* 15_485_863) & 127
            image.pixels[y * width + x] = UInt8(40 + blob + lift)
        }
    }
    return image
}

private let neutral = EmotionProbabilities(lanes: SIMD8(0.05, 0.05, 0.05, 0.05, 0.05, 0.05, 0.7, 0))

/// How many faces are looked at in each of so many frames of what `image` gives.
private func looks(
    _ count: Int, _ faces: [DetectedFace], busy: (Int) -> Bool = { _ in false }, hasTime: Bool = false,
    of image: (Int) -> GrayImage
) -> (counts: [Int], tracker: FaceTracker) {
    var (schedule, tracker, changes) = (LookSchedule(), FaceTracker(), [FaceChange]())
    var counts: [Int] = []
    for number in 0..<count {
        let time = UInt64(number) * frame
        tracker.match(faces, at: time)
        schedule.choose(
            from: &tracker, in: image(number), at: time, isBusy: busy(number), hasTime: hasTime)
        counts.append(tracker.toRecognize.count)
        tracker.update(tracker.toRecognize.map { _ in neutral }, into: &changes)
    }
    return (counts, tracker)
}

@Suite("When a face is looked at")
struct LookScheduleTests {
    @Test("a still face is looked at five times a second, not thirty, and no pause is longer than 0.2 s")
    func still() {
        let image = picture(1)
        let counts = looks(300, [face(100)]) { _ in image }.counts
        let total = counts.reduce(0, +)
        #expect((50...65).contains(total))
        let places = counts.indices.filter { counts[$0] > 0 }
        #expect(zip(places, places.dropFirst()).allSatisfy { $1 - $0 <= 6 })
    }

    @Test("light that rises everywhere is no change")
    func light() {
        let images = [picture(1), picture(1, lift: 25)]
        let total = looks(60, [face(100)]) { images[$0 / 15 % 2] }.counts.reduce(0, +)
        #expect(total <= 14)
    }

    @Test("a face that becomes another picture is looked at in that frame, however busy the frame")
    func sudden() {
        let images = [picture(1), picture(2)]
        for isBusy in [false, true] {
            let counts = looks(20, [face(100)], busy: { _ in isBusy }) { images[$0 < 8 ? 0 : 1] }.counts
            #expect(counts[8] == 1)
        }
    }

    @Test("a face that changes all the time is looked at in every frame")
    func restless() {
        let images = (0..<30).map { picture($0) }
        #expect(looks(30, [face(100)]) { images[$0] }.counts.allSatisfy { $0 == 1 })
    }

    @Test("a look that can wait does not fall into a frame that was searched besides")
    func avoidsBusyFrames() {
        let image = picture(1)
        let counts = looks(300, [face(100)], busy: { $0 % 2 == 1 }) { _ in image }.counts
        let busy = counts.indices.filter { $0 % 2 == 1 && counts[$0] > 0 }
        #expect(busy.isEmpty)
        #expect(counts.reduce(0, +) >= 50)
    }

    @Test(
        "of more faces than a frame has time for all get their turn, and none is reported before its first look"
    )
    func crowd() {
        let image = picture(1)
        // Seven looks a frame at 640×480.
        let faces = (0..<40).map { face($0 % 10 * 60, $0 / 10 * 60 + 20, 40) }
        let (counts, tracker) = looks(60, faces) { _ in image }
        #expect(counts.max() == 7)
        #expect(tracker.faces.count == 40)
        #expect(tracker.faces.allSatisfy { $0.probabilities[.neutral] > 0.5 })
        #expect(looks(1, faces, hasTime: true) { _ in image }.counts == [40])
    }

    @Test("a source whose time begins anew is looked at as new")
    func restart() {
        var (schedule, tracker, changes) = (LookSchedule(), FaceTracker(), [FaceChange]())
        let image = picture(1)
        for time in [50 * frame, 51 * frame, 0, frame] {
            if time == 0 { tracker.leaveAll(into: &changes) }
            tracker.match([face(100)], at: time)
            schedule.choose(from: &tracker, in: image, at: time, isBusy: false, hasTime: false)
            if time == 0 { #expect(tracker.toRecognize.count == 1) }
            tracker.update(tracker.toRecognize.map { _ in neutral }, into: &changes)
        }
    }
}

@Suite("The pieces of a scan")
struct ScanPiecesTests {
    @Test("two halves of a picture hold every face of the sizes that they are for, wherever it is")
    func halves() {
        for (width, height) in [(640, 480), (480, 640), (100, 90), (1, 1)] {
            let image = GrayImage(width: width, height: height)
            let largest = 60
            let regions = [ScanPieces.Half.first, .second].map {
                $0.region(of: image, largestFace: largest)
            }
            let whole = Rectangle(x: 0, y: 0, width: width, height: height)
            #expect(regions.allSatisfy { whole.intersection($0) == $0 })
            for start in 0...max(0, max(width, height) - largest) {
                let box =
                    width >= height
                    ? Rectangle(x: start, y: 0, width: min(largest, width), height: min(largest, height))
                    : Rectangle(x: 0, y: start, width: min(largest, width), height: min(largest, height))
                #expect(regions.contains { $0.intersection(box) == box })
            }
        }
    }

    @Test(
        "four rounds have every upright size four times, every tilt once and every wide part twice",
        arguments: [true, false])
    func everyPiece(findsTilted: Bool) {
        var parameters = DetectionParameters()
        parameters.findsTilted = findsTilted
        var pieces = ScanPieces()
        var (upright, tilted, wide) = (0, 0, [WideSearch.Part]())
        for _ in 0..<28 {
            switch pieces.next(for: parameters, isAlone: true) {
            case .scan(let sized, _) where sized.onlyTilt == nil: upright += 1
            case .scan: tilted += 1
            case .wide(let part, let sizes):
                wide.append(part)
                #expect(sizes == .all)
            case nil: Issue.record("a rest while nobody is followed")
            }
        }
        #expect(upright == 16)
        #expect(tilted == (findsTilted ? 6 : 0))
        #expect(Set(wide.prefix(3)).count == 3 && Set(wide.suffix(3)).count == 3)
        #expect(wide.count == (findsTilted ? 6 : 12))
    }

    @Test("while somebody is followed every wide part has its turn in two halves of the sizes")
    func widePieces() {
        var (pieces, wide) = (ScanPieces(), Set<String>())
        for _ in 0..<42 {
            let piece = pieces.next(for: .init(), isAlone: false)
            guard case .wide(let part, let sizes) = piece else { continue }
            wide.insert("\(part) \(sizes)")
        }
        #expect(wide.count == 6 && !wide.contains { $0.hasSuffix(" all") })
    }
}
