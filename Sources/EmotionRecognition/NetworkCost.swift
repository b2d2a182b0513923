import NeuralNetwork

extension EmotionNetwork {
    /// Multiplications with additions that one face takes: of convolutions as if done directly, and of dense and
    /// recurrent layers.
    public var multiplyAdds: Int {
        var side = NetworkConfiguration.side
        var total = Self.multiplyAdds(trunk.layers, side: &side)
        if let lstm {
            // Four gates each way, from the cell's features and from the state before.
            let gates = 2 * 4 * lstm.hidden
            total +=
                side * side * gates * (configuration.widths[configuration.widths.count - 1] + lstm.hidden)
        }
        for dense in summary.layers.compactMap({ $0 as? Dense }) + heads {
            total += dense.inputFeatures * dense.outputFeatures
        }
        return total
    }

    private static func multiplyAdds(_ layers: [any Layer], side: inout Int) -> Int {
        var total = 0
        for layer in layers {
            switch layer {
            case let convolution as Convolution2D:
                total +=
                    side * side * convolution.kernelSize * convolution.kernelSize
                    * convolution.inputChannels * convolution.outputChannels
            case let residual as Residual:
                var (main, beside) = (side, side)
                total += multiplyAdds(residual.body.layers, side: &main)
                total += multiplyAdds(residual.shortcut?.layers ?? [], side: &beside)
                side = main
            case is MaxPool2D: side /= 2
            case let normalization as BatchNormalization2D where normalization.pools: side /= 2
            default: break
            }
        }
        return total
    }
}
