// Convolutions through Winograd's minimal filtering.

extension Convolution2D {
    func winograd(_ execution: Execution) -> Winograd {
        execution.kernels.batchWinograd(height: input.shape[1], width: input.shape[2])
    }

    /// Images worked on at a time.
    private func blockSize(_ winograd: Winograd) -> Int {
        let image = winograd.positions * winograd.tiles * max(inputChannels, outputChannels)
        let isLarge = winograd.positions * inputChannels * outputChannels > Self.largeWeight
        return max(1, (isLarge ? Self.largeBlockFloats : Self.blockFloats) / image)
    }

    /// Fills the output and returns its sums, where they are wanted.
    func forwardWinograd(into output: Tensor, _ execution: Execution) -> [Double] {
        let winograd = winograd(execution)
        let block = blockSize(winograd)
        let (inputs, outputs) = (inputChannels, outputChannels)
        let map = winograd.height * winograd.width
        let (input, bias) = (self.input, bias?.value)
        let transformed = transformWeight(winograd, execution)
        reserve(block, winograd, execution)
        return execution.sums(over: input.shape[0], width: 2 * outputs) { thread, images, sums in
            let left = execution.scratch(thread: thread, slot: 0)
            let right = execution.scratch(thread: thread, slot: 1)
            for first in stride(from: images.lowerBound, to: images.upperBound, by: block) {
                let count = min(block, images.upperBound - first)
                let rows = count * winograd.tiles
                transform(images: first..<first + count, of: input, winograd, into: left)
                var products = right.mutableSpan
                for position in 0..<winograd.positions {
                    execution.product(
                        thread, rows: rows, columns: outputs, inner: inputs, left: left.span,
                        from: position * winograd.plane(rows, inputs), rowStride: inputs,
                        right: execution.rightSide(
                            transformed.span, number: position, rows: inputs, columns: outputs,
                            apart: winograd.plane(inputs, outputs)),
                        into: &products, at: position * winograd.plane(rows, outputs),
                        targetStride: outputs)
                }
                var map = output.mutableSpan(first * map * outputs..<(first + count) * map * outputs)
                winograd.output(
                    right.span, images: count, channels: outputs, bias: bias?.span, residual: nil,
                    relu: false, into: &map)
                measure(output, first..<first + count, execution, into: &sums)
            }
        }
    }

    /// The weight's transform; where a backward pass follows, `transposed` becomes the one that it needs.
    private func transformWeight(_ winograd: Winograd, _ execution: Execution) -> Tensor {
        let (inputs, outputs, kernel) = (inputChannels, outputChannels, weight.value)
        let transformed = execution.tensor([winograd.count(inputs, outputs)])
        let transposed =
            execution.needsGradients && needsInputGradient ? execution.tensor(transformed.shape) : nil
        self.transposed = transposed ?? Tensor()
        // Rounded operands are packed from whole matrices.
        let panel = execution.isNarrow ? max(inputs, outputs) : execution.kernels.blockColumns
        execution.pool.split(inputs / 8) { _, eights in
            var target = transformed.mutableSpan
            winograd.weights(
                kernel.span, inputs: inputs, outputs: outputs, eights: eights, panel: panel, into: &target,
                transposed: transposed)
        }
        guard execution.isNarrow else { return transformed }
        if transposed != nil {
            self.transposed = execution.rightSides(
                self.transposed, count: winograd.positions, rows: outputs, columns: inputs,
                apart: winograd.plane(outputs, inputs))
        }
        return execution.rightSides(
            transformed, count: winograd.positions, rows: inputs, columns: outputs,
            apart: winograd.plane(inputs, outputs))
    }

    /// The transform of a block of images: of the input, or of what a normalisation before this layer makes of it.
    private func transform(images: Range<Int>, of input: Tensor, _ winograd: Winograd, into target: Tensor) {
        let map = winograd.height * winograd.width
        let start = images.lowerBound * map * inputChannels
        var transform = target.mutableSpan
        if let activation {
            return winograd.input(
                input.span, scale: activation.scale.span, shift: activation.shift.span, from: start,
                images: images.count, into: &transform)
        }
        winograd.input(
            input.span, from: start, images: images.count, channels: inputChannels, into: &transform)
    }

