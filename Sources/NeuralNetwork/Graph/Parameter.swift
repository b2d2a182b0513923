/// A weight that is learned: its value and the gradient of the loss.
package final class Parameter {
    /// How a weight lies in memory as against PyTorch's shape.
    package enum Layout: Sendable, Equatable {
        /// As in PyTorch.
        case plain
        /// In memory `[kernel height, kernel width, in, out]`, in PyTorch `[out, in, kernel height, kernel width]`.
        case convolution
        /// `[out, in]` after a map was flattened: in memory the inputs are `height, width, channel`, in PyTorch
        /// `channel, height, width`.
        case flattenedMap(channels: Int)
    }

    /// PyTorch's name: `trunk.conv1.weight`.
    package let name: String
    /// The values, in the memory layout.
    package let value: Tensor
    /// The gradient of the loss for the last batch, in the memory layout; takes memory once a backward pass sets it.
    package private(set) lazy var gradient: Tensor = {
        hasGradient = true
        return Tensor(value.shape)
    }()
    /// Whether there is memory for the gradient: a network that only infers has none.
    package private(set) var hasGradient = false
    /// How the values lie in memory.
    package let layout: Layout
    /// Whether weight decay applies: to weights, not to biases and normalisation.
    package let decays: Bool

    /// PyTorch's shape.
    package var torchShape: [Int] {
        let shape = value.shape
        return layout == .convolution ? [shape[3], shape[2], shape[0], shape[1]] : shape
    }

    /// Any tensor of the parameter's memory layout (its value, an average, a moment) in PyTorch's order.
    package func torchValues(of tensor: Tensor) -> [Float] {
        var values = [Float](repeating: 0, count: tensor.count)
        eachIndex { memory, torch in values[torch] = tensor[memory] }
        return values
    }

    /// Sets a tensor of the parameter's memory layout from values in PyTorch's order; their count must fit.
    package func setTorchValues(_ values: [Float], of tensor: Tensor) {
        precondition(values.count == tensor.count)
        eachIndex { memory, torch in tensor[memory] = values[torch] }
    }

    /// Every element's place in memory and in PyTorch's order.
    private func eachIndex(_ body: (_ memory: Int, _ torch: Int) -> Void) {
        let shape = value.shape
        switch layout {
        case .plain:
            for index in 0..<value.count { body(index, index) }
        case .convolution:
            let taps = shape[0] * shape[1]
            for tap in 0..<taps {
                for input in 0..<shape[2] {
                    for output in 0..<shape[3] {
                        body(
                            (tap * shape[2] + input) * shape[3] + output,
                            (output * shape[2] + input) * taps + tap)
                    }
                }
            }
        case .flattenedMap(let channels):
            let cells = shape[1] / channels
            for output in 0..<shape[0] {
                for cell in 0..<cells {
                    for channel in 0..<channels {
                        body(
                            output * shape[1] + cell * channels + channel,
                            output * shape[1] + channel * cells + cell)
                    }
                }
            }
        }
    }

    init(name: String, shape: [Int], layout: Layout = .plain, decays: Bool) {
        self.name = name
        self.layout = layout
        self.decays = decays
        value = Tensor(shape)
    }
}

/// A running statistic that is saved with the weights but not learned: `bn.running_mean`.
package final class Statistic {
    /// PyTorch's name.
    package let name: String
    /// The values.
    package let value: Tensor

    init(name: String, count: Int, fill: Float) {
        self.name = name
        value = Tensor([count])
        value.fill(fill)
    }
}
