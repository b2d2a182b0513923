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

    @Test("batch normalisation with ReLU")
    func normalizationReLU() {
        checkGradients(
            BatchNormalization2D(name: "b", channels: 8, relu: true), inputShape: [2, 2, 4, 8],
            training: false,
            step: 1e-3, tolerance: 2e-2, separated: true)
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

    @Test("bidirectional LSTM", arguments: [1, 2, 3])
    func recurrent(threads: Int) {
        checkGradients(
            BidirectionalLSTM(name: "l", inputFeatures: 6, hidden: 8), inputShape: [2, 5, 6], threads: threads
        )
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
            Residual(body: body, shortcut: shortcut), inputShape: [2, 4, 4, 8], step: 2e-3, tolerance: 2e-2)
    }

    @Test("softmax cross-entropy with soft targets and weights")
    func loss() {
        let logits = Tensor([3, 4], [1, -2, 0.5, 0.1, 0, 0, 3, 1, -1, 2, 0.2, 0.3])
        let targets = Tensor([3, 4], [0.7, 0.1, 0.1, 0.1, 0, 0, 1, 0, 0.25, 0.25, 0.25, 0.25])
        let weights: [Float] = [1, 0.5, 2]
        let gradient = Tensor()
        let unused = Tensor()
        _ = SoftmaxCrossEntropy.meanLoss(
            logits: logits, targets: targets, weights: weights, gradient: gradient)
        for index in 0..<logits.count {
            let value = logits[index]
            logits[index] = value + 1e-2
            let up = SoftmaxCrossEntropy.meanLoss(
                logits: logits, targets: targets, weights: weights, gradient: unused)
            logits[index] = value - 1e-2
            let down = SoftmaxCrossEntropy.meanLoss(
                logits: logits, targets: targets, weights: weights, gradient: unused)
            logits[index] = value
            #expect(abs((up - down) / 2e-2 - gradient[index]) < 1e-3)
        }
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
            (16, 8, 1, 4, 4),
        ], [true, false])
    func convolution(shape: (Int, Int, Int, Int, Int), portable: Bool) {
        let (from, to, size, height, width) = shape
        let layer = Convolution2D(
            name: "c", inputChannels: from, outputChannels: to, kernelSize: size, bias: true)
        Initialization.initialize(layer.parameters, seed: 3)
        var random = Xoshiro256StarStar(seed: 5)
        let input = Tensor([2, height, width, from])
        for index in 0..<input.count { input[index] = random.normal() }
        for index in 0..<to { layer.bias?.value[index] = random.normal() }
        let output = layer.forward(input, Execution(threads: 2, portable: portable))
        let expected = plainConvolution(input, layer)
        let worst = zip(output.elements, expected).map { abs($0 - $1) }.max() ?? .infinity
        #expect(worst < 2e-5 * 4)
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
