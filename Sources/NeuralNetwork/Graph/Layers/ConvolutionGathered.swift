// Convolutions through products that gather the inputs under the kernel.

extension Convolution2D {
    /// How the input's images are padded.
    func padded() -> PaddedImage {
        PaddedImage(
            height: input.shape[1], width: input.shape[2], channels: inputChannels, kernelSize: kernelSize)
    }

    /// Fills the output and returns its sums, where they are wanted.
    func forwardGathered(into output: Tensor, _ execution: Execution) -> [Double] {
        let (height, width) = (input.shape[1], input.shape[2])
        let (inputs, outputs, padded) = (inputChannels, outputChannels, padded())
        let (input, kernel, bias) = (self.input, weight.value, bias?.value)
        let taps = Taps(padded.offsets)
        execution.reserve(slot: 0, count: padded.count)
        if let bias { output.fillRows(with: bias) }
        return execution.sums(over: input.shape[0], width: 2 * outputs) { thread, images, sums in
            let image = execution.scratch(thread: thread, slot: 0)
            var target = output.mutableSpan
            for index in images {
                var place = image.mutableSpan
                padded.fill(&place, from: input.span, at: index * height * width * inputs)
                for row in 0..<height {
                    execution.kernels.product(
                        rows: width, columns: outputs, gathering: taps, left: image.span,
                        from: padded.start(row: row), rowStride: inputs,
                        right: Kernels.RightSide(kernel.span, stride: outputs), into: &target,
                        at: (index * height + row) * width * outputs, targetStride: outputs,
                        accumulate: bias != nil)
                }
                measure(output, index..<index + 1, execution, into: &sums)
            }
        }
    }

    func backwardGathered(
        _ gradient: Tensor, into inputGradient: Tensor, _ partial: [Tensor], _ execution: Execution
    ) {
        let (height, width) = (input.shape[1], input.shape[2])
        let (inputs, outputs, padded) = (inputChannels, outputChannels, padded())
        let (input, needsInputGradient) = (self.input, self.needsInputGradient)
        let taps = Taps(padded.offsets)
        execution.reserve(slot: 0, count: padded.count)
        execution.reserve(slot: 1, count: width * taps.count)
        let transposed = execution.tensor([taps.count * outputs])
        if needsInputGradient { transposeWeight(into: transposed, rows: taps.count) }
        execution.pool.split(input.shape[0]) { thread, images in
            let image = execution.scratch(thread: thread, slot: 0)
            let spread = execution.scratch(thread: thread, slot: 1)
            let own = partial[thread]
            var sum = own.mutableSpan
            var target = inputGradient.mutableSpan
            for index in images {
                let first = index * height * width * inputs
                var place = image.mutableSpan
                padded.fill(&place, from: input.span, at: first)
                if needsInputGradient {
                    for element in first..<first + height * width * inputs { target[element] = 0 }
                }
                for row in 0..<height {
                    let start = (index * height + row) * width * outputs
                    execution.kernels.product(
                        gathering: taps, columns: outputs, inner: width, left: image.span,
                        from: padded.start(row: row), columnStride: inputs,
                        right: Kernels.RightSide(gradient.span, at: start, stride: outputs), into: &sum,
                        targetStride: outputs, accumulate: true)
                    guard needsInputGradient else { continue }
                    var part = spread.mutableSpan
                    execution.kernels.product(
                        rows: width, columns: taps.count, inner: outputs, left: gradient.span, from: start,
                        rowStride: outputs, right: Kernels.RightSide(transposed.span, stride: taps.count),
                        into: &part, targetStride: taps.count)
                    add(spread.span, taps.count, row: row, into: &target, at: first)
                }
            }
        }
        weight.gradient.copy(from: sum(partial, execution))
    }

    /// Adds the gradients for the inputs under the kernel, `[width, kernel · kernel · in]` for one row of pixels, to
    /// those of the image that begins at a place.
    private func add(
        _ spread: Span<Float>, _ taps: Int, row: Int, into target: inout MutableSpan<Float>, at image: Int
    ) {
        let (height, width, reach) = (input.shape[1], input.shape[2], kernelSize / 2)
        for ky in 0..<kernelSize {
            let sourceY = row + ky - reach
            guard sourceY >= 0, sourceY < height else { continue }
            let line = image + sourceY * width * inputChannels
            for kx in 0..<kernelSize {
                for column in max(0, reach - kx)..<max(reach - kx, min(width, width + reach - kx)) {
                    let source = column * taps + (ky * kernelSize + kx) * inputChannels
                    let place = line + (column + kx - reach) * inputChannels
                    for channel in 0..<inputChannels { target[place + channel] += spread[source + channel] }
                }
            }
        }
    }

    /// Fills `transposed` with `[out, taps]` from the weight's `[taps, out]`.
    func transposeWeight(into transposed: Tensor, rows: Int) {
        let values = weight.value
        var target = transposed.mutableSpan
        transpose(values.span, rows: rows, columns: outputChannels, into: &target)
    }
}
