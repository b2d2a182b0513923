import CKernels

/// A trained ``Dense`` layer made ready for one image at a time.
///
/// Immutable after `init`, so that threads can share it.
public final class InferenceDense: @unchecked Sendable {
    /// Input features.
    public let inputFeatures: Int
    /// Output features.
    public let outputFeatures: Int
    /// `[in, out]`.
    private let weight: Tensor
    private let bias: Tensor
    private let kernels: network_kernels

    /// Takes the weights of a layer.
    public init(_ layer: Dense, kernels set: KernelSet = .best) {
        inputFeatures = layer.inputFeatures
        outputFeatures = layer.outputFeatures
        kernels = Execution(kernels: set).kernels
        weight = Tensor([inputFeatures, outputFeatures])
        bias = Tensor([outputFeatures])
        bias.copy(from: layer.bias.value)
        for row in 0..<outputFeatures {
            for column in 0..<inputFeatures {
                weight[column * outputFeatures + row] = layer.weight.value[row * inputFeatures + column]
            }
        }
    }

    /// `[1, in]` to `[1, out]`, with a ReLU where asked.
    public func apply(
        _ input: UnsafePointer<Float>, relu: Bool, into output: UnsafeMutablePointer<Float>
    ) {
        output.update(from: bias.pointer, count: outputFeatures)
        kernels.matrix_product(
            1, outputFeatures, inputFeatures, input, inputFeatures, 1, weight.pointer, outputFeatures, output,
            outputFeatures, true)
        if relu { for index in 0..<outputFeatures { output[index] = max(0, output[index]) } }
    }
}
