import Foundation
import NeuralNetwork
import Testing

@Suite("Every layer's backward pass agrees with finite differences")
struct LayerGradients {
    @Test("convolution through F(4×4, 3×3)", arguments: [1, 2, 3])
    func winogradFour(threads: Int) {
        checkGradients(
            Convolution2D(name: "c", inputChannels: 8, outputChannels: 16), inputShape: [3, 8, 12, 8],
            threads: threads)
    }

    @Test("convolution through F(2×2, 3×3), with odd sizes and a bias")
    func winogradTwo() {
        checkGradients(
            Convolution2D(name: "c", inputChannels: 16, outputChannels: 8, bias: true),
            inputShape: [2, 5, 7, 16])
    }

    @Test("convolution through F(3×3, 3×3)", arguments: [3, 6])
    func winogradThree(size: Int) {
        checkGradients(
            Convolution2D(name: "c", inputChannels: 16, outputChannels: 8), inputShape: [2, size, 6, 16])
    }

    @Test("convolution through im2col", arguments: [1, 3, 5])
    func columns(kernelSize: Int) {
        checkGradients(
            Convolution2D(name: "c", inputChannels: 3, outputChannels: 5, kernelSize: kernelSize, bias: true),
            inputShape: [2, 5, 6, 3])
    }

    @Test("batch normalisation, while training and after", arguments: [true, false])
    func normalization(training: Bool) {
        checkGradients(
            BatchNormalization2D(name: "b", channels: 11, relu: false), inputShape: [4, 3, 5, 11],
            training: training,
            step: 3e-3)
    }

    @Test("batch normalisation with ReLU, while training and after", arguments: [true, false])
    func normalizationReLU(training: Bool) {
        checkGradients(
            BatchNormalization2D(name: "b", channels: 8, relu: true), inputShape: [3, 4, 4, 8],
            training: training, step: 1e-3, kinks: true)
    }

    @Test("batch normalisation with ReLU and the maximum of windows", arguments: [true, false], [8, 11, 24])
    func normalizationPool(training: Bool, channels: Int) {
        checkGradients(
            BatchNormalization2D(name: "b", channels: channels, relu: true, pools: true),
            inputShape: [3, 4, 6, channels], training: training, step: 1e-3, kinks: true)
    }

    @Test("maximum and mean of windows")
    func pooling() {
        checkGradients(MaxPool2D(), inputShape: [2, 4, 6, 9], separated: true)
        checkGradients(MaxPool2D(), inputShape: [1, 5, 7, 8], separated: true)
        checkGradients(AveragePool2D(), inputShape: [2, 4, 6, 3])
        checkGradients(MeanOverSteps(), inputShape: [2, 3, 3, 5])
        checkGradients(LastOutputs(), inputShape: [2, 4, 6])
    }

    @Test("dense, ReLU and dropout")
    func dense() {
        checkGradients(Dense(name: "d", inputFeatures: 7, outputFeatures: 5), inputShape: [4, 7])
        checkGradients(ReLU(), inputShape: [4, 9], separated: true)
        checkGradients(Dropout(rate: 0.3, number: 1), inputShape: [4, 20])
        checkGradients(Dropout(rate: 0.5, unit: .channel, number: 2), inputShape: [2, 3, 3, 8])
    }

    @Test("LSTM and bidirectional LSTM", arguments: [1, 2, 3])
    func recurrent(threads: Int) {
        checkGradients(LSTM(name: "l", inputFeatures: 6, hidden: 8), inputShape: [2, 5, 6], threads: threads)
        checkGradients(
            BidirectionalLSTM(name: "l", inputFeatures: 6, hidden: 8), inputShape: [2, 5, 6], threads: threads
        )
    }

    @Test("LSTM of a number of cells that fills no vector", arguments: [5, 12])
    func oddCells(hidden: Int) {
        checkGradients(LSTM(name: "l", inputFeatures: 6, hidden: hidden), inputShape: [2, 5, 6])
    }

    @Test("attention over a sequence's steps", arguments: [1, 2, 3])
    func attention(threads: Int) {
        checkGradients(
            StepAttention(name: "a", inputFeatures: 6, units: 5), inputShape: [3, 4, 6], threads: threads)
    }

