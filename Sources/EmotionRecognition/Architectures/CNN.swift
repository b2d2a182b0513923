import NeuralNetwork

extension Architecture {
    /// Convolution and pooling layers, then fully connected ones (Sutarti and Syaqqialloh, 2025).
    package static let cnn = Architecture("cnn", title: "CNN", recipe: .paper, standard: .paper) { network in
        let cells = 9 * network.lastWidth
        let layers: [any Layer] =
            ConvolutionBlocks.stages(network.widths, spatialDropout: network.spatialDropout) + [
                Dense(
                    name: "fc", inputFeatures: cells, outputFeatures: network.hidden,
                    flattenedChannels: network.lastWidth),
                ReLU(),
            ]
        return Body(layers: layers, features: network.hidden)
    }
}
