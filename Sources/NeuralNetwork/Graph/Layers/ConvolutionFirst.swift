// The backward pass of a first convolution together with that of the normalisation that follows it.

extension Convolution2D {
    /// Rows of a map worked on at a time, so that they stay in the cache.
    private static let band = 8
    /// Columns of a product with ones, of which one would do: a vector's.
    private static let ones = 8

    /// Whether ``backward(_:through:_:)`` can do its backward pass.
    var isFirst: Bool { !needsInputGradient && !isWinograd && kernelSize > 1 && bias == nil }

    /// Sets the gradients of the weight, and of a normalisation with ReLU that was given the output.
    ///
    /// With g the gradient behind the ReLU's decision, that for the output is g · scale + output · slope + constant, where slope
    /// and constant need sums over the whole batch. The weight's is linear in it: it is put together of the inputs'
    /// products with g · scale, with the output, and with 1. So the maps, which are too large for the cache, are read once, and
    /// the gradient for the output, as large, is never made.
    ///
    /// - Returns: Any numbers in the shape of the input, whose gradient nobody needs.
    func backward(
        _ gradient: Tensor, through normalization: BatchNormalization2D, _ execution: Execution
    ) -> Tensor {
        let (height, width, outputs) = (input.shape[1], input.shape[2], outputChannels)
        let (input, maps, padded) = (self.input, normalization.maps, padded())
        let taps = Taps(padded.offsets)
        let size = taps.count * outputs
        let (all, none) = (execution.tensor([width * Self.ones]), execution.tensor([2 * outputs]))
        all.fill(1)
        none.fill(0)
        execution.reserve(slot: 0, count: padded.count)
        execution.reserve(slot: 1, count: Self.band * width * outputs)
        execution.reserve(slot: 3, count: 2 * size + taps.count * Self.ones)
        let known = execution.takeSums(of: gradient)
        var sums = execution.sums(
            over: input.shape[0], width: 2 * outputs + 2 * size + taps.count
        ) { thread, images, sums in
            let image = execution.scratch(thread: thread, slot: 0)
            let scaled = execution.scratch(thread: thread, slot: 1)
            let products = execution.scratch(thread: thread, slot: 3)
            for index in images {
                var place = image.mutableSpan
                padded.fill(&place, from: input.span, at: index * height * width * inputChannels)
                for row in 0..<height {
                    let (line, first) = (row % Self.band * width * outputs, (index * height + row) * width)
                    if line == 0 {
                        let part = first..<first + min(Self.band, height - row) * width
                        if known == nil {
                            execution.kernels.activationSums(maps, gradient.span, part, into: &sums)
                        }
                        var target = scaled.mutableSpan
                        execution.kernels.activationGradient(
                            maps, gradient.span, part, factors: none.span, first: &target, at: 0, second: nil)
                    }
                    func add(_ right: Kernels.RightSide, _ columns: Int, at place: Int) {
                        var target = products.mutableSpan(place..<place + taps.count * columns)
                        execution.kernels.product(
                            gathering: taps, columns: columns, inner: width, left: image.span,
                            from: padded.start(row: row), columnStride: inputChannels, right: right,
                            into: &target, targetStride: columns, accumulate: row > 0)
                    }
                    add(Kernels.RightSide(scaled.span, at: line, stride: outputs), outputs, at: 0)
                    add(
                        Kernels.RightSide(maps.first.map.span, at: first * outputs, stride: outputs), outputs,
                        at: size)
                    add(Kernels.RightSide(all.span, stride: Self.ones), Self.ones, at: 2 * size)
                }
                let found = products.span
                for place in 0..<2 * size { sums[2 * outputs + place] += Double(found[place]) }
                for tap in 0..<taps.count {
                    sums[2 * (outputs + size) + tap] += Double(found[2 * size + tap * Self.ones])
                }
            }
        }
        if let known { sums.replaceSubrange(..<(2 * outputs), with: known) }
        normalization.setGradients(
            Array(sums[..<outputs]), Array(sums[outputs..<2 * outputs]), into: normalization.slopes, at: 0,
            execution)
        for tap in 0..<taps.count {
            let inputs = sums[2 * (outputs + size) + tap]
            for channel in 0..<outputs {
                let place = tap * outputs + channel
                let slope = Double(normalization.slopes[channel])
                let constant = Double(normalization.slopes[outputs + channel])
                weight.gradient[place] = Float(
                    sums[2 * outputs + place] + sums[2 * outputs + size + place] * slope + inputs * constant)
            }
        }
        normalization.forget()
        forget()
        return execution.tensor(input.shape)
    }
}
