import CAllocationCounter
import EmotionRecognition
import FaceDetection
import Faces
import Foundation
import Imaging
import NeuralNetwork
import System
import Testing

/// A network of an architecture, small enough for a test, whose normalisation has statistics of its own.
func smallNetwork(_ architecture: Architecture) -> EmotionNetwork {
    var configuration = NetworkConfiguration(architecture)
    configuration.widths = [8, 16, 24, 32]
    configuration.hidden = 16
    let network = EmotionNetwork(configuration, seed: 11)
    var random = Xoshiro256StarStar(seed: 5)
    for statistic in network.statistics {
        for index in 0..<statistic.value.count {
            statistic.value[index] =
                statistic.name.hasSuffix("var") ? random.uniform(in: 0.5...2) : random.normal() * 0.2
        }
    }
    for parameter in network.parameters where !parameter.decays {
        for index in 0..<parameter.value.count { parameter.value[index] += 0.2 * random.normal() }
    }
    return network
}

func noiseFace(seed: UInt64) -> GrayImage {
    var random = Xoshiro256StarStar(seed: seed)
    var face = GrayImage(width: 48, height: 48)
    for index in face.pixels.indices { face.pixels[index] = UInt8(truncatingIfNeeded: random.next()) }
    return face
}

@Suite("The recogniser")
struct RecognizerTests {
    @Test(
        "gives the logits of the network it was made from, on every instruction set",
        arguments: Architecture.allCases, KernelSet.supported)
    func equalsNetwork(architecture: Architecture, kernels: KernelSet) {
        let network = smallNetwork(architecture)
        let recognizer = EmotionRecognizer(network, kernels: kernels)
        let execution = Execution(kernels: .portable)
        let input = Tensor([1, 48, 48, 1])
        for seed in 1...5 {
            let face = noiseFace(seed: UInt64(seed))
            let pixels = face.pixels.map { Float($0) }
            var target = input.mutableSpan
            network.configuration.preprocessing.apply(pixels.span, into: &target)
            let expected = network.forward(input, execution).map(\.elements)
            let found = recognizer.logits(face)
            #expect(found.count == expected.count)
            for (a, b) in zip(found.flatMap { $0 }, expected.flatMap { $0 }) { #expect(abs(a - b) < 1e-4) }
        }
    }

    @Test("gives the same to several threads at once")
    func threads() {
        let recognizer = EmotionRecognizer(smallNetwork(.raut))
        let faces = (0..<16).map { noiseFace(seed: UInt64($0)) }
        let alone = faces.map { recognizer.classify($0) }
        let together = Results(count: faces.count)
        DispatchQueue.concurrentPerform(iterations: faces.count) { index in
            for _ in 0..<5 { together.set(recognizer.classify(faces[index]), at: index) }
        }
        #expect(together.values == alone)
    }

    @Test("a saved model gives the same after it was read")
    func roundTrip() throws {
        for architecture in Architecture.allCases {
            let network = smallNetwork(architecture)
            let path = NSTemporaryDirectory() + "raut-model-\(UUID().uuidString).safetensors"
            defer { try? FileManager.default.removeItem(atPath: path) }
            let posterior = Posterior(
                frequencies: EmotionProbabilities(lanes: SIMD8(0.1, 0.2, 0.1, 0.2, 0.1, 0.2, 0.1, 0)),
                frequencyExponent: 0.5, temperature: 1.5, labelSmoothing: 0.1, ferplusShare: 0.6)
            try network.modelFile(extra: posterior.metadata).write(to: path)
            let read = try EmotionRecognizer(modelAt: path)
            #expect(read.posterior == posterior)
            #expect(read.configuration == network.configuration)
            #expect(
                read.classify(noiseFace(seed: 3))
                    == EmotionRecognizer(network, posterior: posterior).classify(noiseFace(seed: 3)))
        }
    }

    @Test("a face looked at mirrored is its mirror image, and both ways round the mean of the two")
    func looks() {
        let recognizer = EmotionRecognizer(smallNetwork(.raut))
        let face = noiseFace(seed: 7)
        var mirror = face
        for y in 0..<48 {
            for x in 0..<48 { mirror.pixels[y * 48 + x] = face.pixels[y * 48 + 47 - x] }
        }
        #expect(recognizer.logits(face, mirrored: true) == recognizer.logits(mirror))
        #expect(recognizer.logits(mirror) != recognizer.logits(face))

        let whole = DetectedFace(box: Rectangle(x: 0, y: 0, width: 48, height: 48))
        var found: [EmotionProbabilities] = []
        recognizer.recognize(
            [whole, whole, whole, whole], looks: [.asItIs, .mirrored, .bothWays], in: face, into: &found)
        #expect(found.count == 4)
        #expect(found[0] == recognizer.classify(face) && found[1] == recognizer.classify(mirror))
        #expect(found[2].lanes == (found[0].lanes + found[1].lanes) / 2)
        #expect(found[3] == found[0], "as it is, where no look is given")
    }

