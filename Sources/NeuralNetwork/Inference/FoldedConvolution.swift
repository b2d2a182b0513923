import CKernels

/// A convolution with the normalisation that follows it folded into its weights, ready to be applied to one image
/// after another: `relu(conv(x) + bias + residual)`.
///
/// Immutable after `init`, so that threads can share it.
final class FoldedConvolution: @unchecked Sendable {
    let inputChannels: Int
    let outputChannels: Int
    let kernelSize: Int
    let height: Int
    let width: Int
    let relu: Bool
    private let winograd: winograd_kernels?
    /// One matrix `[in, out]` a position for Winograd, one of `[kernel · kernel · in, out]` otherwise.
    private let weights: [PackedMatrix]
    private let bias: Tensor
    private let ones: Tensor
    private let kernels: network_kernels
    private let padded: PaddedImage
    private let offsets: [Int]

    /// Folds `normalization` into `convolution`, for maps of one size.
    init(
        _ convolution: Convolution2D, _ normalization: BatchNormalization2D, height: Int, width: Int,
        relu: Bool,
        _ execution: Execution
    ) {
        inputChannels = convolution.inputChannels
        outputChannels = convolution.outputChannels
        kernelSize = convolution.kernelSize
        self.height = height
        self.width = width
        self.relu = relu
        kernels = execution.kernels
        padded = PaddedImage(
            height: height, width: width, channels: inputChannels, kernelSize: kernelSize)
        offsets = padded.offsets
        bias = Tensor([outputChannels])
        ones = Tensor([outputChannels])
        ones.fill(1)
        let folded = Tensor(convolution.weight.value.shape)
        for channel in 0..<outputChannels {
            let variance = Double(normalization.runningVariance.value[channel])
            let deviation = (variance + Double(BatchNormalization2D.epsilon)).squareRoot()
            let scale = Double(normalization.weight.value[channel]) / deviation
            let own =
                Double(convolution.bias?.value[channel] ?? 0)
                - Double(normalization.runningMean.value[channel])
            bias[channel] = Float(own * scale + Double(normalization.bias.value[channel]))
            for index in stride(from: channel, to: folded.count, by: outputChannels) {
                folded[index] = Float(Double(convolution.weight.value[index]) * scale)
            }
        }
        let size = inputChannels * outputChannels
        if convolution.isWinograd {
            let chosen = Convolution2D.winograd(height: height, width: width, execution)
            winograd = chosen
            let transformed = Tensor([chosen.positions, inputChannels, outputChannels])
            chosen.weights(folded.pointer, inputChannels, outputChannels, transformed.pointer, nil)
            weights = (0..<chosen.positions).map {
                PackedMatrix(
                    transformed.pointer + $0 * size, rows: convolution.inputChannels,
                    columns: convolution.outputChannels, execution.kernels)
            }
        } else {
            winograd = nil
            weights = [
                PackedMatrix(
                    folded.pointer, rows: folded.count / outputChannels, columns: outputChannels,
                    execution.kernels)
            ]
        }
    }

    /// Floats of scratch memory that `apply` needs.
    var scratchCount: Int {
        guard let winograd else { return padded.count }
        return winograd.positions * tiles(winograd) * (inputChannels + outputChannels)
    }

    /// Floats of an output map.
    var outputCount: Int { height * width * outputChannels }

    /// `[1, in, height, width]` to `[1, out, height, width]`; `residual` has the output's shape and is added before
    /// the ReLU.
    func apply(
        _ input: UnsafePointer<Float>, residual: UnsafePointer<Float>?, scratch: UnsafeMutablePointer<Float>,
        into output: UnsafeMutablePointer<Float>
    ) {
        guard let winograd else { return applyGathered(input, scratch: scratch, into: output) }
        let rows = tiles(winograd)
        let products = scratch + winograd.positions * rows * inputChannels
        winograd.input(input, 1, height, width, inputChannels, scratch)
        for (position, weight) in weights.enumerated() {
            weight.multiply(
                scratch + position * rows * inputChannels, count: rows,
                into: products + position * rows * outputChannels)
        }
        winograd.output(products, 1, height, width, outputChannels, bias.pointer, residual, relu, output)
    }

    private func tiles(_ winograd: winograd_kernels) -> Int {
        ((height + winograd.tile - 1) / winograd.tile) * ((width + winograd.tile - 1) / winograd.tile)
    }

    private func applyGathered(
        _ input: UnsafePointer<Float>, scratch: UnsafeMutablePointer<Float>,
        into output: UnsafeMutablePointer<Float>
    ) {
        if kernelSize > 1 { padded.fill(scratch, from: input) }
        for row in 0..<height {
            let target = output + row * width * outputChannels
            if kernelSize == 1 {
                weights[0].multiply(input + row * width * inputChannels, count: width, into: target)
            } else {
                weights[0].multiply(
                    scratch + padded.start(row: row), apart: inputChannels, at: offsets, count: width,
                    into: target)
            }
            // While the row is in the first cache.
            kernels.scale_shift(
                target, width, outputChannels, ones.pointer, bias.pointer, relu, target)
        }
    }
}
