// Convolutions with kernels of one pixel: products of all pixels at once.

extension Convolution2D {
    /// Pixels worked on at a time, so that they stay in the cache.
    private static let pixels = 256

    /// Fills the output and returns its sums, where they are wanted.
    func forwardPointwise(into output: Tensor, _ execution: Execution) -> [Double] {
        let (inputs, outputs, map) = (inputChannels, outputChannels, input.shape[1] * input.shape[2])
        let (input, kernel, bias) = (self.input, weight.value, bias?.value)
        if let bias { output.fillRows(with: bias) }
        let weights = execution.rightSides(kernel, rows: inputs, columns: outputs)
        execution.reserveProduct(rows: map, columns: 0, inner: inputs)
        return execution.sums(over: input.shape[0], width: 2 * outputs) { thread, images, sums in
            for image in images {
                var target = output.mutableSpan
                execution.product(
                    thread, rows: map, columns: outputs, inner: inputs, left: input.span,
                    from: image * map * inputs, rowStride: inputs,
                    right: execution.rightSide(weights.span, rows: inputs, columns: outputs), into: &target,
                    at: image * map * outputs, targetStride: outputs, accumulate: bias != nil)
                measure(output, image..<image + 1, execution, into: &sums)
            }
        }
    }

    func backwardPointwise(
        _ gradient: Tensor, into inputGradient: Tensor, adding adds: Bool, _ partial: [Tensor],
        _ execution: Execution
    ) {
        let (inputs, outputs, map) = (inputChannels, outputChannels, input.shape[1] * input.shape[2])
        let (input, needsInputGradient) = (self.input, self.needsInputGradient)
        let transposed = execution.tensor([outputs * inputs])
        if needsInputGradient { transposeWeight(into: transposed, rows: inputs) }
        let weights = execution.rightSides(transposed, rows: outputs, columns: inputs)
        execution.reserveProduct(rows: Self.pixels, columns: 0, inner: outputs)
        execution.reserveProduct(rows: inputs, columns: outputs, inner: Self.pixels)
        execution.pool.split(input.shape[0]) { thread, images in
            let own = partial[thread]
            var sum = own.mutableSpan
            var target = inputGradient.mutableSpan
            let end = images.upperBound * map
            for first in stride(from: images.lowerBound * map, to: end, by: Self.pixels) {
                let rows = min(Self.pixels, end - first)
                execution.product(
                    thread, rows: inputs, columns: outputs, inner: rows, left: input.span,
                    from: first * inputs, rowStride: 1, columnStride: inputs,
                    right: Kernels.RightSide(gradient.span, at: first * outputs, stride: outputs),
                    into: &sum, targetStride: outputs, accumulate: true)
                guard needsInputGradient else { continue }
                execution.product(
                    thread, rows: rows, columns: inputs, inner: outputs, left: gradient.span,
                    from: first * outputs, rowStride: outputs,
                    right: execution.rightSide(weights.span, rows: outputs, columns: inputs),
                    into: &target, at: first * inputs, targetStride: inputs, accumulate: adds)
            }
        }
        weight.gradient.copy(from: sum(partial, execution))
    }
}
