import Foundation

/// A network: a body that turns images into features, and heads beside each other that name something by them.
///
/// It is what is trained, saved and lowered to a ``Program``; what its images and its classes are, its owner knows.
package final class Network {
    /// From images to features.
    package let body: any Layer
    /// From features to logits, one a head.
    package let heads: [any Layer]
    /// The extents of one image, `[height, width, channels]` as it lies in memory.
    package let inputShape: [Int]

    /// Takes the layers; their weights are as they are.
    package init(inputShape: [Int], body: any Layer, heads: [any Layer]) {
        precondition(!heads.isEmpty)
        self.inputShape = inputShape
        self.body = body
        self.heads = heads
    }

    /// All weights, in the order of the forward pass.
    package var parameters: [Parameter] { body.parameters + heads.flatMap { $0.parameters } }

    /// All running statistics.
    package var statistics: [Statistic] { body.statistics + heads.flatMap { $0.statistics } }

    /// The number of learned weights.
    package var parameterCount: Int { parameters.reduce(0) { $0 + $1.value.count } }

    /// Logits of each head, `[batch, classes]`, for images `[batch, channels, height, width]`.
    package func forward(_ images: Tensor, _ execution: Execution) -> [Tensor] {
        let features = body.forward(images, execution)
        let logits = heads.map { $0.forward(features, execution) }
        if !execution.needsGradients { forget() }
        return logits
    }

    private func forget() {
        body.forget()
        for head in heads { head.forget() }
    }

    /// Sets the gradients of all weights from those of each head's logits.
    package func backward(_ gradients: [Tensor], _ execution: Execution) {
        precondition(gradients.count == heads.count)
        let shares = zip(heads, gradients).map { $0.backward($1, execution) }
        for share in shares.dropFirst() { shares[0].add(share) }
        execution.onGradients?(heads.flatMap { $0.parameters })
        _ = body.backward(shares[0], execution)
    }

    /// Multiplications with additions that one image takes: of convolutions as if done directly, and of dense and
    /// recurrent layers.
    package var multiplyAdds: Int { lowered().builder.multiplyAdds }

    /// The network made ready for one image at a time, with its present weights: later changes have no effect on it.
    package func program(kernels: KernelSet = .best) -> Program {
        let (builder, outputs) = lowered()
        return builder.finish(outputs: outputs, kernels: kernels)
    }

    /// The network in the format of ONNX (https://onnx.ai), with its present weights: the bytes of a file.
    ///
    /// - Parameters:
    ///   - name: The graph's name.
    ///   - input: The name of its input, `[batch, channels, height, width]`.
    ///   - outputs: The names of its heads' logits, `[batch, classes]`, in their order.
    ///   - metadata: Strings about it.
    package func onnx(name: String, input: String, outputs: [String], metadata: [String: String]) -> Data {
        let (builder, values) = lowered()
        precondition(outputs.count == values.count)
        let named = zip(outputs, values).map { (name: $0, value: $1) }
        return builder.export(outputs: named, input: input).serialized(name: name, metadata: metadata)
    }

    /// The same in integers of eight bits where a layer's ranges are known; the first layer and the heads stay floats.
    ///
    /// - Parameter integers: The instruction set of the integers; results do not depend on it.
    package func program(
        quantization: Quantization, kernels: KernelSet = .best, integers: IntegerSet = .best
    ) -> Program {
        let (builder, outputs) = lowered()
        return builder.finish(
            outputs: outputs, kernels: kernels, quantization: quantization, integers: IntegerKernels(integers)
        )
    }

    /// How far what layers that can work in integers read reaches on some images, each `[height, width, channels]`.
    ///
    /// - Parameter goesOn: Asked after each image, with how many are done; where it says no, the others are left out.
    package func quantization(
        measuredOn images: [[Float]], goesOn: (Int) -> Bool = { _ in true }
    ) -> Quantization {
        let (builder, outputs) = lowered()
        return builder.measure(outputs: outputs, images: images, goesOn: goesOn)
    }

    func lowered() -> (builder: ProgramBuilder, outputs: [ProgramValue]) {
        var builder = ProgramBuilder(inputShape: inputShape)
        let features = body.lower(builder.input, into: &builder)
        if heads.count > 1 { builder.share(features) }
        let outputs = heads.map { $0.lower(features, into: &builder) }
        return (builder, outputs)
    }
}
