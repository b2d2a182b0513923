import EmotionRecognition
import FaceDetection
import Faces
import Imaging
import Testing

/// A network that has learnt nothing answers to what it is shown all the same.
@Suite("Occlusion maps")
struct OcclusionMapTests {
    private let recognizer = EmotionRecognizer(EmotionNetwork(NetworkConfiguration(.cnn), seed: 5))

    /// Even, but for stripes in the top left corner.
    private func corner() -> GrayImage {
        var crop = GrayImage(width: 48, height: 48, fill: 120)
        for y in 0..<12 { for x in 0..<12 where x % 3 == 0 { crop.pixels[y * 48 + x] = 250 } }
        return crop
    }

    @Test("where nothing is to be seen, smoothing takes nothing away")
    func even() {
        let map = OcclusionMap(of: GrayImage(width: 48, height: 48, fill: 90), by: recognizer)
        #expect(map.falls == [Float](repeating: 0, count: 144))
        #expect(map.weight(across: 0.5, down: 0.5) == 0)
    }

    @Test("only where something is to be seen does it matter, and the emotion is the likeliest")
    func onlyWhereSomethingIs() {
        let map = OcclusionMap(of: corner(), by: recognizer)
        #expect(map.emotion == recognizer.classify(corner()).mostLikely)
        // What is explained is what is shown: the answer of as many looks.
        let twice = OcclusionMap(of: corner(), by: recognizer, looks: .two)
        #expect(twice.emotion == recognizer.classify(corner(), looks: .two).mostLikely)
        #expect(twice.falls != map.falls)
        #expect(map.falls[0] != 0)
        for row in 0..<12 {
            // Patches reach six pixels around a cell's middle; cells that share none with the corner stay at 0.
            for column in 0..<12 where row > 5 || column > 5 { #expect(map.falls[row * 12 + column] == 0) }
        }
    }

    @Test("the surer a network is, the map stays: what falls are log-odds")
    func sure() {
        let crop = corner()
        let map = OcclusionMap(of: crop, by: recognizer)
        // A hundredth of the frequency of all others: a hundred times the odds.
        var frequencies = EmotionProbabilities.uniform
        frequencies[map.emotion] /= 100
        let surer = EmotionRecognizer(
            EmotionNetwork(NetworkConfiguration(.cnn), seed: 5),
            posterior: Posterior(frequencies: frequencies.normalized, frequencyExponent: 1))
        #expect(surer.classify(crop)[map.emotion] > 0.9)
        let sureMap = OcclusionMap(of: crop, by: surer)
        #expect(map.falls.contains { abs($0) > 0.01 })
        for (fall, sureFall) in zip(map.falls, sureMap.falls) { #expect(abs(fall - sureFall) < 1e-3) }
    }

    @Test("a face of a picture gives the map of its crop, and weights lie between 0 and 1")
    func ofAPicture() {
        var picture = GrayImage(width: 96, height: 80, fill: 120)
        let crop = corner()
        for y in 0..<48 {
            for x in 0..<48 { picture.pixels[(y + 20) * 96 + x + 30] = crop.pixels[y * 48 + x] }
        }
        let face = DetectedFace(box: Rectangle(x: 30, y: 20, width: 48, height: 48))
        let map = OcclusionMap(of: face, in: picture, by: recognizer)
        #expect(map == OcclusionMap(of: crop, by: recognizer))
        for place in stride(from: -0.5, through: 1.5, by: 0.1) {
            #expect((0...1).contains(map.weight(across: place, down: place)))
        }
    }
}