    @Test("allocates nothing per face after the first", arguments: PictureLooks.allCases)
    func allocations(looks: PictureLooks) {
        let recognizer = EmotionRecognizer(smallNetwork(.raut))
        let face = noiseFace(seed: 1)
        for _ in 0..<3 { _ = recognizer.classify(face, looks: looks) }
        let before = allocations_of_this_thread()
        for _ in 0..<20 { _ = recognizer.classify(face, looks: looks) }
        #expect(allocations_of_this_thread() == before)
        _ = [Int](repeating: 1, count: Int.random(in: 1000...1001))
        #expect(before < 0 || allocations_of_this_thread() > before, "the counter counts")
    }

    /// Values set by several threads.
    private final class Results: Sendable {
        private let stored: Guarded<[EmotionProbabilities]>
        init(count: Int) { stored = Guarded(Array(repeating: .uniform, count: count)) }
        func set(_ value: EmotionProbabilities, at index: Int) { stored.withLock { $0[index] = value } }
        var values: [EmotionProbabilities] { stored.withLock { $0 } }
    }
}

@Suite("A model file that can't be used is refused in one line")
struct ModelFileErrors {
    func refusal(_ change: (inout SafeTensors) -> Void) -> String? {
        var file = smallNetwork(.raut).modelFile()
        change(&file)
        do {
            _ = try EmotionNetwork(file, path: "m.safetensors")
            return nil
        } catch {
            return error.description
        }
    }

