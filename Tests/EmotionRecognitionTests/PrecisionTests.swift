import CAllocationCounter
import EmotionRecognition
import Faces
import Foundation
import Imaging
import NeuralNetwork
import Testing

@Suite("The recogniser in eight-bit integers")
final class PrecisionTests {
    private let path = NSTemporaryDirectory() + "raut-int8-\(UUID().uuidString).safetensors"

    deinit { try? FileManager.default.removeItem(atPath: path) }

    private func quantized(_ network: EmotionNetwork) -> Quantization {
        network.quantization(measuredOn: (100..<110).map { noiseFace(seed: $0) })
    }

    @Test("says nearly what it says in floats", arguments: Architecture.allCases)
    func nearFloats(architecture: Architecture) {
        let network = smallNetwork(architecture)
        let exact = EmotionRecognizer(network)
        let integer = EmotionRecognizer(network, quantization: quantized(network))
        #expect(exact.precision == .float && integer.precision == .int8)
        for seed in 1...8 {
            let face = noiseFace(seed: UInt64(seed))
            for looks in PictureLooks.allCases {
                let (a, b) = (exact.classify(face, looks: looks), integer.classify(face, looks: looks))
                for emotion in Emotion.allCases { #expect(abs(a[emotion] - b[emotion]) < 0.05) }
            }
        }
    }

    @Test("a file is read in floats unless asked, and in integers where they are the fastest")
    func choice() throws {
        let network = smallNetwork(.raut)
        try network.modelFile(quantization: quantized(network)).write(to: path)
        #expect(try EmotionRecognizer(modelAt: path).precision == .float)
        #expect(try EmotionRecognizer(modelAt: path, precision: .int8).precision == .int8)
        #expect(
            try EmotionRecognizer(modelAt: path, precision: nil).precision
                == (IntegerSet.hasDotProduct ? .int8 : .float))
        let face = noiseFace(seed: 3)
        #expect(
            try EmotionRecognizer(modelAt: path, precision: .int8).classify(face)
                == EmotionRecognizer(network, quantization: quantized(network)).classify(face))
    }

    @Test(
        "a model without ranges is refused where integers are asked for, and taken in floats where they are not"
    )
    func withoutRanges() throws {
        try smallNetwork(.raut).modelFile().write(to: path)
        #expect(try EmotionRecognizer(modelAt: path, precision: nil).precision == .float)
        let error = #expect(throws: ModelFileError.self) {
            try EmotionRecognizer(modelAt: path, precision: .int8)
        }
        #expect(
            error?.description.hasSuffix("it has no ranges for int8; raut quantize measures them") == true)
    }

    @Test("in integers, too, what ships allocates nothing per face after the first")
    func allocations() throws {
        let shipped = URL(fileURLWithPath: #filePath).deletingLastPathComponent()
            .appending(path: "../../models/raut.safetensors").path
        let recognizer = try EmotionRecognizer(modelAt: shipped, precision: .int8)
        let face = noiseFace(seed: 1)
        for _ in 0..<3 { _ = recognizer.classify(face) }
        let before = allocations_of_this_thread()
        for _ in 0..<20 { _ = recognizer.classify(face) }
        let after = allocations_of_this_thread()
        #expect(after == before)
    }
}
