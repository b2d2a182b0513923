import NeuralNetwork
import Testing

@Suite("Products of rounded operands")
struct PrecisionTests {
    /// What a layer gives, and its gradients, one after another.
    private func values(
        _ make: () -> any Layer, inputShape: [Int], _ precision: ProductPrecision, kernels: KernelSet = .best,
        threads: Int = 2
    ) -> [[Float]] {
        let execution = Execution(threads: threads, kernels: kernels, precision: precision)
        execution.isTraining = true
        let layer = make()
        var random = Xoshiro256StarStar(seed: 5)
        for parameter in layer.parameters {
            for index in 0..<parameter.value.count { parameter.value[index] = 0.2 * random.normal() }
        }
        let input = Tensor(inputShape)
        for index in 0..<input.count { input[index] = random.normal() }
        let output = layer.forward(input, execution)
        let result = output.elements
        let gradient = Tensor(output.shape)
        for index in 0..<gradient.count { gradient[index] = random.normal() }
        let inputGradient = layer.backward(gradient, execution).elements
        return [result, inputGradient] + layer.parameters.map { $0.gradient.elements }
    }

    /// The root of the mean square of the difference, as a part of that of what is expected.
    private func error(_ found: [Float], _ expected: [Float]) -> Float {
        let gap = zip(found, expected).reduce(Float(0)) { $0 + ($1.0 - $1.1) * ($1.0 - $1.1) }
        return (gap / max(1e-9, expected.reduce(0) { $0 + $1 * $1 })).squareRoot()
    }

    private static let layers: [(name: String, shape: [Int], make: @Sendable () -> any Layer)] = [
        ("F(4x4)", [3, 8, 12, 24], { Convolution2D(name: "c", inputChannels: 24, outputChannels: 56) }),
        ("F(2x2)", [3, 5, 7, 16], { Convolution2D(name: "c", inputChannels: 16, outputChannels: 8) }),
        ("F(3x3)", [5, 6, 6, 16], { Convolution2D(name: "c", inputChannels: 16, outputChannels: 40) }),
        (
            "one pixel", [3, 5, 7, 16],
            { Convolution2D(name: "c", inputChannels: 16, outputChannels: 24, kernelSize: 1) }
        ),
        ("LSTM", [3, 5, 7], { BidirectionalLSTM(name: "l", inputFeatures: 7, hidden: 12) }),
    ]

    @Test("layers give what those of floats give, but for the rounding", arguments: 0..<layers.count, [1, 2])
    func rounding(number: Int, threads: Int) {
        let layer = Self.layers[number]
        let exact = values(layer.make, inputShape: layer.shape, .float, threads: threads)
        let rounded = values(layer.make, inputShape: layer.shape, .bf16, threads: threads)
        for (part, (found, expected)) in zip(rounded, exact).enumerated() {
            let error = error(found, expected)
            #expect(error < 0.03, "\(layer.name), part \(part): off by \(error)")
        }
        // Floats alone would be a thousand times nearer.
        #expect(error(rounded[0], exact[0]) > 1e-4, "\(layer.name): nothing was rounded")
    }

    @Test("the processor's products are those that are written out", arguments: 0..<layers.count)
    func plain(number: Int) {
        let layer = Self.layers[number]
        let plain = values(layer.make, inputShape: layer.shape, .bf16, kernels: .portable)
        let fast = values(layer.make, inputShape: layer.shape, .bf16)
        for (part, (found, expected)) in zip(fast, plain).enumerated() {
            // What lies before a product differs in its last bit, and is now and then rounded to the other side.
            let error = error(found, expected)
            #expect(error < 2e-3, "\(layer.name), part \(part): off by \(error)")
        }
    }

    @Test("the same numbers again are the same to the bit", arguments: 0..<layers.count)
    func again(number: Int) {
        let layer = Self.layers[number]
        let first = values(layer.make, inputShape: layer.shape, .bf16)
        #expect(first == values(layer.make, inputShape: layer.shape, .bf16))
    }
}
