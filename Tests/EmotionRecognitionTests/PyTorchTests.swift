import EmotionRecognition
import Foundation
import Imaging
import NeuralNetwork
import Testing

/// What PyTorch says of small networks with random weights and of made-up faces: Benchmarks/make_fixtures.py wrote it.
@Suite("PyTorch's numbers")
struct PyTorchTests {
    private struct Expected: Decodable {
        /// `[head][face][class]`.
        var logits: [[[Float]]]
        /// The loss before each step of Adam.
        var losses: [Float]
    }

    private static let folder =
        #filePath.split(separator: "/", omittingEmptySubsequences: false).dropLast(2)
        .joined(separator: "/") + "/Fixtures/networks"
    private let expected: [String: Expected]
    private let faces: [GrayImage]

    init() throws {
        func data(_ name: String) throws -> Data {
            try Data(contentsOf: URL(fileURLWithPath: "\(Self.folder)/\(name)"))
        }
        expected = try JSONDecoder().decode([String: Expected].self, from: data("pytorch.json"))
        let pixels = [UInt8](try data("faces.bin"))
        faces = try (0..<pixels.count / 2304).map {
            try #require(
                GrayImage(width: 48, height: 48, pixels: Array(pixels[$0 * 2304..<($0 + 1) * 2304])))
        }
    }

    private func network(_ architecture: Architecture) throws -> EmotionNetwork {
        try EmotionNetwork(modelAt: "\(Self.folder)/\(architecture.rawValue).safetensors")
    }

    @Test(
        "the logits of each architecture on every instruction set, within 1e-4",
        arguments: Architecture.allCases, KernelSet.supported)
    func logits(architecture: Architecture, kernels: KernelSet) throws {
        let expected = try #require(expected[architecture.rawValue])
        let recognizer = EmotionRecognizer(try network(architecture), kernels: kernels)
        #expect(expected.logits.count == recognizer.configuration.heads.count)
        for (number, face) in faces.enumerated() {
            for (head, found) in recognizer.logits(face).enumerated() {
                let row = expected.logits[head][number]
                #expect(found.count == row.count)
                for (a, b) in zip(found, row) { #expect(abs(a - b) < 1e-4) }
            }
        }
    }

    @Test(
        "the losses of ten steps of Adam, within a thousandth, with products of rounded operands within some hundredths",
        arguments: Architecture.allCases, ProductPrecision.allCases)
    func losses(architecture: Architecture, precision: ProductPrecision) throws {
        let expected = try #require(expected[architecture.rawValue]).losses
        let network = try network(architecture)
        var configuration = network.configuration
        (configuration.dropout, configuration.spatialDropout) = (0, 0)
        let plain = EmotionNetwork(configuration)
        try plain.load(network.modelFile(), path: architecture.rawValue)
        let images = Tensor([faces.count, 48, 48, 1])
        let targets = Tensor([faces.count, 7])
        for (number, face) in faces.enumerated() {
            let levels = face.pixels.map { Float($0) }
            var target = images.mutableSpan(number * 2304..<(number + 1) * 2304)
            configuration.preprocessing.apply(levels.span, into: &target)
            targets[number * 7 + number % 7] = 1
        }
        let execution = Execution(threads: 2, precision: precision)
        execution.isTraining = true
        let tolerance: Float = precision == .float ? 1e-3 : 3e-2
        let optimizer = Optimizer(.adam, parameters: plain.parameters)
        let gradients = configuration.heads.map { _ in Tensor() }
        for (step, loss) in expected.enumerated() {
            execution.step = step
            let logits = plain.forward(images, execution)
            let found = SoftmaxCrossEntropy.meanLoss(
                logits: logits[0], targets: targets, gradient: gradients[0])
            #expect(
                abs(found - loss) < tolerance * max(1, loss), "step \(step): \(found), PyTorch \(loss)")
            for (head, gradient) in gradients.enumerated().dropFirst() {
                gradient.resize(logits[head].shape)
                gradient.fill(0)
            }
            plain.backward(gradients, execution)
            optimizer.update(rate: 1e-3, execution)
        }
        // Ten steps that changed nothing would prove nothing.
        #expect(try #require(expected.last) < 0.95 * expected[0])
    }
}
