/// Batch normalisation over the channels of `[batch, channels, height, width]` (Ioffe and Szegedy, 2015), with the
/// ReLU and the maximum of 2×2 windows that follow it where asked.
///
/// Done with what follows in one pass over memory: large maps don't fit the cache, and reading them is what takes the
/// time.
package final class BatchNormalization2D: Layer {
    /// Channels.
    package let channels: Int
    /// Whether a ReLU follows.
    package let relu: Bool
    /// Whether the maximum of each 2×2 window follows that, stride 2, as ``MaxPool2D`` does it.
    package let pools: Bool
    /// The scale (gamma), `[channels]`.
    package let weight: Parameter
    /// The shift (beta), `[channels]`.
    package let bias: Parameter
    /// The mean over past batches, used outside training.
    package let runningMean: Statistic
    /// The unbiased variance over past batches, used outside training.
    package let runningVariance: Statistic
    /// How much of each new batch enters the running statistics.
    package static let momentum: Float = 0.1
    /// Added to the variance.
    package static let epsilon: Float = 1e-5

    private var input = Tensor()
    /// Where a ReLU follows and nothing else, what tells which of its inputs were positive.
    private var output: Tensor?
    private var mean: [Double]
    private var inverseDeviation: [Double]
    /// Scale and shift of the forward pass, then the backward pass's three factors.
    private let factors: [Tensor]

    /// Makes the layer with scale 1, shift 0, mean 0 and variance 1; `pools` goes with `relu` alone.
    package init(name: String, channels: Int, relu: Bool, pools: Bool = false) {
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
    package var parameters: [Parameter] { [weight, bias] }
    /// Running mean, then running variance.
    package var statistics: [Statistic] { [runningMean, runningVariance] }

    /// Normalises each channel by the batch's own statistics while training, by the running ones otherwise.
    package func forward(_ input: Tensor, _ execution: Execution) -> Tensor {
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
        let (height, width) = pools ? (input.shape[1], input.shape[2]) : (0, 0)
        let (scale, shift) = (factors[0], factors[1])
        let output = execution.tensor(
            pools ? [input.shape[0], height / 2, width / 2, channels] : input.shape)
        self.output = relu && !pools ? output : nil
        execution.pool.split(pools ? input.shape[0] : rows) { _, part in
            let affine = Kernels.Affine(scale: scale.span, shift: shift.span)
            var target = output.mutableSpan
            guard pools else {
                return execution.kernels.scaleShift(
                    input.span, rows: part, affine, relu: relu, into: &target)
            }
            for image in part {
                execution.kernels.pooledNormalization(
                    input.span, image: image, height: height, width: width, affine, into: &target)
            }
        }
        return output
    }

    /// Sets the gradients of scale and shift, and returns the gradient for the input.
    ///
    /// Outside training the statistics count as constants.
    package func backward(_ gradient: Tensor, _ execution: Execution) -> Tensor {
        let rows = input.count / channels
        var (sumG, sumGX) = sums(of: gradient, rows, execution)
        for channel in 0..<channels {
            weight.gradient[channel] = Float(
                (sumGX[channel] - mean[channel] * sumG[channel]) * inverseDeviation[channel])
            bias.gradient[channel] = Float(sumG[channel])
        }
        // The gradients of scale and shift are this rank's part, as all weights' are; the input's needs the whole batch.
        let rowsOfAll = execution.isTraining ? sumOverRanks(&sumG, &sumGX, rows, execution) : rows
        for channel in 0..<channels {
            let sumGNormalized = (sumGX[channel] - mean[channel] * sumG[channel]) * inverseDeviation[channel]
            let scale = Double(weight.value[channel]) * inverseDeviation[channel]
            let slope =
                execution.isTraining
                ? -scale * sumGNormalized * inverseDeviation[channel] / Double(rowsOfAll)
                : 0
            factors[2][channel] = Float(scale)
            factors[3][channel] = Float(slope)
            let constant = execution.isTraining ? -scale * sumG[channel] / Double(rowsOfAll) : 0
            factors[4][channel] = Float(constant - mean[channel] * slope)
        }
        let inputGradient = execution.tensor(input.shape)
        spread(gradient, rows, into: inputGradient, execution)
        forget()
        return inputGradient
    }

    /// Drops input and output.
    package func forget() { (input, output) = (Tensor(), nil) }

    /// The sums of the gradient, and of it times the input, over each channel.
    private func sums(
        of gradient: Tensor, _ rows: Int, _ execution: Execution
    ) -> (first: [Double], second: [Double]) {
        let (input, output, scale, shift) = (self.input, self.output, factors[0], factors[1])
        guard pools else {
            return sumOverThreads(rows, execution) { part, sums, place in
                execution.kernels.normalizationSums(
                    gradient.span, output: output?.span, input: input.span, rows: part,
                    channels: channels, into: &sums, at: place)
            }
        }
        return sumOverThreads(input.shape[0], execution) { images, sums, place in
            let affine = Kernels.Affine(scale: scale.span, shift: shift.span)
            for image in images {
                execution.kernels.pooledNormalizationSums(
                    gradient.span, input: input.span, image: image, height: input.shape[1],
                    width: input.shape[2], affine, into: &sums, at: place)
            }
        }
    }

    /// Sets the gradient for the input by the factors.
    private func spread(
        _ gradient: Tensor, _ rows: Int, into inputGradient: Tensor, _ execution: Execution
    ) {
        let (input, output) = (self.input, self.output)
        let (scale, shift, slope, share, constant) = (
            factors[0], factors[1], factors[2], factors[3], factors[4]
        )
        execution.pool.split(pools ? input.shape[0] : rows) { _, part in
            let slopes = Kernels.GradientFactors(
                gradient: slope.span, input: share.span, constant: constant.span)
            var target = inputGradient.mutableSpan
            guard pools else {
                return execution.kernels.normalizationGradient(
                    gradient.span, output: output?.span, input: input.span, rows: part, slopes,
                    into: &target)
            }
            let affine = Kernels.Affine(scale: scale.span, shift: shift.span)
            for image in part {
                execution.kernels.pooledNormalizationGradient(
                    gradient.span, input: input.span, image: image, height: input.shape[1],
                    width: input.shape[2], affine, slopes, into: &target)
            }
        }
    }

    // MARK: Statistics

    private func measure(_ rows: Int, _ execution: Execution) {
        let input = self.input
        var (sum, square) = sumOverThreads(rows, execution) { part, sums, place in
            execution.kernels.channelSums(
                input.span, rows: part, channels: channels, into: &sums, at: place)
        }
        let rows = sumOverRanks(&sum, &square, rows, execution)
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

    /// Makes two sums a channel those of the whole batch, and returns its rows.
    private func sumOverRanks(
        _ first: inout [Double], _ second: inout [Double], _ rows: Int, _ execution: Execution
    ) -> Int {
        guard execution.shared != nil else { return rows }
        var both = first + second
        let rows = execution.sumOverRanks(&both, count: rows)
        (first, second) = (Array(both[..<channels]), Array(both[channels...]))
        return rows
    }

    /// Two sums a channel over all rows or images, added in the order of the threads. `body` adds those of its part to
    /// `[2, channels]` from a place on.
    private func sumOverThreads(
        _ count: Int, _ execution: Execution,
        _ body: (_ part: Range<Int>, _ sums: inout MutableSpan<Double>, _ place: Int) -> Void
    ) -> (first: [Double], second: [Double]) {
        let threads = execution.pool.threads
        // Each thread has sums of its own.
        var sums = [[Double]](repeating: [Double](repeating: 0, count: 2 * channels), count: threads)
        sums.withUnsafeMutableBufferPointer { all in
            nonisolated(unsafe) let all = all
            execution.pool.split(count) { thread, part in
                var own = all[thread].mutableSpan
                body(part, &own, 0)
            }
        }
        var total = sums[0]
        for other in sums.dropFirst() {
            for index in other.indices { total[index] += other[index] }
        }
        return (Array(total[..<channels]), Array(total[channels...]))
    }

    // MARK: Inference

    /// Fused into the convolution before it, with its ReLU, where there is one.
    package func lower(_ input: ProgramValue, into program: inout ProgramBuilder) -> ProgramValue {
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
