/// Layers one after another.
package final class Sequential: Layer {
    /// The layers in the order of the forward pass.
    package let layers: [any Layer]

    /// Takes the layers in the order of the forward pass.
    package init(_ layers: [any Layer]) { self.layers = layers }

    /// The layers' weights, first layer first.
    package var parameters: [Parameter] { layers.flatMap { $0.parameters } }
    /// The layers' statistics, first layer first.
    package var statistics: [Statistic] { layers.flatMap { $0.statistics } }

    /// Passes a batch through all layers.
    package func forward(_ input: Tensor, _ execution: Execution) -> Tensor {
        forward(input, dropping: 0, execution)
    }

    /// The same without some of the last layers, which somebody else does.
    func forward(_ input: Tensor, dropping last: Int, _ execution: Execution) -> Tensor {
        var output = input
        // A normalisation that the convolution behind it does, and whose output is never made.
        var waiting: BatchNormalization2D?
        let layers = layers.dropLast(last)
        for (index, layer) in layers.enumerated() {
            if let normalization = layer as? BatchNormalization2D, normalization.relu, !normalization.pools,
                index + 1 < layers.count, let next = layers[index + 1] as? Convolution2D, next.isWinograd
            {
                normalization.prepare(output, execution)
                waiting = normalization
                continue
            }
            if let normalization = waiting, let convolution = layer as? Convolution2D {
                output = convolution.forward(output, activatedBy: normalization, execution)
                if !execution.needsGradients { normalization.forget() }
                waiting = nil
            } else {
                output = layer.forward(output, execution)
            }
            if !execution.needsGradients { layer.forget() }
        }
        return output
    }

    /// Passes the gradient through all layers, last layer first.
    package func backward(_ gradient: Tensor, _ execution: Execution) -> Tensor {
        backward(.whole(gradient), dropping: 0, execution)
    }

    /// The same from the layer on before some of the last ones, which somebody else does.
    ///
    /// - Parameter sum: What the gradient for the input is added to, and which is then returned; nil where it stands alone.
    func backward(
        _ gradient: MapGradient, dropping last: Int, addingTo sum: Tensor? = nil, _ execution: Execution
    ) -> Tensor {
        var result = gradient
        var left = layers.dropLast(last)
        while let layer = left.popLast() {
            if let normalization = layer as? BatchNormalization2D, normalization.relu,
                let convolution = left.last as? Convolution2D, convolution.bias == nil
            {
                let behind = result.tensor(execution)
                if convolution.isFirst, left.count == 1, !normalization.pools {
                    left.removeLast()
                    result = .whole(convolution.backward(behind, through: normalization, execution))
                    execution.onGradients?(convolution.parameters)
                } else {
                    result = normalization.backwardPending(behind, execution)
                }
            } else if let convolution = layer as? Convolution2D {
                let adds = left.isEmpty && convolution.kernelSize == 1
                result = .whole(convolution.backward(result, addingTo: adds ? sum : nil, execution))
            } else {
                result = .whole(layer.backward(result.tensor(execution), execution))
            }
            execution.onGradients?(layer.parameters)
        }
        let own = result.tensor(execution)
        if let sum, own !== sum { sum.setSum(sum, own, execution.pool) }
        return sum ?? own
    }

    /// Drops what the layers kept.
    package func forget() {
        for layer in layers { layer.forget() }
    }

    /// The steps of all layers.
    package func lower(_ input: ProgramValue, into program: inout ProgramBuilder) -> ProgramValue {
        layers.reduce(input) { $1.lower($0, into: &program) }
    }
}
