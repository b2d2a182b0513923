import CKernels

/// A two-dimensional convolution, stride 1, zero padding that keeps the size (kernel size odd).
///
/// 3×3 kernels with channels in multiples of 8 go through Winograd's minimal filtering (Lavin and Gray, 2016), others
/// through products that gather the inputs under the kernel (im2col without the copy, Dukhan, 2019).
public final class Convolution2D: Layer {
    /// Input channels.
    public let inputChannels: Int
    /// Output channels.
    public let outputChannels: Int
    /// Height and width of the kernel.
    public let kernelSize: Int
    /// `[out, in, kernel, kernel]`.
    public let weight: Parameter
    /// `[out]`, or nil for a convolution that normalisation follows.
    public let bias: Parameter?
    /// False for a first layer, whose input needs no gradient.
    public var needsInputGradient = true
    /// Images whose transforms are worked on at a time, so that they stay in the cache.
    private static let blockFloats = 96 * 1024

    private var input = Tensor()
    private let output = Tensor()
    private let inputGradient = Tensor()
    private let transformed = Tensor()
    private let transposed = Tensor()
    private var partial: [Tensor] = []

    /// Makes the layer; its weights are zero until initialised.
    public init(
        name: String, inputChannels: Int, outputChannels: Int, kernelSize: Int = 3, bias hasBias: Bool = false
    ) {
        precondition(kernelSize % 2 == 1 && inputChannels > 0 && outputChannels > 0)
        self.inputChannels = inputChannels
        self.outputChannels = outputChannels
        self.kernelSize = kernelSize
        weight = Parameter(
            name: "\(name).weight", shape: [kernelSize, kernelSize, inputChannels, outputChannels],
            layout: .convolution, decays: true)
        bias = hasBias ? Parameter(name: "\(name).bias", shape: [outputChannels], decays: false) : nil
    }

    /// The weight, then the bias where there is one.
    public var parameters: [Parameter] { [weight] + (bias.map { [$0] } ?? []) }

    /// Whether an input of this many channels goes through Winograd's algorithm.
    var isWinograd: Bool { kernelSize == 3 && inputChannels % 8 == 0 && outputChannels % 8 == 0 }

    /// F(4×4, 3×3) on large maps, F(2×2, 3×3) where a tile of 4 would reach beyond the border.
    static func winograd(height: Int, width: Int, _ execution: Execution) -> winograd_kernels {
        height % 4 == 0 && width % 4 == 0 ? execution.kernels.f4 : execution.kernels.f2
    }

    /// `[batch, in, height, width]` to `[batch, out, height, width]`.
    public func forward(_ input: Tensor, _ execution: Execution) -> Tensor {
        precondition(input.shape.count == 4 && input.shape[3] == inputChannels, "\(input.shape)")
        self.input = input
        output.resize([input.shape[0], input.shape[1], input.shape[2], outputChannels])
        if isWinograd {
            forwardWinograd(execution)
        } else {
            forwardGathered(execution)
        }
        return output
    }

    /// Sets the weight's gradient, and returns the gradient for the input.
    public func backward(_ gradient: Tensor, _ execution: Execution) -> Tensor {
        inputGradient.resize(input.shape)
        let weights =
            isWinograd ? inputChannels * outputChannels * planes(execution).positions : weight.value.count
        while partial.count < execution.pool.threads { partial.append(Tensor()) }
        execution.pool.onEachThread { thread in
            partial[thread].resize([weights])
            partial[thread].fill(0)
        }
        if isWinograd {
            backwardWinograd(gradient, execution)
        } else {
            backwardGathered(gradient, execution)
        }
        if let bias {
            bias.gradient.fill(0)
            let rows = gradient.count / outputChannels
            for row in 0..<rows {
                for channel in 0..<outputChannels {
                    bias.gradient.pointer[channel] += gradient.pointer[row * outputChannels + channel]
                }
            }
        }
        return inputGradient
    }

    private func planes(_ execution: Execution) -> winograd_kernels {
        Convolution2D.winograd(height: input.shape[1], width: input.shape[2], execution)
    }

    // MARK: Winograd

    private func tiles(_ winograd: winograd_kernels) -> Int {
        ((input.shape[1] + winograd.tile - 1) / winograd.tile)
            * ((input.shape[2] + winograd.tile - 1) / winograd.tile)
    }

