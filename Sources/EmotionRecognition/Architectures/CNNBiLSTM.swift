import NeuralNetwork

extension Architecture {
    /// The convolution and pooling layers of ``cnn``, their map read as a sequence by a bidirectional LSTM (Sutarti and
    /// Syaqqialloh, 2025).
    package static let cnnBiLSTM = Architecture(
        "cnn-bilstm", title: "CNN-BiLSTM", recipe: .paper, standard: .paper
    ) { network in
        let layers: [any Layer] =
            ConvolutionBlocks.stages(network.widths, spatialDropout: network.spatialDropout) + [
                BidirectionalLSTM(name: "lstm", inputFeatures: network.lastWidth, hidden: network.hidden),
                LastOutputs(),
            ]
        return Body(layers: layers, features: 2 * network.hidden)
    }
}
