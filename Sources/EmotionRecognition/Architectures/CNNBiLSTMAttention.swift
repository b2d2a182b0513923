import NeuralNetwork

extension Architecture {
    /// ``cnnBiLSTM`` whose LSTM's steps are weighed by how much each says, instead of read at their ends alone: what the
    /// introduction of Sutarti and Syaqqialloh (2025) names as the way to more (Ming et al., 2022; Qi et al., 2023).
    package static let cnnBiLSTMAttention = Architecture(
        "cnn-bilstm-attention", title: "CNN-BiLSTM with attention", recipe: .paper, standard: .paper
    ) { network in
        let layers: [any Layer] =
            ConvolutionBlocks.stages(network.widths, spatialDropout: network.spatialDropout) + [
                BidirectionalLSTM(name: "lstm", inputFeatures: network.lastWidth, hidden: network.hidden),
                StepAttention(
                    name: "attention", inputFeatures: 2 * network.hidden, units: network.hidden),
            ]
        return Body(layers: layers, features: 2 * network.hidden)
    }
}
