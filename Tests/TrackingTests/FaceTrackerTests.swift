import EmotionRecognition
import FaceDetection
import Faces
import Imaging
import Testing
import Tracking

private let frame: UInt64 = 33_333_333

private func face(_ x: Int, _ y: Int, _ side: Int = 100) -> DetectedFace {
    DetectedFace(box: Rectangle(x: x, y: y, width: side, height: side))
}

private func probabilities(_ emotion: Emotion, _ confidence: Float = 0.9) -> EmotionProbabilities {
    var lanes = SIMD8<Float>(repeating: (1 - confidence) / 6)
    lanes[emotion.rawValue] = confidence
    return EmotionProbabilities(lanes: lanes)
}

extension FaceTracker {
    /// One frame in which every face shows the same.
    fileprivate mutating func step(
        _ detections: [DetectedFace], frame number: Int, showing emotion: Emotion = .neutral
    ) -> [FaceChange] {
        var changes: [FaceChange] = []
        match(detections, at: UInt64(number) * frame)
        update(toRecognize.map { _ in probabilities(emotion) }, into: &changes)
        return changes
    }
}

private func appeared(_ changes: [FaceChange]) -> [Int] {
    changes.compactMap { if case .appeared(let face) = $0 { face.number } else { nil } }
}

private func left(_ changes: [FaceChange]) -> [Int] {
    changes.compactMap { if case .left(let face) = $0 { face.number } else { nil } }
}

@Test("a face is reported once it was detected twice, and keeps its number while it moves")
func keepsNumber() {
    var tracker = FaceTracker()
    #expect(tracker.step([face(50, 50)], frame: 1).isEmpty)
    #expect(tracker.faces.isEmpty)
    #expect(appeared(tracker.step([face(56, 52)], frame: 2)) == [1])
    for number in 3..<60 {
        #expect(tracker.step([face(50 + 6 * number, 50 + 2 * number)], frame: number).isEmpty)
        #expect(tracker.faces.map(\.number) == [1])
    }
    let box = tracker.faces[0].box
    #expect(abs(box.x - (50 + 6 * 59)) <= 2 && abs(box.y - (50 + 2 * 59)) <= 2)
}

@Test("a detection that does not come again is never reported")
func falseAlarm() {
    var tracker = FaceTracker()
    var changes: [FaceChange] = []
    changes += tracker.step([face(50, 50)], frame: 1)
    for number in 2..<60 { changes += tracker.step([], frame: number) }
    #expect(changes.isEmpty)
    #expect(tracker.isEmpty)
}

@Test("two faces that pass one another keep their numbers")
func crossing() {
    var tracker = FaceTracker()
    for number in 0..<40 {
        // 12 pixels a frame towards one another, 60 pixels apart in height.
        let there = face(20 + 12 * number, 100)
        let back = face(520 - 12 * number, 160)
        _ = tracker.step(number.isMultiple(of: 2) ? [there, back] : [back, there], frame: number)
    }
    #expect(tracker.faces.map(\.number) == [1, 2])
    #expect(tracker.faces[0].box.x > 400)
    #expect(tracker.faces[1].box.x < 100)
}

@Test("a face missed for a few frames is expected further along its way and found again there")
func missed() {
    var tracker = FaceTracker()
    for number in 0..<20 { _ = tracker.step([face(20 + 10 * number, 100)], frame: number) }
    for number in 20..<25 {
        #expect(left(tracker.step([], frame: number)).isEmpty)
        #expect(tracker.faces.map(\.number) == [1])
    }
    #expect(tracker.faces[0].box.x > 20 + 10 * 21)
    #expect(tracker.step([face(20 + 10 * 25, 100)], frame: 25).isEmpty)
    #expect(tracker.faces.map(\.number) == [1])
}

@Test("a face that stays away leaves once, and a new one gets a new number")
func leaves() {
    var tracker = FaceTracker()
    for number in 0...30 { _ = tracker.step([face(100, 100)], frame: number) }
    var changes: [FaceChange] = []
    for number in 31..<90 { changes += tracker.step([], frame: number) }
    #expect(left(changes) == [1])
    guard case .left(let departure)? = changes.first else { return }
    // Seen for 1.0 s, and then held to be in view for another 0.6 s: given up in the frame after that.
    #expect(abs(departure.seconds - 49 / 30) < 0.001)
    _ = tracker.step([face(100, 100)], frame: 90)
    #expect(appeared(tracker.step([face(100, 100)], frame: 91)) == [2])
}

