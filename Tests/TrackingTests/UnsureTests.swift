import Faces
import Testing
import Tracking

private func probabilities(_ emotion: Emotion, _ confidence: Float) -> EmotionProbabilities {
    var lanes = SIMD8<Float>(repeating: (1 - confidence) / 6)
    lanes[emotion.rawValue] = confidence
    return EmotionProbabilities(lanes: lanes)
}

@Test("an emotion that is more probably wrong than right is a guess")
func rule() {
    #expect(probabilities(.sad, 0.49).isUnsure)
    #expect(!probabilities(.sad, 0.51).isUnsure)
    #expect(EmotionProbabilities.uniform.isUnsure)
}

@Test("a face about as sure as a guess does not flicker between guess and answer")
func steadyGuess() {
    var filter = EmotionFilter(probabilities(.sad, 0.5))
    var flips = 0
    for number in 0..<300 {
        let before = filter.isUnsure
        _ = filter.update(
            probabilities(.sad, number / 10 % 2 == 0 ? 0.48 : 0.53), after: 1.0 / 30,
            EmotionFilter.Parameters())
        flips += filter.isUnsure == before ? 0 : 1
    }
    #expect(flips <= 1)
}

@Test("a face that becomes clear is an answer, and a guess again when it is not clear any more")
func becomesSure() {
    var filter = EmotionFilter(probabilities(.sad, 0.35))
    #expect(filter.isUnsure)
    for _ in 0..<30 { _ = filter.update(probabilities(.sad, 0.9), after: 1.0 / 30, .init()) }
    #expect(!filter.isUnsure)
    for _ in 0..<60 { _ = filter.update(probabilities(.sad, 0.3), after: 1.0 / 30, .init()) }
    #expect(filter.isUnsure)
}

@Test("a face that nobody looked for stays in view; one looked for in vain leaves")
func unsearched() {
    for isSearched in [false, true] {
        var tracker = FaceTracker()
        var changes: [FaceChange] = []
        for number in 0..<90 {
            tracker.match(
                number < 3 ? [DetectedFace(box: .init(x: 50, y: 50, width: 90, height: 90))] : [],
                at: UInt64(number) * 33_333_333, unsearched: isSearched ? [] : [1])
            tracker.update([], into: &changes)
        }
        #expect(tracker.faces.isEmpty == isSearched)
    }
}

@Test("a face that is only followed is told apart from one that is detected")
func followed() {
    var tracker = FaceTracker()
    for number in 0..<30 {
        let face = DetectedFace(
            box: .init(x: 50, y: 50, width: 90, height: 90), neighbors: number < 15 ? 4 : 0)
        tracker.match([face], at: UInt64(number) * 33_333_333)
    }
    var expected: [FaceTracker.Expectation] = []
    tracker.forEachExpected(at: 30 * 33_333_333) { expected.append($0) }
    #expect(expected.count == 1)
    #expect(
        expected.allSatisfy { abs($0.unseenFor - 0.033) < 0.01 && abs($0.undetectedFor - 16 * 0.0333) < 0.02 }
    )
}
