import NeuralNetwork

/// One of the project's networks with layers that can be trained.
///
/// Its input is `[batch, 1, 48, 48]`, prepared as the configuration's preprocessing says; its output one tensor of
/// logits a head, `[batch, classes]`.
public final class EmotionNetwork {
    /// What fixes the layers.
    public let configuration: NetworkConfiguration
    /// Convolution and pooling, to `[batch, channels, height, width]`.
    let trunk: Sequential
    /// Reads the map as a sequence; nil for `cnn`.
    let lstm: BidirectionalLSTM?
    /// From the LSTM's outputs, or from the map for `cnn`, to features.
    let summary: Sequential
    /// Beside the LSTM: the map's global average; only of `raut`.
    let average: MeanOverSteps?
    /// Before the heads.
    let dropout: Dropout
    /// The last layers, one a head.
    let heads: [Dense]
    private let joined = Tensor()
    private let summaryGradient = Tensor()
    private let averageGradient = Tensor()
    private let mapGradient = Tensor()

    /// Builds the layers and sets their weights from a seed.
    public init(_ configuration: NetworkConfiguration, seed: UInt64 = 0) {
        self.configuration = configuration
        let widths = configuration.widths
        let last = widths[widths.count - 1]
        switch configuration.architecture {
        case .cnn:
            trunk = Self.paperTrunk(configuration)
            lstm = nil
            average = nil
            summary = Sequential([
                Dense(
                    name: "fc", inputFeatures: 9 * last, outputFeatures: configuration.hidden,
                    flattenedChannels: last),
                ReLU(),
            ])
        case .cnnBiLSTM:
            trunk = Self.paperTrunk(configuration)
            lstm = BidirectionalLSTM(name: "lstm", inputFeatures: last, hidden: configuration.hidden)
            average = nil
            summary = Sequential([LastOutputs()])
        case .raut:
            trunk = Self.residualTrunk(configuration)
            lstm = BidirectionalLSTM(name: "lstm", inputFeatures: last, hidden: configuration.hidden)
            average = MeanOverSteps()
            summary = Sequential([MeanOverSteps()])
        }
        let read = lstm == nil ? configuration.hidden : 2 * configuration.hidden
        let features = read + (average == nil ? 0 : last)
        dropout = Dropout(rate: configuration.dropout, number: 100)
        heads = configuration.heads.map {
            Dense(name: "head_\($0.rawValue)", inputFeatures: features, outputFeatures: $0.classes)
        }
        Initialization.initialize(parameters, seed: seed)
    }

    /// All weights, in the order of the forward pass.
    public var parameters: [Parameter] {
        trunk.parameters + (lstm?.parameters ?? []) + summary.parameters + heads.flatMap { $0.parameters }
    }

    /// All running statistics.
    public var statistics: [Statistic] { trunk.statistics }

    /// The number of learned weights.
    public var parameterCount: Int { parameters.reduce(0) { $0 + $1.value.count } }

    /// Logits of each head.
    public func forward(_ images: Tensor, _ execution: Execution) -> [Tensor] {
        let map = trunk.forward(images, execution)
        let read = summary.forward(lstm?.forward(map, execution) ?? map, execution)
        guard let average else { return classify(read, execution) }
        let mean = average.forward(map, execution)
        let (batch, left, right) = (read.shape[0], read.shape[1], mean.shape[1])
        joined.resize([batch, left + right])
        for image in 0..<batch {
            let row = joined.pointer + image * (left + right)
            row.update(from: read.pointer + image * left, count: left)
            (row + left).update(from: mean.pointer + image * right, count: right)
        }
        return classify(joined, execution)
    }