@Test("a face that leaves is told of with the emotion that it showed most, and the mean of all")
func departure() {
    var tracker = FaceTracker()
    for number in 0..<20 { _ = tracker.step([face(100, 100)], frame: number, showing: .sad) }
    for number in 20..<100 { _ = tracker.step([face(100, 100)], frame: number, showing: .happy) }
    var departures: [FaceDeparture] = []
    tracker.departures(into: &departures)
    var changes: [FaceChange] = []
    tracker.leaveAll(into: &changes)
    #expect(changes == departures.map { .left($0) })
    let emotions = departures[0].emotions
    #expect(departures[0].dominant == .happy)
    #expect((0.15...0.35).contains(emotions[.sad]) && (0.55...0.8).contains(emotions[.happy]))
    #expect(abs(emotions.lanes.sum() - 1) < 1e-5)
}

@Test("every face that appeared leaves when the source is lost")
func leaveAll() {
    var tracker = FaceTracker()
    for number in 0..<3 { _ = tracker.step([face(100, 100), face(400, 100)], frame: number) }
    var changes: [FaceChange] = []
    tracker.leaveAll(into: &changes)
    #expect(left(changes) == [1, 2])
    #expect(tracker.faces.isEmpty)
    changes = []
    tracker.leaveAll(into: &changes)
    #expect(changes.isEmpty)
}

@Test("a second box on a face already seen is no second face")
func duplicate() {
    var tracker = FaceTracker()
    for number in 0..<5 { _ = tracker.step([face(100, 100), face(120, 120, 60)], frame: number) }
    #expect(tracker.faces.count == 1)
}

@Test("a box twice as far away as a face is wide is another face")
func jump() {
    var tracker = FaceTracker()
    for number in 0..<3 { _ = tracker.step([face(100, 100)], frame: number) }
    for number in 3..<5 { _ = tracker.step([face(300, 100)], frame: number) }
    #expect(tracker.faces.map(\.number) == [1, 2])
}

@Test("a face is looked at again only after the interval")
func recognitionInterval() {
    var parameters = TrackingParameters()
    parameters.recognitionInterval = 0.05
    var tracker = FaceTracker(parameters: parameters)
    var looks: [Int] = []
    for number in 0..<7 {
        _ = tracker.step([face(100, 100)], frame: number)
        looks.append(tracker.toRecognize.count)
    }
    #expect(looks == [1, 0, 1, 0, 1, 0, 1])
}

@Test("a face is looked at both ways round at first and after a pause, by turns between")
func looks() {
    var tracker = FaceTracker()
    var looks: [[Look]] = []
    for number in [0, 1, 2, 3, 10, 11] {
        _ = tracker.step(
            number < 2 ? [face(50, 50)] : [face(50, 50), face(300, 50)], frame: number)
        looks.append(tracker.looks)
    }
    #expect(
        looks == [
            [.bothWays], [.mirrored], [.asItIs, .bothWays], [.mirrored, .mirrored], [.bothWays, .bothWays],
            [.mirrored, .mirrored],
        ])
}

@Test("clocks that stand still or go back, and boxes without area, do no harm")
func oddInput() {
    var tracker = FaceTracker()
    var changes: [FaceChange] = []
    for time: UInt64 in [5, 5, 3, .max, 0, .max] {
        tracker.match(
            [face(10, 10), face(0, 0, 0), face(-5000, 90_000, 70), face(10, 10, -3)], at: time)
        tracker.update([], into: &changes)
    }
    #expect(tracker.faces.allSatisfy { $0.probabilities == .uniform })
}

@Test("a changed expression is reported once, with the new emotion")
func changed() {
    var tracker = FaceTracker()
    for number in 0..<30 { _ = tracker.step([face(100, 100)], frame: number, showing: .neutral) }
    var emotions: [Emotion] = []
    for number in 30..<60 {
        for case .changed(let face) in tracker.step([face(100, 100)], frame: number, showing: .happy) {
            emotions.append(face.emotion)
        }
    }
    #expect(emotions == [.happy])
}