    /// Images worked on at a time.
    private func blockSize(_ winograd: winograd_kernels) -> Int {
        let image = winograd.positions * tiles(winograd) * max(inputChannels, outputChannels)
        return max(1, Convolution2D.blockFloats / image)
    }

    private func forwardWinograd(_ execution: Execution) {
        let winograd = planes(execution)
        let (height, width) = (input.shape[1], input.shape[2])
        let (block, perImage) = (blockSize(winograd), tiles(winograd))
        let size = inputChannels * outputChannels
        transformed.resize([winograd.positions * size])
        transposed.resize([winograd.positions * size])
        let wantsTransposed = execution.isTraining && needsInputGradient
        winograd.weights(
            weight.value.pointer, inputChannels, outputChannels, transformed.pointer,
            wantsTransposed ? transposed.pointer : nil)
        execution.reserve(slot: 0, count: winograd.positions * block * perImage * inputChannels)
        execution.reserve(slot: 1, count: winograd.positions * block * perImage * outputChannels)
        execution.pool.split(input.shape[0]) { thread, images in
            let v = execution.scratch(thread: thread, slot: 0)
            let m = execution.scratch(thread: thread, slot: 1)
            for first in stride(from: images.lowerBound, to: images.upperBound, by: block) {
                let count = min(block, images.upperBound - first)
                let rows = count * perImage
                winograd.input(
                    input.pointer + first * height * width * inputChannels, count, height, width,
                    inputChannels, v)
                for position in 0..<winograd.positions {
                    execution.kernels.matrix_product(
                        rows, outputChannels, inputChannels, v + position * rows * inputChannels,
                        inputChannels, 1,
                        transformed.pointer + position * size, outputChannels,
                        m + position * rows * outputChannels,
                        outputChannels, false)
                }
                winograd.output(
                    m, count, height, width, outputChannels, bias?.value.pointer, nil, false,
                    output.pointer + first * height * width * outputChannels)
            }
        }
    }

    private func backwardWinograd(_ gradient: Tensor, _ execution: Execution) {
        let winograd = planes(execution)
        let (height, width) = (input.shape[1], input.shape[2])
        let (block, perImage) = (blockSize(winograd), tiles(winograd))
        let size = inputChannels * outputChannels
        execution.reserve(slot: 0, count: winograd.positions * block * perImage * inputChannels)
        execution.reserve(slot: 1, count: winograd.positions * block * perImage * outputChannels)
        execution.pool.split(input.shape[0]) { thread, images in
            let v = execution.scratch(thread: thread, slot: 0)
            let m = execution.scratch(thread: thread, slot: 1)
            let sum = partial[thread].pointer
            for first in stride(from: images.lowerBound, to: images.upperBound, by: block) {
                let count = min(block, images.upperBound - first)
                let rows = count * perImage
                let inputStart = first * height * width * inputChannels
                winograd.input(input.pointer + inputStart, count, height, width, inputChannels, v)
                winograd.output_adjoint(
                    gradient.pointer + first * height * width * outputChannels, count, height, width,
                    outputChannels, m)
                for position in 0..<winograd.positions {
                    let left = v + position * rows * inputChannels
                    let right = m + position * rows * outputChannels
                    execution.kernels.matrix_product(
                        inputChannels, outputChannels, rows, left, 1, inputChannels, right, outputChannels,
                        sum + position * size, outputChannels, true)
                    guard needsInputGradient else { continue }
                    execution.kernels.matrix_product(
                        rows, inputChannels, outputChannels, right, outputChannels, 1,
                        transposed.pointer + position * size, inputChannels, left, inputChannels, false)
                }
                guard needsInputGradient else { continue }
                winograd.input_adjoint(
                    v, count, height, width, inputChannels, inputGradient.pointer + inputStart)
            }
        }
        sumPartials(execution)
        weight.gradient.fill(0)
        winograd.weights_adjoint(partial[0].pointer, inputChannels, outputChannels, weight.gradient.pointer)
    }

    /// Adds the threads' sums into the first, always in the order of the threads.
    private func sumPartials(_ execution: Execution) {
        let total = partial[0]
        execution.pool.split(total.count) { _, part in
            for other in partial[1..<execution.pool.threads] {
                for index in part { total.pointer[index] += other.pointer[index] }
            }
        }
    }

    // MARK: Gathered inputs

    private func padded() -> PaddedImage {
        PaddedImage(
            height: input.shape[1], width: input.shape[2], channels: inputChannels, kernelSize: kernelSize)
    }

