import NeuralNetwork

extension Architecture {
    /// The project's own: a residual trunk (He et al., 2016) whose map is read by a bidirectional LSTM beside its global
    /// average; two heads.
    package static let raut = Architecture(
        "raut", title: "Raut", recipe: .shipped,
        standard: Standard(
            widths: [24, 56, 112, 208], hidden: 128, dropout: 0.3, spatialDropout: 0.05,
            preprocessing: .standardized, heads: [.fer2013, .ferplus])
    ) { network in
        let read = Sequential([
            BidirectionalLSTM(name: "lstm", inputFeatures: network.lastWidth, hidden: network.hidden),
            MeanOverSteps(),
        ])
        return Body(
            layers: residualTrunk(network) + [Concatenation([read, MeanOverSteps()])],
            features: 2 * network.hidden + network.lastWidth)
    }

    /// Two convolutions at 48×48, then residual blocks at 24×24, 12×12 and 6×6, pooled between.
    private static func residualTrunk(_ network: NetworkConfiguration) -> [any Layer] {
        let widths = network.widths
        var layers = ConvolutionBlocks.block("trunk.stem.1", 1, widths[0], relu: true, isFirst: true)
        layers += ConvolutionBlocks.block("trunk.stem.2", widths[0], widths[0], relu: true, pools: true)
        for index in 1..<widths.count {
            let name = "trunk.block.\(index)"
            if index > 1 {
                layers.append(
                    Dropout(
                        rate: network.spatialDropout * Float(index - 1), unit: .channel, number: index))
            }
            let body =
                ConvolutionBlocks.block("\(name).1", widths[index - 1], widths[index], relu: true)
                + ConvolutionBlocks.block("\(name).2", widths[index], widths[index], relu: false)
            let shortcut = ConvolutionBlocks.block(
                "\(name).shortcut", widths[index - 1], widths[index], relu: false, kernelSize: 1)
            let isLast = index == widths.count - 1
            layers.append(
                Residual(body: Sequential(body), shortcut: Sequential(shortcut), pools: !isLast))
        }
        return layers
    }
}