    @Test("branches beside each other")
    func concatenation() {
        checkGradients(
            Concatenation([
                Sequential([
                    BidirectionalLSTM(name: "l", inputFeatures: 6, hidden: 8), LastOutputs(),
                ]), MeanOverSteps(),
            ]), inputShape: [2, 5, 6])
    }

    @Test("residual block")
    func residual() {
        let body = Sequential([
            Convolution2D(name: "1", inputChannels: 8, outputChannels: 16),
            BatchNormalization2D(name: "2", channels: 16, relu: false),
        ])
        let shortcut = Sequential([
            Convolution2D(name: "3", inputChannels: 8, outputChannels: 16, kernelSize: 1)
        ])
        checkGradients(
            Residual(body: body, shortcut: shortcut), inputShape: [2, 4, 4, 8], step: 5e-3, kinks: true)
        checkGradients(
            Residual(
                body: Sequential([Dense(name: "d", inputFeatures: 5, outputFeatures: 5)]), shortcut: nil),
            inputShape: [3, 5], step: 1e-3, kinks: true)
    }

    @Test(
        "residual block of which both branches end with a normalisation, and which is pooled",
        arguments: [true, false], [true, false])
    func joined(training: Bool, pools: Bool) {
        func block(_ name: String, _ kernelSize: Int) -> Sequential {
            Sequential([
                Convolution2D(
                    name: name, inputChannels: 8, outputChannels: 16, kernelSize: kernelSize),
                BatchNormalization2D(name: "\(name).bn", channels: 16, relu: false),
            ])
        }
        checkGradients(
            Residual(body: block("1", 3), shortcut: block("2", 1), pools: pools), inputShape: [2, 4, 4, 8],
            training: training, step: 5e-3, kinks: true)
    }

    @Test("a residual block is pooled like one that a layer pools, whether its branches are joined or not")
    func pooledBlock() {
        func forward(pools: Bool, joins: Bool, _ execution: Execution) -> Tensor {
            func branch(_ name: String) -> Sequential {
                var layers: [any Layer] = [
                    Convolution2D(
                        name: name, inputChannels: 8, outputChannels: 8, kernelSize: 1, bias: !joins)
                ]
                if joins { layers.append(BatchNormalization2D(name: "n", channels: 8, relu: false)) }
                return Sequential(layers)
            }
            let block = Residual(body: branch("1"), shortcut: branch("2"), pools: pools)
            var random = Xoshiro256StarStar(seed: 3)
            for parameter in block.parameters {
                for index in 0..<parameter.value.count { parameter.value[index] = random.normal() }
            }
            let input = Tensor([2, 4, 6, 8])
            for index in 0..<input.count { input[index] = random.normal() }
            return block.forward(input, execution)
        }
        let execution = Execution(threads: 2)
        execution.isTraining = true
        for joins in [true, false] {
            let pooled = forward(pools: true, joins: joins, execution)
            let other = MaxPool2D().forward(forward(pools: false, joins: joins, execution), execution)
            #expect(pooled.shape == [2, 2, 3, 8] && pooled.elements == other.elements)
        }
    }
}

@Suite("Softmax cross-entropy")
struct LossTests {
    private let logits: [Float] = [1, -2, 0.5, 0.1, 0, 0, 3, 1, -1, 2, 0.2, 0.3]

    private func loss(_ logits: [Float], _ targets: [Float], _ weights: [Float]?) -> (Float, [Float]) {
        let gradient = Tensor()
        let rows = logits.count / 4
        let loss = SoftmaxCrossEntropy.meanLoss(
            logits: Tensor([rows, 4], logits), targets: Tensor([rows, 4], targets), weights: weights,
            gradient: gradient)
        return (loss, gradient.elements)
    }

    /// The definition in double precision: - sum of target · ln softmax, weighted by image.
    private func plainLoss(_ logits: [Double], _ targets: [Float], _ weights: [Float]?) -> Double {
        var (sum, total) = (0.0, 0.0)
        for row in 0..<logits.count / 4 {
            let part = logits[row * 4..<row * 4 + 4]
            let normalizer = part.map(exp).reduce(0, +)
            let weight = Double(weights?[row] ?? 1)
            for (place, logit) in part.enumerated() {
                sum -= weight * Double(targets[row * 4 + place]) * log(exp(logit) / normalizer)
            }
            total += weight
        }
        return sum / total
    }

