import NeuralNetwork
import Testing

/// A convolution whose weights are random, and a normalisation whose statistics are its own.
private func block(
    _ inputs: Int, _ outputs: Int, kernelSize: Int = 3, bias: Bool = false, relu: Bool = false,
    pools: Bool = false, seed: UInt64
) -> [any Layer] {
    let convolution = Convolution2D(
        name: "c", inputChannels: inputs, outputChannels: outputs, kernelSize: kernelSize, bias: bias)
    let normalization = BatchNormalization2D(name: "b", channels: outputs, relu: relu, pools: pools)
    randomize([convolution, normalization], seed: seed)
    return [convolution, normalization]
}

/// Sets all weights and statistics of layers.
private func randomize(_ layers: [any Layer], seed: UInt64) {
    var random = Xoshiro256StarStar(seed: seed)
    for layer in layers {
        for parameter in layer.parameters {
            for index in 0..<parameter.value.count { parameter.value[index] = 0.3 * random.normal() }
        }
        for statistic in layer.statistics {
            for index in 0..<statistic.value.count {
                statistic.value[index] =
                    statistic.name.hasSuffix("var") ? random.uniform(in: 0.5...2) : random.normal()
            }
        }
    }
}

@Suite("A program gives what its layers give")
struct ProgramTests {
    /// The largest difference between what a program and the layers themselves say of a random image.
    private func difference(
        _ layers: [any Layer], _ shape: [Int], _ set: KernelSet, seed: UInt64 = 3
    ) -> Float {
        let network = Network(inputShape: shape, body: Sequential([]), heads: [Sequential(layers)])
        let program = network.program(kernels: set)
        var random = Xoshiro256StarStar(seed: seed)
        let image = Tensor([1] + shape)
        for index in 0..<image.count { image[index] = random.normal() }
        let expected = network.forward(image, Execution())[0].elements
        var memory = ProgramMemory(for: program)
        // Twice: nothing of one run may be left in the next.
        for _ in 0..<2 { program.run(image.elements, &memory) }
        guard program.outputCounts == [expected.count] else { return .infinity }
        let differences = expected.indices.map { abs(program.output(0, $0, of: memory) - expected[$0]) }
        return differences.max() ?? .infinity
    }

    @Test("convolutions with what follows them", arguments: KernelSet.supported)
    func convolutions(set: KernelSet) {
        #expect(difference(block(8, 16, relu: true, pools: true, seed: 1), [8, 12, 8], set) < 1e-4)
        #expect(difference(block(8, 24, bias: true, seed: 2), [6, 6, 8], set) < 1e-4)
        #expect(difference(block(1, 8, relu: true, seed: 3), [5, 7, 1], set) < 1e-4)
        #expect(difference(block(3, 5, kernelSize: 5, bias: true, seed: 4), [6, 5, 3], set) < 1e-4)
        #expect(difference(block(16, 8, kernelSize: 1, seed: 5) + [ReLU()], [4, 4, 16], set) < 1e-4)
    }

    @Test("residual blocks, with a shortcut and with none, and where no convolution can take the sum in")
    func residual() {
        let body = block(8, 16, relu: true, seed: 1) + block(16, 16, seed: 2)
        let shortcut = block(8, 16, kernelSize: 1, seed: 3)
        let projected = Residual(body: Sequential(body), shortcut: Sequential(shortcut))
        #expect(difference([projected], [8, 8, 8], .best) < 1e-4)
        let plain = Residual(body: Sequential(block(8, 8, seed: 4)), shortcut: nil)
        #expect(difference([plain, MaxPool2D()], [6, 6, 8], .best) < 1e-4)
        let gathered = Residual(body: Sequential(block(3, 3, seed: 5)), shortcut: nil)
        #expect(difference([gathered], [6, 6, 3], .best) < 1e-4)
    }

    @Test("a normalisation and a ReLU that have no convolution before them")
    func alone() {
        let normalization = BatchNormalization2D(name: "b", channels: 5, relu: true)
        randomize([normalization], seed: 7)
        #expect(difference([normalization], [3, 4, 5], .best) < 1e-5)
        #expect(difference([MaxPool2D(), ReLU()], [4, 6, 3], .best) == 0)
        #expect(difference([AveragePool2D()], [5, 6, 3], .best) < 1e-6)
    }

    @Test("what two read, no one takes in: the branches of a map see the map")
    func shared() {
        let map = block(1, 8, seed: 1)
        let branches = Concatenation([Sequential([ReLU(), MeanOverSteps()]), MeanOverSteps()])
        #expect(difference(map + [branches], [6, 6, 1], .best) < 1e-5)
    }

    @Test("sequences read by LSTM in one direction and in both", arguments: [8, 12, 5])
    func recurrent(hidden: Int) {
        let one = LSTM(name: "l", inputFeatures: 6, hidden: hidden)
        let both = BidirectionalLSTM(name: "l", inputFeatures: 6, hidden: hidden)
        randomize([one, both], seed: 3)
        #expect(difference([one, MeanOverSteps()], [3, 4, 6], .best) < 1e-5)
        #expect(difference([both, LastOutputs()], [3, 4, 6], .best) < 1e-5)
        #expect(difference([both, MeanOverSteps()], [7, 6], .best) < 1e-5)
    }

    @Test("values that live at the same time lie apart, others share memory")
    func memory() {
        let layers = (0..<6).flatMap { block(8, 8, seed: UInt64($0)) }
        let network = Network(inputShape: [16, 16, 8], body: Sequential([]), heads: [Sequential(layers)])
        let program = network.program()
        // 36 matrices of 16 tiles by 8 channels before the products and as many behind them, each in an odd number of cache lines.
        let scratch = 2 * 36 * 9 * 16
        #expect(program.stepCount == 6)
        #expect(program.memoryCount <= 2 * 16 * 16 * 8 + scratch)
    }

    @Test("a network that only infers has no memory for gradients")
    func noGradients() {
        let layers = block(1, 8, relu: true, seed: 1)
        let network = Network(inputShape: [8, 8, 1], body: Sequential([]), heads: [Sequential(layers)])
        _ = network.program()
        _ = network.forward(Tensor([1, 8, 8, 1]), Execution())
        #expect(network.parameters.allSatisfy { !$0.hasGradient })
    }

    @Test("multiply-adds are those of convolutions done directly, dense and recurrent layers")
    func cost() {
        let layers: [any Layer] =
            block(8, 16, pools: false, seed: 1) + [
                MaxPool2D(), BidirectionalLSTM(name: "l", inputFeatures: 16, hidden: 8), LastOutputs(),
                Dense(name: "d", inputFeatures: 16, outputFeatures: 7),
            ]
        let network = Network(inputShape: [6, 4, 8], body: Sequential([]), heads: [Sequential(layers)])
        #expect(
            network.multiplyAdds == 6 * 4 * 9 * 8 * 16 + 3 * 2 * 2 * 4 * 8 * (16 + 8) + 16 * 7)
    }
}
