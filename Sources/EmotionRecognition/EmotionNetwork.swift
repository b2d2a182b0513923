import NeuralNetwork

/// One of the project's networks with layers that can be trained.
///
/// Its input is `[batch, 1, 48, 48]`, prepared as the configuration's preprocessing says; its output one tensor of
/// logits a head, `[batch, classes]`.
package final class EmotionNetwork {
    /// What fixes the layers.
    package let configuration: NetworkConfiguration
    /// The layers.
    package let graph: Network

    /// Builds the layers and sets their weights from a seed.
    package convenience init(_ configuration: NetworkConfiguration, seed: UInt64 = 0) {
        self.init(unset: configuration)
        Initialization.initialize(parameters, seed: seed)
    }

    /// Builds the layers, their weights still to be set.
    init(unset configuration: NetworkConfiguration) {
        self.configuration = configuration
        let side = NetworkConfiguration.side
        let body = configuration.architecture.body(configuration)
        graph = Network(
            inputShape: [side, side, 1],
            body: Sequential(body.layers + [Dropout(rate: configuration.dropout, number: 100)]),
            heads: configuration.heads.map {
                Dense(
                    name: "head_\($0.rawValue)", inputFeatures: body.features, outputFeatures: $0.classes)
            })
    }

    /// All weights, in the order of the forward pass.
    package var parameters: [Parameter] { graph.parameters }

    /// All running statistics.
    package var statistics: [Statistic] { graph.statistics }

    /// The number of learned weights.
    package var parameterCount: Int { graph.parameterCount }

    /// Multiplications with additions that one face takes: of convolutions as if done directly, and of dense and
    /// recurrent layers.
    package var multiplyAdds: Int { graph.multiplyAdds }

    /// Logits of each head.
    package func forward(_ images: Tensor, _ execution: Execution) -> [Tensor] {
        graph.forward(images, execution)
    }

    /// Sets the gradients of all weights from those of each head's logits.
    package func backward(_ gradients: [Tensor], _ execution: Execution) {
        graph.backward(gradients, execution)
    }
}