    @Test(
        "value and gradient agree with the definition: soft targets, label smoothing, class weights",
        arguments: [0, 0.1] as [Float], [nil, [1, 0.5, 2], [0, 1, 0]] as [[Float]?])
    func gradients(smoothing: Float, weights: [Float]?) {
        var targets: [Float] = [0.7, 0.1, 0.1, 0.1, 0, 0, 0, 0, 0.25, 0.25, 0.25, 0.25]
        var label = [Float](repeating: 0, count: 4)
        var row = label.mutableSpan
        SoftmaxCrossEntropy.setTarget(2, smoothing: smoothing, in: &row)
        targets.replaceSubrange(4..<8, with: label)
        let (value, gradient) = loss(logits, targets, weights)
        let exact = logits.map(Double.init)
        #expect(abs(Double(value) - plainLoss(exact, targets, weights)) < 1e-6)
        let scale = gradient.map { abs(Double($0)) }.max() ?? 0
        for index in exact.indices {
            var (up, down) = (exact, exact)
            up[index] += 1e-4
            down[index] -= 1e-4
            let numeric = (plainLoss(up, targets, weights) - plainLoss(down, targets, weights)) / 2e-4
            #expect(abs(numeric - Double(gradient[index])) < 1e-3 * scale)
        }
    }

    @Test("a smoothed label shares its part evenly")
    func smoothing() {
        var target = [Float](repeating: 9, count: 5)
        var row = target.mutableSpan
        SoftmaxCrossEntropy.setTarget(1, smoothing: 0.2, in: &row)
        #expect(zip(target, [0.04, 0.84, 0.04, 0.04, 0.04]).allSatisfy { abs($0 - $1) < 1e-6 })
    }

    @Test("logits far from zero overflow nowhere; where all weights are 0 there is no loss")
    func extremes() {
        let (value, gradient) = loss([1000, -1000, 0, 0], [0, 1, 0, 0], nil)
        #expect(value == 2000 && gradient.allSatisfy(\.isFinite))
        let (nothing, none) = loss(logits, [Float](repeating: 0.25, count: 12), [0, 0, 0])
        #expect(nothing == 0 && none.allSatisfy { $0 == 0 })
    }
}

@Suite("Fast kernels give what the plain definitions give")
struct LayerValues {
    /// The definition: each output is the sum over the kernel's taps.
    func plainConvolution(_ input: Tensor, _ convolution: Convolution2D) -> [Float] {
        let (batch, height, width) = (input.shape[0], input.shape[1], input.shape[2])
        let (from, to, size) = (convolution.inputChannels, convolution.outputChannels, convolution.kernelSize)
        var output = [Float](repeating: 0, count: batch * height * width * to)
        for image in 0..<batch {
            for y in 0..<height {
                for x in 0..<width {
                    for o in 0..<to {
                        var sum = Double(convolution.bias?.value[o] ?? 0)
                        for ky in 0..<size {
                            for kx in 0..<size {
                                let (sy, sx) = (y + ky - size / 2, x + kx - size / 2)
                                guard sy >= 0, sy < height, sx >= 0, sx < width else { continue }
                                for i in 0..<from {
                                    sum +=
                                        Double(input[((image * height + sy) * width + sx) * from + i])
                                        * Double(
                                            convolution.weight.value[((ky * size + kx) * from + i) * to + o])
                                }
                            }
                        }
                        output[((image * height + y) * width + x) * to + o] = Float(sum)
                    }
                }
            }
        }
        return output
    }

    @Test(
        "convolution equals its definition on every path and instruction set",
        arguments: [
            (8, 8, 3, 12, 8), (16, 24, 3, 6, 6), (24, 16, 3, 5, 9), (1, 8, 3, 48, 12), (3, 5, 5, 7, 4),
            (16, 8, 1, 4, 4), (5, 13, 3, 6, 7),
        ], KernelSet.supported)
    func convolution(shape: (Int, Int, Int, Int, Int), kernels: KernelSet) {
        let (from, to, size, height, width) = shape
        let layer = Convolution2D(
            name: "c", inputChannels: from, outputChannels: to, kernelSize: size, bias: true)
        Initialization.initialize(layer.parameters, seed: 3)
        var random = Xoshiro256StarStar(seed: 5)
        let input = Tensor([2, height, width, from])
        for index in 0..<input.count { input[index] = random.normal() }
        for index in 0..<to { layer.bias?.value[index] = random.normal() }
        let output = layer.forward(input, Execution(threads: 2, kernels: kernels))
        let expected = plainConvolution(input, layer)
        let worst = zip(output.elements, expected).map { abs($0 - $1) }.max() ?? .infinity
        #expect(worst < 2e-5 * 4)
    }

