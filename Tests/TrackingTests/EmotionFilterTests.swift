import EmotionRecognition
import Faces
import Testing
import Tracking

private let parameters = EmotionFilter.Parameters()

private func probabilities(_ emotion: Emotion, _ confidence: Float) -> EmotionProbabilities {
    var lanes = SIMD8<Float>(repeating: (1 - confidence) / 6)
    lanes[emotion.rawValue] = confidence
    return EmotionProbabilities(lanes: lanes)
}

@Test("the first look is believed")
func first() {
    let filter = EmotionFilter(probabilities(.sad, 0.7))
    #expect(filter.emotion == .sad)
    #expect(abs(filter.probabilities[.sad] - 0.7) < 0.01)
}

@Test(
    "a steady face settles at the network's own probability, at any frame rate", arguments: [5.0, 30, 120],
    [0.6, 0.95])
func calibrated(rate: Double, confidence: Float) {
    var filter = EmotionFilter(probabilities(.neutral, 0.9))
    let seen = probabilities(.happy, confidence)
    for _ in 0..<Int(5 * rate) { _ = filter.update(seen, after: 1 / rate, parameters) }
    #expect(filter.emotion == .happy)
    #expect(abs(filter.probabilities[.happy] - confidence) < 0.01)
    #expect(abs(filter.probabilities.lanes.sum() - 1) < 1e-5)
}

@Test("a face that keeps its expression claims after a second what it claimed at its first look")
func honest() {
    let seen = probabilities(.happy, 0.9)
    var filter = EmotionFilter(seen)
    for _ in 0..<30 {
        _ = filter.update(seen, after: 1.0 / 30, parameters)
        #expect(abs(filter.probabilities[.happy] - 0.9) < 0.005)
    }
}

@Test("labels that flicker from frame to frame give one steady emotion")
func flicker() {
    var filter = EmotionFilter(probabilities(.happy, 0.5))
    var changes = 0
    for number in 0..<300 {
        let seen: Emotion = number % 3 == 0 ? .surprise : .happy
        if filter.update(probabilities(seen, 0.5), after: 1.0 / 30, parameters) { changes += 1 }
    }
    #expect(changes == 0)
    #expect(filter.emotion == .happy)
}

@Test("two emotions about equally likely do not take turns")
func hysteresis() {
    var filter = EmotionFilter(probabilities(.sad, 0.4))
    var changes = 0
    for number in 0..<300 {
        var seen = probabilities(.sad, 0.4)
        seen[.neutral] = number / 15 % 2 == 0 ? 0.42 : 0.38
        if filter.update(seen, after: 1.0 / 30, parameters) { changes += 1 }
    }
    #expect(changes == 0)
}

@Test("a clear change of expression is reported within half a second")
func prompt() {
    var filter = EmotionFilter(probabilities(.neutral, 0.8))
    for _ in 0..<60 { _ = filter.update(probabilities(.neutral, 0.8), after: 1.0 / 30, parameters) }
    var frames = 0
    while filter.emotion == .neutral, frames < 100 {
        _ = filter.update(probabilities(.surprise, 0.8), after: 1.0 / 30, parameters)
        frames += 1
    }
    #expect(frames >= 3)
    #expect(frames <= 15)
}

@Test("probabilities that are no numbers leave a proper distribution")
func notNumbers() {
    var filter = EmotionFilter(EmotionProbabilities(lanes: SIMD8(repeating: .nan)))
    _ = filter.update(EmotionProbabilities(lanes: SIMD8(repeating: .infinity)), after: .nan, parameters)
    _ = filter.update(EmotionProbabilities(lanes: SIMD8(repeating: 0)), after: 1, parameters)
    #expect(abs(filter.probabilities.lanes.sum() - 1) < 1e-5)
}
