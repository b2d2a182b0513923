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
    private var mean: [Double]
    private var inverseDeviation: [Double]
    /// What each channel is multiplied by in the forward pass, `[channels]`, and so its gradient in the backward pass.
    let scale: Tensor
    /// What is then added, `[channels]`.
    let shift: Tensor
    /// The backward pass's factors of the input, then its constants, `[2, channels]`.
    let slopes: Tensor

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
        (scale, shift, slopes) = (Tensor([channels]), Tensor([channels]), Tensor([2 * channels]))
    }

    /// Scale, then shift.
    package var parameters: [Parameter] { [weight, bias] }
    /// Running mean, then running variance.
    package var statistics: [Statistic] { [runningMean, runningVariance] }

    /// Normalises each channel by the batch's own statistics while training, by the running ones otherwise.
    package func forward(_ input: Tensor, _ execution: Execution) -> Tensor {
        prepare(input, execution)
        let (scale, shift, maps) = (self.scale, self.shift, self.maps)
        let output = execution.tensor(relu ? maps.outputShape : input.shape)
        guard relu else {
            execution.pool.split(input.count / channels) { _, part in
                let affine = Kernels.Affine(scale: scale.span, shift: shift.span)
                var target = output.mutableSpan
                execution.kernels.scaleShift(input.span, rows: part, affine, relu: false, into: &target)
            }
            return output
        }
        execution.pool.split(maps.parts) { _, part in
            var target = output.mutableSpan
            execution.kernels.activation(maps, part, into: &target)
        }
        return output
    }

    /// Takes an input, and finds scale and shift for it.
    func prepare(_ input: Tensor, _ execution: Execution) {
        self.input = input
        if execution.isTraining { measure(input.count / channels, execution) }
        for channel in 0..<channels {
            if !execution.isTraining {
                mean[channel] = Double(runningMean.value[channel])
                inverseDeviation[channel] =
                    1 / (Double(runningVariance.value[channel]) + Double(Self.epsilon)).squareRoot()
            }
            let factor = Double(weight.value[channel]) * inverseDeviation[channel]
            scale[channel] = Float(factor)
            shift[channel] = Float(Double(bias.value[channel]) - mean[channel] * factor)
        }
    }

    /// What the kernels of ReLU and windows are told.
    var maps: ActivationMaps {
        ActivationMaps(
            first: ActivationMaps.Branch(map: input, scale: scale), second: nil, shift: shift, pools: pools)
    }

    /// Sets the gradients of scale and shift, and returns the gradient for the input.
    ///
    /// Outside training the statistics count as constants.
    package func backward(_ gradient: Tensor, _ execution: Execution) -> Tensor {
        guard !relu else { return backwardPending(gradient, execution).tensor(execution) }
        let (input, slopes, scale) = (self.input, self.slopes, self.scale)
        let (rows, channels) = (input.count / self.channels, self.channels)
        let sums =
            execution.takeSums(of: gradient)
            ?? execution.sums(over: rows, width: 2 * channels) { _, part, sums in
                execution.kernels.normalizationSums(
                    gradient.span, input: input.span, rows: part, channels: channels, into: &sums)
            }
        setGradients(Array(sums[..<channels]), Array(sums[channels...]), into: slopes, at: 0, execution)
        let inputGradient = execution.tensor(input.shape)
        execution.pool.split(rows) { _, part in
            var target = inputGradient.mutableSpan
            let factors = Kernels.GradientFactors(
                gradient: scale.span, input: slopes.span.extracting(0..<channels),
                constant: slopes.span.extracting(channels..<2 * channels))
            execution.kernels.normalizationGradient(
                gradient.span, input: input.span, rows: part, factors, into: &target)
        }
        forget()
        return inputGradient
    }

    /// The same with a ReLU, but that the gradient for the input is still to be made.
    func backwardPending(_ gradient: Tensor, _ execution: Execution) -> MapGradient {
        let (maps, channels) = (self.maps, self.channels)
        let sums =
            execution.takeSums(of: gradient)
            ?? execution.sums(over: maps.parts, width: 2 * channels) { _, part, sums in
                execution.kernels.activationSums(maps, gradient.span, part, into: &sums)
            }
        setGradients(Array(sums[..<channels]), Array(sums[channels...]), into: slopes, at: 0, execution)
        defer { forget() }
        return maps.pendingGradient(gradient, factors: slopes, second: nil, execution)
    }

    /// Sets the gradients of scale and shift from each channel's sums of the gradient and of gradient · input, and what the
    /// gradient for the input has of that: gradient · `scale` + input · factor + constant.
    ///
    /// - Parameters:
    ///   - slopes: Takes factors and constants, `[2, channels]`.
    ///   - place: Where they begin in it.
    func setGradients(
        _ gradientSums: [Double], _ productSums: [Double], into slopes: Tensor, at place: Int,
        _ execution: Execution
    ) {
        var (sumG, sumGX) = (gradientSums, productSums)
        for channel in 0..<channels {
            weight.gradient[channel] = Float(
                (sumGX[channel] - mean[channel] * sumG[channel]) * inverseDeviation[channel])
            bias.gradient[channel] = Float(sumG[channel])
        }
        // The gradients of scale and shift are this rank's part, as all weights' are; the input's needs the whole batch.
        let rows = input.count / channels
        let rowsOfAll = execution.isTraining ? sumOverRanks(&sumG, &sumGX, rows, execution) : rows
        for channel in 0..<channels {
            let sumGNormalized = (sumGX[channel] - mean[channel] * sumG[channel]) * inverseDeviation[channel]
            let factor = Double(weight.value[channel]) * inverseDeviation[channel]
            let slope =
                execution.isTraining
                ? -factor * sumGNormalized * inverseDeviation[channel] / Double(rowsOfAll)
                : 0
            let constant = execution.isTraining ? -factor * sumG[channel] / Double(rowsOfAll) : 0
            slopes[place + channel] = Float(slope)
            slopes[place + channels + channel] = Float(constant - mean[channel] * slope)
        }
    }

    /// Drops the input.
    package func forget() { input = Tensor() }

    // MARK: Statistics

    private func measure(_ rows: Int, _ execution: Execution) {
        let (input, channels) = (self.input, self.channels)
        let sums =
            execution.takeSums(of: input)
            ?? execution.sums(over: rows, width: 2 * channels) { _, part, sums in
                execution.kernels.channelSums(input.span, rows: part, channels: channels, into: &sums)
            }
        var (sum, square) = (Array(sums[..<channels]), Array(sums[channels...]))
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