@Test("a face that is skipped keeps what it had; a new one is not reported before it was looked at")
func skipped() {
    var tracker = FaceTracker()
    var changes: [FaceChange] = []
    for number in 0..<3 {
        tracker.match([face(100, 100)], at: UInt64(number) * frame)
        tracker.choose([.skip])
        #expect(tracker.toRecognize.isEmpty && tracker.looks.isEmpty)
        tracker.update([], into: &changes)
    }
    #expect(changes.isEmpty && tracker.faces.isEmpty)
    #expect(appeared(tracker.step([face(100, 100)], frame: 3, showing: .happy)) == [1])
    let before = tracker.faces[0]
    tracker.match([face(100, 100)], at: 4 * frame)
    tracker.choose([.skip])
    tracker.update([], into: &changes)
    #expect(tracker.faces[0].probabilities == before.probabilities)
    #expect(tracker.faces[0].rawProbabilities == before.rawProbabilities)
}

@Test("choices belong to their faces: of three, the one chosen is looked at and takes what is said of it")
func chosen() {
    var tracker = FaceTracker()
    let faces = [face(0, 0), face(200, 0), face(400, 0)]
    for number in 0..<3 { _ = tracker.step(faces, frame: number) }
    var changes: [FaceChange] = []
    tracker.match(faces, at: 4 * frame)
    var numbers: [Int] = []
    tracker.forEachCandidate { numbers.append($0.number) }
    tracker.choose(numbers.map { $0 == 2 ? .look : .skip })
    #expect(tracker.toRecognize.map(\.box.x) == [200])
    tracker.update([probabilities(.sad, 0.99)], into: &changes)
    let sad = tracker.faces.map { $0.probabilities[.sad] }
    #expect(sad[1] > sad[0] + 0.05 && sad[0] == sad[2])
}

@Test("a still face is looked at one way round, and both looks together are its answer")
func lookedAtAgain() {
    var tracker = FaceTracker()
    var changes: [FaceChange] = []
    _ = tracker.step([face(100, 100)], frame: 0)
    for (number, emotion) in [(6, Emotion.happy), (12, .sad)] {
        tracker.match([face(100, 100)], at: UInt64(number) * frame)
        #expect(tracker.looks == [.bothWays])
        tracker.choose([.lookAgain])
        #expect(tracker.looks == [number == 6 ? .mirrored : .asItIs])
        tracker.update([probabilities(emotion)], into: &changes)
    }
    let raw = tracker.faces[0].rawProbabilities
    #expect(abs(raw[.happy] - raw[.sad]) < 1e-6 && raw[.happy] > 0.4)
}

@Test("where looks take turns, all but the first are one way round, however long ago the last was")
func turns() {
    var tracker = FaceTracker()
    var changes: [FaceChange] = []
    for (number, look) in [(0, Look.bothWays), (6, .mirrored), (12, .asItIs)] {
        tracker.match([face(100, 100)], at: UInt64(number) * frame)
        tracker.choose([.look], takesTurns: true)
        #expect(tracker.looks == [look])
        tracker.update([probabilities(.happy)], into: &changes)
    }
}

@Test("the mean of a visit weighs looks by the time between them, not by their number")
func meanOfVisit() {
    var tracker = FaceTracker()
    // A second of sadness in 30 looks, then a second of happiness in 5.
    for number in 0..<30 { _ = tracker.step([face(100, 100)], frame: number, showing: .sad) }
    var changes: [FaceChange] = []
    for number in 30..<60 {
        tracker.match([face(100, 100)], at: UInt64(number) * frame)
        if number % 6 != 5 { tracker.choose([.skip]) }
        tracker.update(tracker.toRecognize.map { _ in probabilities(.happy) }, into: &changes)
    }
    var departures: [FaceDeparture] = []
    tracker.departures(into: &departures)
    let emotions = departures[0].emotions
    #expect(abs(emotions[.sad] - emotions[.happy]) < 0.25)
    #expect(emotions[.happy] > 0.3)
}
