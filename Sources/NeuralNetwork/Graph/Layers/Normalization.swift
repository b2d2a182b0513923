/// Batch normalisation over the channels of `[batch, channels, height, width]` (Ioffe and Szegedy, 2015), with the
/// ReLU and the maximum of 2×2 windows that follow it where asked.
///
/// Done with what follows in one pass over memory: large maps don't fit the cache, and reading them is what takes the
/// time.
public final class BatchNormalization2D: Layer {
    /// Channels.
    public let channels: Int
    /// Whether a ReLU follows.
    public let relu: Bool
    /// Whether the maximum of each 2×2 window follows that, stride 2, as ``MaxPool2D`` does it.
    public let pools: Bool
    /// The scale (gamma), `[channels]`.
    public let weight: Parameter
    /// The shift (beta), `[channels]`.
    public let bias: Parameter
    /// The mean over past batches, used outside training.
    public let runningMean: Statistic
    /// The unbiased variance over past batches, used outside training.
    public let runningVariance: Statistic
    /// How much of each new batch enters the running statistics.
    public static let momentum: Float = 0.1
    /// Added to the variance.
    public static let epsilon: Float = 1e-5

    private var input = Tensor()
    private let output = Tensor()
    private let inputGradient = Tensor()
    private var mean: [Double]
    private var inverseDeviation: [Double]
    /// Scale and shift of the forward pass, then the backward pass's three factors.
    private let factors: [Tensor]

    /// Makes the layer with scale 1, shift 0, mean 0 and variance 1; `pools` goes with `relu` alone.
    public init(name: String, channels: Int, relu: Bool, pools: Bool = false) {
        precondition(relu || !pools)
        self.channels = channels
        self.relu = relu
        self.pools = pools
        weight = Parameter(name: "\(name).weight", shape: [channels], decays: false)
        weight.value.fill(1)
        bias = Parameter(name: "\(name).bias", shape: [channels], decays: false)
        runningMean = Statistic(name: "\(name).running_mean", count: channels, fill: 0)
        runningVariance = Statistic(name: "\(name).running_var", count: channels, fill: 1)
        mean = [Double](repeating: 0, count: channels)
        inverseDeviation = [Double](repeating: 1, count: channels)
        factors = (0..<5).map { _ in Tensor([channels]) }
    }

    /// Scale, then shift.
    public var parameters: [Parameter] { [weight, bias] }
    /// Running mean, then running variance.
    public var statistics: [Statistic] { [runningMean, runningVariance] }

    /// Normalises each channel by the batch's own statistics while training, by the running ones otherwise.
    public func forward(_ input: Tensor, _ execution: Execution) -> Tensor {
        self.input = input
        let rows = input.count / channels
        if execution.isTraining { measure(rows, execution) }
        for channel in 0..<channels {
            if !execution.isTraining {
                mean[channel] = Double(runningMean.value[channel])
                inverseDeviation[channel] =
                    1 / (Double(runningVariance.value[channel]) + Double(Self.epsilon)).squareRoot()
            }
            let scale = Double(weight.value[channel]) * inverseDeviation[channel]
            factors[0][channel] = Float(scale)
            factors[1][channel] = Float(Double(bias.value[channel]) - mean[channel] * scale)
        }
        guard !pools else { return pool(execution) }
        output.resize(input.shape)
        execution.pool.split(rows) { _, part in
            let start = part.lowerBound * channels
            execution.kernels.scale_shift(
                input.pointer + start, part.count, channels, factors[0].pointer, factors[1].pointer, relu,
                output.pointer + start)
        }
        return output
    }

    /// Sets the gradients of scale and shift, and returns the gradient for the input.
    ///
    /// Outside training the statistics count as constants.
    public func backward(_ gradient: Tensor, _ execution: Execution) -> Tensor {
        inputGradient.resize(input.shape)
        let rows = input.count / channels
        let mask = relu ? UnsafePointer(output.pointer) : nil
        let (sumG, sumGX) =
            pools
            ? pooledSums(gradient, execution)
            : sumOverThreads(rows, execution) { part, first, second in
                let start = part.lowerBound * self.channels
                execution.kernels.normalization_sums(
                    gradient.pointer + start, mask.map { $0 + start }, self.input.pointer + start, part.count,
                    self.channels, first, second)
            }
        for channel in 0..<channels {
            let sumGNormalized = (sumGX[channel] - mean[channel] * sumG[channel]) * inverseDeviation[channel]
            weight.gradient[channel] = Float(sumGNormalized)
            bias.gradient[channel] = Float(sumG[channel])
            let scale = Double(weight.value[channel]) * inverseDeviation[channel]
            let slope =
                execution.isTraining ? -scale * sumGNormalized * inverseDeviation[channel] / Double(rows) : 0
            factors[2][channel] = Float(scale)
            factors[3][channel] = Float(slope)
            let constant = execution.isTraining ? -scale * sumG[channel] / Double(rows) : 0
            factors[4][channel] = Float(constant - mean[channel] * slope)
        }
        guard !pools else { return spread(gradient, execution) }
        execution.pool.split(rows) { _, part in
            let start = part.lowerBound * channels
            execution.kernels.normalization_gradient(
                gradient.pointer + start, mask.map { $0 + start }, input.pointer + start, part.count,
                channels,
                factors[2].pointer, factors[3].pointer, factors[4].pointer, inputGradient.pointer + start)
        }
        return inputGradient
    }