    private func forwardGathered(_ execution: Execution) {
        let (height, width) = (input.shape[1], input.shape[2])
        let padded = padded()
        let offsets = padded.offsets
        execution.reserve(slot: 0, count: padded.count)
        execution.pool.split(input.shape[0]) { thread, images in
            let image = execution.scratch(thread: thread, slot: 0)
            for index in images {
                padded.fill(image, from: input.pointer + index * height * width * inputChannels)
                for row in 0..<height {
                    let y = output.pointer + (index * height + row) * width * outputChannels
                    if let bias {
                        for column in 0..<width {
                            (y + column * outputChannels).update(
                                from: bias.value.pointer, count: outputChannels)
                        }
                    }
                    execution.kernels.gathered_product(
                        width, outputChannels, padded.taps, image + padded.start(row: row), inputChannels,
                        offsets, weight.value.pointer, outputChannels, y, outputChannels, bias != nil)
                }
            }
        }
    }

    private func backwardGathered(_ gradient: Tensor, _ execution: Execution) {
        let (height, width) = (input.shape[1], input.shape[2])
        let padded = padded()
        let offsets = padded.offsets
        execution.reserve(slot: 0, count: padded.count)
        execution.reserve(slot: 1, count: width * padded.taps)
        if needsInputGradient { transpose(weight.value.pointer, rows: padded.taps) }
        execution.pool.split(input.shape[0]) { thread, images in
            let image = execution.scratch(thread: thread, slot: 0)
            for index in images {
                let first = index * height * width * inputChannels
                padded.fill(image, from: input.pointer + first)
                if needsInputGradient {
                    (inputGradient.pointer + first).update(
                        repeating: 0, count: height * width * inputChannels)
                }
                for row in 0..<height {
                    let dy = gradient.pointer + (index * height + row) * width * outputChannels
                    execution.kernels.gathered_product_adjoint(
                        padded.taps, outputChannels, width, image + padded.start(row: row), offsets,
                        inputChannels, dy, outputChannels, partial[thread].pointer, outputChannels, true)
                    guard needsInputGradient else { continue }
                    let spread = execution.scratch(thread: thread, slot: 1)
                    execution.kernels.matrix_product(
                        width, padded.taps, outputChannels, dy, outputChannels, 1, transposed.pointer,
                        padded.taps, spread, padded.taps, false)
                    add(spread, padded.taps, row: row, into: inputGradient.pointer + first)
                }
            }
        }
        sumPartials(execution)
        weight.gradient.copy(from: partial[0])
    }

    /// Adds the gradients for the inputs under the kernel, `[width, kernel · kernel · in]` for one row of pixels, to
    /// those of the image.
    private func add(
        _ spread: UnsafePointer<Float>, _ taps: Int, row: Int, into image: UnsafeMutablePointer<Float>
    ) {
        let (height, width, reach) = (input.shape[1], input.shape[2], kernelSize / 2)
        for ky in 0..<kernelSize {
            let sourceY = row + ky - reach
            guard sourceY >= 0, sourceY < height else { continue }
            let line = image + sourceY * width * inputChannels
            for kx in 0..<kernelSize {
                for column in max(0, reach - kx)..<max(reach - kx, min(width, width + reach - kx)) {
                    let place = spread + column * taps + (ky * kernelSize + kx) * inputChannels
                    let target = line + (column + kx - reach) * inputChannels
                    for channel in 0..<inputChannels { target[channel] += place[channel] }
                }
            }
        }
    }

    /// Fills `transposed` with `[out, taps]` from `[taps, out]`.
    private func transpose(_ source: UnsafePointer<Float>, rows: Int) {
        transposed.resize([rows * outputChannels])
        for row in 0..<rows {
            for column in 0..<outputChannels {
                transposed.pointer[column * rows + row] = source[row * outputChannels + column]
            }
        }
    }

    // MARK: Inference

    /// A convolution that takes in what follows it.
    public func lower(_ input: ProgramValue, into program: inout ProgramBuilder) -> ProgramValue {
        precondition(input.shape.count == 3 && input.features == inputChannels, "\(input.shape)")
        return program.append([input.shape[0], input.shape[1], outputChannels]) {
            ConvolutionDraft(
                input, into: $0, kernelSize: kernelSize, weights: weight.value.elements,
                bias: bias?.value.elements)
        }
    }
}
