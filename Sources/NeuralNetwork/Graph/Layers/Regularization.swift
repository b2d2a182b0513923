/// Dropout (Srivastava et al., 2014): while training, values are set to zero with a given chance and the others
/// scaled up; otherwise nothing happens.
///
/// Which values, depends on the execution's seed and step, the layer's number and the image's place in the whole batch
/// alone, so that a run is the same whatever the number of threads and of ranks.
package final class Dropout: Layer {
    /// What is dropped as one.
    package enum Unit: Sendable {
        /// Each value by itself.
        case value
        /// Whole channels of an image (spatial dropout, Tompson et al., 2015).
        case channel
    }

    /// The chance that a unit is dropped, 0 to under 1.
    package var rate: Float
    /// What is dropped as one.
    package let unit: Unit
    /// Tells this layer's masks from other layers'.
    package let number: Int
    private var mask = Tensor()
    private var isActive = false

    /// Makes the layer; `number` is its own within a network.
    package init(rate: Float, unit: Unit = .value, number: Int) {
        precondition(rate >= 0 && rate < 1)
        self.rate = rate
        self.unit = unit
        self.number = number
    }

    /// Any shape, unchanged.
    package func forward(_ input: Tensor, _ execution: Execution) -> Tensor {
        isActive = execution.isTraining && rate > 0
        guard isActive else { return input }
        let output = execution.tensor(input.shape)
        let batch = input.shape[0]
        let size = input.count / batch
        let width = unit == .channel ? input.shape[input.shape.count - 1] : size
        let mask = execution.tensor([batch, width])
        self.mask = mask
        execution.pool.split(batch) { _, images in
            var keep = mask.mutableSpan
            for image in images {
                var random = Xoshiro256StarStar(
                    seed: execution.seed, execution.step, number, execution.place(ofImage: image))
                for index in image * width..<(image + 1) * width {
                    keep[index] = random.uniform() < rate ? 0 : 1 / (1 - rate)
                }
            }
            var target = output.mutableSpan
            for image in images { apply(input.span, by: mask.span, image, width, size, into: &target) }
        }
        return output
    }

    /// The gradient of what was kept.
    package func backward(_ gradient: Tensor, _ execution: Execution) -> Tensor {
        guard isActive else { return gradient }
        let (inputGradient, mask) = (execution.tensor(gradient.shape), self.mask)
        let batch = gradient.shape[0]
        let size = gradient.count / batch
        let width = mask.shape[1]
        execution.pool.split(batch) { _, images in
            var target = inputGradient.mutableSpan
            for image in images { apply(gradient.span, by: mask.span, image, width, size, into: &target) }
        }
        return inputGradient
    }

    /// Drops the mask.
    package func forget() { mask = Tensor() }

    /// Multiplies one image by its mask, which is repeated over it.
    private func apply(
        _ source: Span<Float>, by mask: Span<Float>, _ image: Int, _ width: Int, _ size: Int,
        into target: inout MutableSpan<Float>
    ) {
        for start in stride(from: image * size, to: (image + 1) * size, by: width) {
            multiply(
                source, from: start, by: mask, from: image * width, count: width, into: &target, at: start)
        }
    }

    /// Nothing: only training drops values.
    package func lower(_ input: ProgramValue, into program: inout ProgramBuilder) -> ProgramValue { input }
}