    @Test("a missing tensor, another shape, a number that is none")
    func tensors() {
        #expect(refusal { _ in } == nil)
        #expect(refusal { $0.entries.removeLast() }?.contains("lacks the tensor") == true)
        #expect(
            refusal { $0.entries[0].shape = [1, 1, 3, 3] }?.contains("has the shape [1, 1, 3, 3]") == true)
        #expect(refusal { $0.entries[0].values[0] = .nan }?.contains("no numbers") == true)
    }

    @Test("metadata that are missing, wrong, or of another architecture")
    func metadata() {
        #expect(refusal { $0.metadata["architecture"] = nil }?.contains("lack architecture") == true)
        #expect(
            refusal { $0.metadata["architecture"] = "resnet" }?.contains("architecture is 'resnet'") == true)
        #expect(refusal { $0.metadata["architecture"] = "cnn" } != nil)
        #expect(refusal { $0.metadata["widths"] = "7,16,24,32" }?.contains("widths") == true)
        #expect(refusal { $0.metadata["widths"] = "99999999,8,8,8" }?.contains("widths") == true)
        #expect(refusal { $0.metadata["hidden"] = "-8" }?.contains("hidden") == true)
        #expect(refusal { $0.metadata["heads"] = "ferplus" }?.contains("heads") == true)
    }

    @Test("a file cut short, a header of 10 GB, one that is no JSON, offsets outside the data")
    func bytes() {
        let whole = smallNetwork(.cnn).modelFile().serialized()
        func reason(_ data: Data) -> String? {
            do {
                _ = try SafeTensors(data, path: "m.safetensors")
                return nil
            } catch {
                return error.description
            }
        }
        #expect(reason(whole) == nil)
        // What is no such file at all is told so, not by what its first bytes would mean.
        for other in [Data(), whole.prefix(5), Data("hello world, this is a text".utf8)] {
            #expect(reason(other) == "m.safetensors: not a usable model file: it is no safetensors file")
        }
        #expect(reason(whole.prefix(100))?.contains("cut short") == true)
        #expect(reason(whole.prefix(whole.count - 1))?.contains("cut short: its tensors take") == true)
        var huge = whole
        huge.replaceSubrange(0..<8, with: withUnsafeBytes(of: UInt64(10 << 30).littleEndian) { Data($0) })
        #expect(reason(huge)?.contains("header of 10737418240 bytes") == true)
        func file(_ header: String, _ bytes: Int = 8) -> Data {
            var data = withUnsafeBytes(of: UInt64(header.utf8.count).littleEndian) { Data($0) }
            data.append(contentsOf: header.utf8)
            data.append(Data(count: bytes))
            return data
        }
        #expect(reason(file("{nonsense"))?.contains("not a JSON object") == true)
        #expect(reason(file(#"{"a":{"dtype":"F32","shape":[2],"data_offsets":[0,8]}}"#)) == nil)
        #expect(
            reason(file(#"{"a":{"dtype":"F16","shape":[2],"data_offsets":[0,4]}}"#))?.contains("not F32")
                == true)
        #expect(reason(file(#"{"a":{"dtype":"F32","shape":[2],"data_offsets":[4,12]}}"#)) != nil)
        #expect(reason(file(#"{"a":{"dtype":"F32","shape":[-2],"data_offsets":[0,8]}}"#)) != nil)
        #expect(
            reason(file(#"{"a":{"dtype":"F32","shape":[4611686018427387904,4],"data_offsets":[0,8]}}"#))
                != nil)
        #expect(reason(file(#"{"a":{"dtype":"F32","shape":[3],"data_offsets":[0,8]}}"#)) != nil)
    }
}

@Suite("One posterior from both heads")
struct PosteriorTests {
    @Test("one head without correction is its softmax")
    func plain() {
        let logits: [Float] = [1, 2, 3, 4, 3, 2, 1]
        let sum = logits.map(exp).reduce(0, +)
        let found = Posterior().probabilities([logits])
        for emotion in Emotion.allCases {
            #expect(abs(found[emotion] - exp(logits[emotion.rawValue]) / sum) < 1e-6)
        }
    }

    @Test("two heads are joined by their mean, contempt folded away")
    func joined() {
        let first: [Float] = [0, 0, 0, log(4), 0, 0, 0]
        let second: [Float] = [0, 0, 0, 0, 0, 0, 0, 9]
        let found = Posterior().probabilities([first, second])
        // 4/10 and 1/7 against 1/10 and 1/7.
        #expect(abs(found[.happy] / found[.sad] - (0.4 + 1 / 7.0) / (0.1 + 1 / 7.0)) < 1e-5)
        #expect(abs(found.lanes.sum() - 1) < 1e-6)
    }

    @Test(
        "FER+'s head counts by its share, and one head alone counts wholly",
        arguments: [0, 0.25, 1] as [Float])
    func shares(_ share: Float) {
        let first: [Float] = [0, 0, 0, log(4), 0, 0, 0]
        let second: [Float] = [log(13), 0, 0, 0, 0, 0, 0, 9]
        let posterior = Posterior(ferplusShare: share)
        let found = posterior.probabilities([first, second])
        #expect(abs(found[.happy] - ((1 - share) * 0.4 + share / 19)) < 1e-5)
        #expect(abs(found[.angry] - ((1 - share) * 0.1 + share * 13 / 19)) < 1e-5)
        #expect(posterior.probabilities([first]) == Posterior().probabilities([first]))
    }

    @Test("what label smoothing added to the first head is taken back, and no emotion ruled out")
    func unsmoothed() {
        // A head that learned 0.7 happy, 0.3 sad with a tenth of each label spread over all seven.
        var smoothed = [Float](repeating: 0.1 / 7, count: 7)
        smoothed[3] += 0.9 * 0.7
        smoothed[4] += 0.9 * 0.3
        let posterior = Posterior(labelSmoothing: 0.1)
        let found = posterior.probabilities([smoothed.map(log)])
        #expect(abs(found[.happy] - 0.7) < 1e-4)
        #expect(abs(found[.sad] - 0.3) < 1e-4)
        #expect(Emotion.allCases.allSatisfy { found[$0] > 0 })
        // Only the first head learned so.
        let second = posterior.probabilities([smoothed.map(log), smoothed.map(log)])
        #expect(abs(second[.happy] - (0.7 + smoothed[3]) / 2) < 1e-4)
    }

    @Test("class frequencies are divided out, temperature softens")
    func corrected() {
        var frequencies = EmotionProbabilities.uniform
        frequencies[.disgust] = frequencies[.happy] / 4
        let flat = [Float](repeating: 0, count: 7)
        let found = Posterior(frequencies: frequencies, frequencyExponent: 0.5).probabilities([flat])
        #expect(abs(found[.disgust] / found[.happy] - 2) < 1e-5)
        let soft = Posterior(temperature: 2).probabilities([[log(16), 0, 0, 0, 0, 0, 0]])
        #expect(abs(soft[.angry] / soft[.sad] - 4) < 1e-4)
    }
}