    /// Sets the gradients of all weights from those of each head's logits.
    public func backward(_ gradients: [Tensor], _ execution: Execution) {
        precondition(gradients.count == heads.count)
        let features = Tensor()
        for (head, gradient) in zip(heads, gradients) {
            let share = head.backward(gradient, execution)
            if features.count == share.count {
                for index in 0..<share.count { features.pointer[index] += share.pointer[index] }
            } else {
                features.resize(share.shape)
                features.copy(from: share)
            }
        }
        let gradient = dropout.backward(features, execution)
        guard let average else {
            backwardThroughMap(summary.backward(gradient, execution), execution)
            return
        }
        let batch = gradient.shape[0]
        let right = configuration.widths[configuration.widths.count - 1]
        let left = gradient.shape[1] - right
        summaryGradient.resize([batch, left])
        averageGradient.resize([batch, right])
        for image in 0..<batch {
            let row = gradient.pointer + image * (left + right)
            (summaryGradient.pointer + image * left).update(from: row, count: left)
            (averageGradient.pointer + image * right).update(from: row + left, count: right)
        }
        let beside = average.backward(averageGradient, execution)
        var main = summary.backward(summaryGradient, execution)
        if let lstm { main = lstm.backward(main, execution) }
        mapGradient.resize(beside.shape)
        for index in 0..<beside.count {
            mapGradient.pointer[index] = main.pointer[index] + beside.pointer[index]
        }
        _ = trunk.backward(mapGradient, execution)
    }

    private func backwardThroughMap(_ gradient: Tensor, _ execution: Execution) {
        _ = trunk.backward(lstm?.backward(gradient, execution) ?? gradient, execution)
    }

    private func classify(_ features: Tensor, _ execution: Execution) -> [Tensor] {
        let kept = dropout.forward(features, execution)
        return heads.map { $0.forward(kept, execution) }
    }

    /// Four stages of convolution, normalisation, ReLU and pooling: 48×48 to 3×3.
    private static func paperTrunk(_ configuration: NetworkConfiguration) -> Sequential {
        var layers: [any Layer] = []
        var channels = 1
        for (index, width) in configuration.widths.enumerated() {
            layers += convolutionBlock(
                "trunk.\(index + 1)", channels, width, relu: true, pools: true, isFirst: index == 0)
            if index > 0 {
                layers.append(Dropout(rate: configuration.spatialDropout, unit: .channel, number: index))
            }
            channels = width
        }
        return Sequential(layers)
    }

    /// Two convolutions at 48×48, then residual blocks at 24×24, 12×12 and 6×6, pooled between.
    private static func residualTrunk(_ configuration: NetworkConfiguration) -> Sequential {
        let widths = configuration.widths
        var layers = convolutionBlock("trunk.stem.1", 1, widths[0], relu: true, isFirst: true)
        layers += convolutionBlock("trunk.stem.2", widths[0], widths[0], relu: true, pools: true)
        for index in 1..<widths.count {
            let name = "trunk.block.\(index)"
            if index > 1 {
                layers.append(MaxPool2D())
                layers.append(
                    Dropout(
                        rate: configuration.spatialDropout * Float(index - 1), unit: .channel, number: index))
            }
            let body =
                convolutionBlock("\(name).1", widths[index - 1], widths[index], relu: true)
                + convolutionBlock("\(name).2", widths[index], widths[index], relu: false)
            let shortcut = convolutionBlock(
                "\(name).shortcut", widths[index - 1], widths[index], relu: false, kernelSize: 1)
            layers.append(Residual(body: Sequential(body), shortcut: Sequential(shortcut)))
        }
        return Sequential(layers)
    }

    private static func convolutionBlock(
        _ name: String, _ input: Int, _ output: Int, relu: Bool, pools: Bool = false, isFirst: Bool = false,
        kernelSize: Int = 3
    ) -> [any Layer] {
        let convolution = Convolution2D(
            name: "\(name).conv", inputChannels: input, outputChannels: output, kernelSize: kernelSize)
        convolution.needsInputGradient = !isFirst
        let normalization = BatchNormalization2D(
            name: "\(name).bn", channels: output, relu: relu, pools: pools)
        return [convolution, normalization]
    }
}
