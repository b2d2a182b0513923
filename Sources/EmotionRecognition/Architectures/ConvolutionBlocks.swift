import NeuralNetwork

/// Runs of layers that several architectures begin with.
enum ConvolutionBlocks {
    /// A convolution, its normalisation, and where asked a ReLU and the maximum of windows.
    static func block(
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

    /// Stages of convolution, normalisation, ReLU and pooling: of four, 48×48 to 3×3.
    ///
    /// - Parameter spatialDropout: How often channels are dropped after each stage but the first.
    static func stages(_ widths: [Int], spatialDropout: Float) -> [any Layer] {
        var layers: [any Layer] = []
        var channels = 1
        for (index, width) in widths.enumerated() {
            layers += block(
                "trunk.\(index + 1)", channels, width, relu: true, pools: true, isFirst: index == 0)
            if index > 0 {
                layers.append(Dropout(rate: spatialDropout, unit: .channel, number: index))
            }
            channels = width
        }
        return layers
    }
}
