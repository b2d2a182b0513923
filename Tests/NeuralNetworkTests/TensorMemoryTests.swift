import NeuralNetwork
import Testing

@Suite("The memory of a training step")
struct TensorMemoryTests {
    @Test("is that of what lives at the same time, and the next step's is no more")
    func memory() {
        let network = Sequential(
            (0..<4).flatMap { number -> [any Layer] in
                [
                    Convolution2D(name: "c\(number)", inputChannels: 8, outputChannels: 8),
                    BatchNormalization2D(name: "b\(number)", channels: 8, relu: true),
                ]
            })
        let execution = Execution()
        execution.isTraining = true
        let (input, gradient) = (Tensor([8, 16, 16, 8]), Tensor([8, 16, 16, 8]))
        func step() -> Int {
            _ = network.forward(input, execution)
            _ = network.backward(gradient, execution)
            return execution.tensorBytes
        }
        let first = step()
        // Four convolutions' outputs, for what the normalisations between make of them is never there, and less than three
        // gradients and transforms of weights beside them: were each layer's own kept, there would be eight gradients, too.
        let activation = input.count * 4
        #expect(
            first > 4 * activation && first < 7 * activation,
            "\(first) bytes, an activation has \(activation)")
        for _ in 0..<3 { #expect(step() == first) }
    }
    /// One of each kind of layer that keeps something, from 16×16 maps on.
    private func everyLayer() -> Network {
        let block = Sequential([
            Convolution2D(name: "c2", inputChannels: 8, outputChannels: 8),
            BatchNormalization2D(name: "b2", channels: 8, relu: false),
        ])
        let body = Sequential([
            Convolution2D(name: "c1", inputChannels: 1, outputChannels: 8),
            BatchNormalization2D(name: "b1", channels: 8, relu: true, pools: true),
            Residual(body: block, shortcut: nil), ReLU(), MaxPool2D(), AveragePool2D(),
            Dropout(rate: 0.1, number: 1), BidirectionalLSTM(name: "l1", inputFeatures: 8, hidden: 4),
            LSTM(name: "l2", inputFeatures: 8, hidden: 8),
            Concatenation([
                StepAttention(name: "a", inputFeatures: 8, units: 4), LastOutputs(), MeanOverSteps(),
            ]),
        ])
        let heads = ["h1", "h2"].map { Dense(name: $0, inputFeatures: 24, outputFeatures: 7) }
        let network = Network(inputShape: [16, 16, 1], body: body, heads: heads)
        for (number, parameter) in network.parameters.enumerated() {
            for index in 0..<parameter.value.count {
                parameter.value[index] = 0.3 * Float((number + 7 * index) % 11 - 5)
            }
        }
        return network
    }

    @Test("is given back where no backward pass follows, with the same answers bit for bit")
    func withoutGradients() {
        let (network, execution, images) = (everyLayer(), Execution(threads: 2), Tensor([4, 16, 16, 1]))
        for index in 0..<images.count { images[index] = Float(index % 13) / 13 }
        let kept = network.forward(images, execution).map(\.elements)
        #expect(execution.heldTensorBytes > 4 * images.count * 4)
        execution.needsGradients = false
        let dropped = network.forward(images, execution).map(\.elements)
        #expect(kept == dropped && !kept[0].contains { !$0.isFinite })
        #expect(execution.heldTensorBytes == 0)
        execution.releaseMemory()
        execution.needsGradients = true
        #expect(network.forward(images, execution).map(\.elements) == kept)
        execution.isTraining = true
        let logits = network.forward(images, execution)
        network.backward(logits, execution)
        #expect(network.parameters.allSatisfy { $0.gradient.elements.allSatisfy(\.isFinite) })
    }
}
