import NeuralNetwork
import Testing

@Suite("Layers done together give what they give one after the other")
struct JoinedLayers {
    /// The largest difference, by the largest value.
    private func gap(_ found: [Float], _ expected: [Float]) -> Float {
        guard found.count == expected.count, let largest = expected.map(abs).max() else { return .infinity }
        return (zip(found, expected).map { abs($0 - $1) }.max() ?? .infinity) / largest
    }

    /// Layers to be done one after the other, and the same joined, with the same values, moved by chance.
    private func pair(
        _ layers: () -> [any Layer], by deviation: Float, _ random: inout Xoshiro256StarStar
    ) -> (apart: [any Layer], together: Sequential) {
        let (apart, together) = (layers(), Sequential(layers()))
        for (one, other) in zip(apart.flatMap(\.parameters), together.parameters) {
            for index in 0..<one.value.count { one.value[index] += deviation * random.normal() }
            other.value.copy(from: one.value)
        }
        return (apart, together)
    }

    private func normal(
        _ shape: [Int], around mean: Float = 0, _ random: inout Xoshiro256StarStar
    ) -> Tensor {
        let tensor = Tensor(shape)
        for index in 0..<tensor.count { tensor[index] = mean + random.normal() }
        return tensor
    }

    @Test(
        "a first convolution's backward pass together with its normalisation's equals one after the other",
        arguments: [true, false], [1, 2, 3])
    func firstConvolution(training: Bool, threads: Int) {
        func layers() -> [any Layer] {
            let convolution = Convolution2D(name: "c", inputChannels: 1, outputChannels: 24)
            convolution.needsInputGradient = false
            return [convolution, BatchNormalization2D(name: "b", channels: 24, relu: true)]
        }
        var random = Xoshiro256StarStar(seed: 11)
        let (apart, together) = pair(layers, by: 1, &random)
        // More rows than a band has, and a last band that is not full.
        let input = normal([4, 13, 10, 1], around: 1, &random)
        let gradient = normal([4, 13, 10, 24], &random)
        let execution = Execution(threads: threads)
        execution.isTraining = training
        let output = apart[1].forward(apart[0].forward(input, execution), execution).elements
        #expect(together.forward(input, execution).elements == output)
        _ = apart[0].backward(apart[1].backward(gradient, execution), execution)
        _ = together.backward(gradient, execution)
        for (one, other) in zip(apart.flatMap(\.parameters), together.parameters) {
            let gap = gap(one.gradient.elements, other.gradient.elements)
            #expect(gap < 1e-5, "\(one.name)")
        }
    }

    @Test(
        "a convolution that has the gradient for its output made block by block gives what it gives of the whole one",
        arguments: [true, false], [(12, 12), (24, 24), (6, 6)])
    func pendingGradient(pools: Bool, size: (Int, Int)) {
        func layers() -> [any Layer] {
            [
                Convolution2D(name: "c", inputChannels: 16, outputChannels: 56),
                BatchNormalization2D(name: "b", channels: 56, relu: true, pools: pools),
            ]
        }
        var random = Xoshiro256StarStar(seed: 17)
        let (apart, together) = pair(layers, by: 1, &random)
        // More images than a block has on each of two threads.
        let input = normal([19, size.0, size.1, 16], &random)
        let execution = Execution(threads: 2)
        execution.isTraining = true
        let output = apart[1].forward(apart[0].forward(input, execution), execution)
        #expect(together.forward(input, execution).elements == output.elements)
        let gradient = normal(output.shape, &random)
        let expected = apart[0].backward(apart[1].backward(gradient, execution), execution).elements
        #expect(together.backward(gradient, execution).elements == expected)
        for (one, other) in zip(apart.flatMap(\.parameters), together.parameters) {
            #expect(one.gradient.elements == other.gradient.elements, "\(one.name)")
        }
    }

    @Test(
        "a convolution that normalises what it reads gives what both give one after the other, forward and backward",
        arguments: [true, false], [(12, 8), (6, 6), (5, 7)])
    func normalizingConvolution(training: Bool, size: (Int, Int)) {
        func layers() -> [any Layer] {
            [
                BatchNormalization2D(name: "b", channels: 16, relu: true),
                Convolution2D(name: "c", inputChannels: 16, outputChannels: 24),
            ]
        }
        var random = Xoshiro256StarStar(seed: 13)
        let (apart, together) = pair(layers, by: 1, &random)
        let input = normal([3, size.0, size.1, 16], &random)
        let gradient = normal([3, size.0, size.1, 24], &random)
        let execution = Execution(threads: 2)
        execution.isTraining = training
        let output = apart[1].forward(apart[0].forward(input, execution), execution).elements
        #expect(together.forward(input, execution).elements == output)
        let expected = apart[0].backward(apart[1].backward(gradient, execution), execution).elements
        // The sums over the batch are taken in another order.
        let inputGap = gap(together.backward(gradient, execution).elements, expected)
        #expect(inputGap < 1e-5)
        for (one, other) in zip(apart.flatMap(\.parameters), together.parameters) {
            let gap = gap(one.gradient.elements, other.gradient.elements)
            #expect(gap < 1e-5, "\(one.name)")
        }
        for (one, other) in zip(apart.flatMap(\.statistics), together.statistics) {
            #expect(one.value.elements == other.value.elements, "\(one.name)")
        }
        execution.needsGradients = false
        #expect(together.forward(input, execution).elements == output)
    }

    @Test(
        "convolutions behind each other, whose normalisations are theirs, give what all give one by one",
        arguments: [true, false], [1, 2, 3])
    func trunk(training: Bool, threads: Int) {
        func layers() -> [any Layer] {
            let first = Convolution2D(name: "1", inputChannels: 1, outputChannels: 8)
            first.needsInputGradient = false
            return [
                first, BatchNormalization2D(name: "2", channels: 8, relu: true),
                Convolution2D(name: "3", inputChannels: 8, outputChannels: 16),
                BatchNormalization2D(name: "4", channels: 16, relu: true),
                Convolution2D(name: "5", inputChannels: 16, outputChannels: 8),
            ]
        }
        var random = Xoshiro256StarStar(seed: 17)
        let (apart, together) = pair(layers, by: 0.5, &random)
        let (input, gradient) = (normal([5, 12, 16, 1], &random), normal([5, 12, 16, 8], &random))
        let execution = Execution(threads: threads)
        execution.isTraining = training
        let output = apart.reduce(input) { $1.forward($0, execution) }
        #expect(together.forward(input, execution).elements == output.elements)
        _ = apart.reversed().reduce(gradient) { $1.backward($0, execution) }
        _ = together.backward(gradient, execution)
        for (one, other) in zip(apart.flatMap(\.parameters), together.parameters) {
            let gap = gap(one.gradient.elements, other.gradient.elements)
            #expect(gap < 2e-5, "\(one.name)")
        }
    }
}