    @Test("normalisation with the maximum of windows equals one after the other", arguments: [true, false])
    func pooledNormalization(training: Bool) {
        let layers = [true, false].map {
            BatchNormalization2D(name: "b", channels: 24, relu: true, pools: $0)
        }
        var random = Xoshiro256StarStar(seed: 9)
        for index in 0..<24 {
            let (scale, shift) = (random.uniform(in: -1...2), random.normal())
            for layer in layers {
                layer.weight.value[index] = scale
                layer.bias.value[index] = shift
            }
        }
        let execution = Execution(threads: 2)
        execution.isTraining = training
        let input = Tensor([3, 8, 6, 24])
        for index in 0..<input.count { input[index] = random.normal() }
        let gradient = Tensor([3, 4, 3, 24])
        for index in 0..<gradient.count { gradient[index] = random.normal() }
        let apart = Sequential([layers[1], MaxPool2D()])
        func near(_ a: [Float], _ b: [Float]) -> Bool { zip(a, b).allSatisfy { abs($0 - $1) < 1e-4 } }
        #expect(
            near(
                layers[0].forward(input, execution).elements, apart.forward(input, execution).elements))
        #expect(
            near(
                layers[0].backward(gradient, execution).elements,
                apart.backward(gradient, execution).elements))
        #expect(near(layers[0].weight.gradient.elements, layers[1].weight.gradient.elements))
        #expect(near(layers[0].bias.gradient.elements, layers[1].bias.gradient.elements))
        #expect(layers[0].runningVariance.value.elements == layers[1].runningVariance.value.elements)
    }

    @Test("the bidirectional LSTM is two one-way ones, the second on the sequence reversed")
    func bidirectional() {
        let both = BidirectionalLSTM(name: "l", inputFeatures: 5, hidden: 8)
        Initialization.initialize(both.parameters, seed: 4)
        var random = Xoshiro256StarStar(seed: 6)
        let (steps, execution) = (7, Execution())
        let input = Tensor([1, steps, 5])
        for index in 0..<input.count { input[index] = random.normal() }
        let expected = both.forward(input, execution).elements
        for (half, isReversed) in [(0, false), (1, true)] {
            let one = LSTM(name: "l", inputFeatures: 5, hidden: 8)
            for (target, source) in zip(one.parameters, both.parameters.dropFirst(4 * half)) {
                target.value.copy(from: source.value)
            }
            let sequence = Tensor([1, steps, 5])
            for step in 0..<steps {
                let from = isReversed ? steps - 1 - step : step
                for feature in 0..<5 { sequence[step * 5 + feature] = input[from * 5 + feature] }
            }
            let found = one.forward(sequence, execution)
            for step in 0..<steps {
                let place = isReversed ? steps - 1 - step : step
                for cell in 0..<8 {
                    #expect(abs(found[step * 8 + cell] - expected[place * 16 + half * 8 + cell]) < 1e-6)
                }
            }
        }
    }

    @Test("dropout keeps the expected share, scaled up, and the same for the same step")
    func dropout() {
        let layer = Dropout(rate: 0.25, number: 3)
        let input = Tensor([10, 1000])
        input.fill(1)
        let execution = Execution()
        #expect(layer.forward(input, execution).elements == input.elements)
        execution.isTraining = true
        let first = layer.forward(input, execution).elements
        #expect(layer.forward(input, execution).elements == first)
        let kept = first.filter { $0 != 0 }
        #expect(kept.allSatisfy { abs($0 - 4.0 / 3) < 1e-6 })
        #expect(abs(Double(kept.count) / 10_000 - 0.75) < 0.02)
        execution.step = 1
        #expect(layer.forward(input, execution).elements != first)
    }
}