    // MARK: With the maximum of windows

    /// Floats of one image before and after the maximum.
    private var imageSizes: (input: Int, output: Int) {
        let (height, width) = (input.shape[1], input.shape[2])
        return (height * width * channels, (height / 2) * (width / 2) * channels)
    }

    private func pool(_ execution: Execution) -> Tensor {
        let (height, width) = (input.shape[1], input.shape[2])
        precondition(height % 2 == 0 && width % 2 == 0, "\(input.shape)")
        output.resize([input.shape[0], height / 2, width / 2, channels])
        let sizes = imageSizes
        execution.pool.split(input.shape[0]) { _, images in
            for image in images {
                execution.kernels.pooled_normalization(
                    input.pointer + image * sizes.input, height, width, channels, factors[0].pointer,
                    factors[1].pointer, output.pointer + image * sizes.output)
            }
        }
        return output
    }

    private func pooledSums(_ gradient: Tensor, _ execution: Execution) -> (ArraySlice<Double>, [Double]) {
        let (height, width) = (input.shape[1], input.shape[2])
        let sizes = imageSizes
        return sumOverThreads(input.shape[0], execution) { images, first, second in
            for image in images {
                execution.kernels.pooled_normalization_sums(
                    gradient.pointer + image * sizes.output, self.input.pointer + image * sizes.input, height,
                    width, self.channels, self.factors[0].pointer, self.factors[1].pointer, first, second)
            }
        }
    }

    private func spread(_ gradient: Tensor, _ execution: Execution) -> Tensor {
        let (height, width) = (input.shape[1], input.shape[2])
        let sizes = imageSizes
        execution.pool.split(input.shape[0]) { _, images in
            for image in images {
                execution.kernels.pooled_normalization_gradient(
                    gradient.pointer + image * sizes.output, input.pointer + image * sizes.input, height,
                    width, channels, factors[0].pointer, factors[1].pointer, factors[2].pointer,
                    factors[3].pointer, factors[4].pointer, inputGradient.pointer + image * sizes.input)
            }
        }
        return inputGradient
    }

    // MARK: Statistics

    private func measure(_ rows: Int, _ execution: Execution) {
        let (sum, square) = sumOverThreads(rows, execution) { part, first, second in
            execution.kernels.channel_sums(
                self.input.pointer + part.lowerBound * self.channels, part.count, self.channels, first, second
            )
        }
        for channel in 0..<channels {
            mean[channel] = sum[channel] / Double(rows)
            let variance = max(0, square[channel] / Double(rows) - mean[channel] * mean[channel])
            inverseDeviation[channel] = 1 / (variance + Double(Self.epsilon)).squareRoot()
            let unbiased = rows > 1 ? variance * Double(rows) / Double(rows - 1) : variance
            let momentum = Double(Self.momentum)
            runningMean.value[channel] =
                Float((1 - momentum) * Double(runningMean.value[channel]) + momentum * mean[channel])
            runningVariance.value[channel] =
                Float((1 - momentum) * Double(runningVariance.value[channel]) + momentum * unbiased)
        }
    }

    /// Two sums a channel over all rows or images, added in the order of the threads.
    private func sumOverThreads(
        _ count: Int, _ execution: Execution,
        _ body: (Range<Int>, UnsafeMutablePointer<Double>, UnsafeMutablePointer<Double>) -> Void
    ) -> (first: ArraySlice<Double>, second: [Double]) {
        let threads = execution.pool.threads
        var sums = [Double](repeating: 0, count: 2 * channels * threads)
        sums.withUnsafeMutableBufferPointer { buffer in
            guard let base = buffer.baseAddress else { return }
            execution.pool.split(count) { thread, part in
                let first = base + thread * 2 * channels
                body(part, first, first + channels)
            }
        }
        for index in 2 * channels..<sums.count { sums[index % (2 * channels)] += sums[index] }
        return (sums[..<channels], Array(sums[channels..<2 * channels]))
    }

    // MARK: Inference

    /// Part of the convolution before it where there is one, as is its ReLU.
    public func lower(_ input: ProgramValue, into program: inout ProgramBuilder) -> ProgramValue {
        precondition(input.features == channels, "\(input.shape)")
        let scale = (0..<channels).map { channel in
            let variance = Double(runningVariance.value[channel])
            return Double(weight.value[channel]) / (variance + Double(Self.epsilon)).squareRoot()
        }
        let (mean, shift) = (runningMean.value.elements, bias.value.elements)
        var output = input
        if !program.absorb(.normalization(mean: mean, scale: scale, shift: shift), into: input) {
            let shifts = (0..<channels).map { Float(Double(shift[$0]) - Double(mean[$0]) * scale[$0]) }
            output = program.append(input.shape) {
                ScaleShiftStep(input, into: $0, scale: scale.map(Float.init), shift: shifts)
            }
        }
        if relu { output = ReLU.lower(output, into: &program) }
        return pools ? MaxPool2D.lower(output, into: &program) : output
    }
}
