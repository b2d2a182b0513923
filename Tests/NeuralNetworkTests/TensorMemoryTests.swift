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
        // Eight activations, and less than three gradients and transforms of weights beside them: were each layer's own
        // kept, there would be eight gradients, too.
        let activation = input.count * 4
        #expect(
            first > 8 * activation && first < 11 * activation,
            "\(first) bytes, an activation has \(activation)")
        for _ in 0..<3 { #expect(step() == first) }
    }
}