    /// Room for a block of images, transformed, and for the products.
    private func reserve(_ block: Int, _ winograd: Winograd, _ execution: Execution) {
        let rows = block * winograd.tiles
        execution.reserve(slot: 0, count: winograd.count(rows, inputChannels))
        execution.reserve(slot: 1, count: winograd.count(rows, outputChannels))
        execution.reserveProduct(rows: rows, columns: 0, inner: max(inputChannels, outputChannels))
        execution.reserveProduct(rows: inputChannels, columns: outputChannels, inner: rows)
    }

    func backwardWinograd(
        _ gradient: MapGradient, into inputGradient: Tensor, _ partial: [Tensor], _ execution: Execution
    ) {
        let winograd = winograd(execution)
        let block = blockSize(winograd)
        let (inputs, outputs) = (inputChannels, outputChannels)
        let map = winograd.height * winograd.width
        let (input, transposed, needsInputGradient) = (self.input, self.transposed, self.needsInputGradient)
        let before = activation.map {
            ActivationMaps(
                first: ActivationMaps.Branch(map: input, scale: $0.scale), second: nil, shift: $0.shift,
                pools: false)
        }
        reserve(block, winograd, execution)
        execution.reserve(slot: 0, count: block * map * outputs)
        let sums = execution.sums(over: input.shape[0], width: 2 * inputs) { thread, images, sums in
            let left = execution.scratch(thread: thread, slot: 0)
            let right = execution.scratch(thread: thread, slot: 1)
            let own = partial[thread]
            var sum = own.mutableSpan
            for first in stride(from: images.lowerBound, to: images.upperBound, by: block) {
                let count = min(block, images.upperBound - first)
                let rows = count * winograd.tiles
                var products = right.mutableSpan
                switch gradient {
                case .whole(let gradient):
                    winograd.outputAdjoint(
                        gradient.span, from: first * map * outputs, images: count, channels: outputs,
                        into: &products)
                case .pending(_, let fill):
                    // Where the input's transform goes next.
                    var made = left.mutableSpan
                    fill(first..<first + count, &made)
                    winograd.outputAdjoint(
                        left.span, from: 0, images: count, channels: outputs, into: &products)
                }
                transform(images: first..<first + count, of: input, winograd, into: left)
                var transform = left.mutableSpan
                for position in 0..<winograd.positions {
                    let place = position * winograd.plane(inputs, outputs)
                    execution.product(
                        thread, rows: inputs, columns: outputs, inner: rows, left: left.span,
                        from: position * winograd.plane(rows, inputs), rowStride: 1, columnStride: inputs,
                        right: Kernels.RightSide(
                            right.span, at: position * winograd.plane(rows, outputs), stride: outputs),
                        into: &sum, at: place, targetStride: outputs, accumulate: first > images.lowerBound)
                    guard needsInputGradient else { continue }
                    // In the place of the input's transform, which is not needed any more.
                    execution.product(
                        thread, rows: rows, columns: inputs, inner: outputs, left: right.span,
                        from: position * winograd.plane(rows, outputs), rowStride: outputs,
                        right: execution.rightSide(
                            transposed.span, number: position, rows: outputs, columns: inputs,
                            apart: winograd.plane(outputs, inputs)),
                        into: &transform, at: position * winograd.plane(rows, inputs),
                        targetStride: inputs)
                }
                guard needsInputGradient else { continue }
                var target = inputGradient.mutableSpan
                winograd.inputAdjoint(
                    left.span, images: count, channels: inputs, into: &target, at: first * map * inputs)
                guard let before else { continue }
                // What the normalisation before needs of this gradient, while both maps are in the cache.
                execution.kernels.activationSums(
                    before, inputGradient.span, first * map..<(first + count) * map, into: &sums)
            }
        }
        if before != nil { execution.keep(sums: sums, of: inputGradient) }
        let (total, weightGradient) = (sum(partial, execution), weight.gradient)
        execution.pool.split(inputs / 8) { _, eights in
            var target = weightGradient.mutableSpan
            winograd.weightsAdjoint(
                total.span, inputs: inputs, outputs: outputs, eights: eights, into: &target)
        }
    }
}
