/// The maximum of each 2×2 window, stride 2; a last odd row or column is left out, as in PyTorch.
package final class MaxPool2D: Layer {
    private var (input, output) = (Tensor(), Tensor())

    /// Makes the layer.
    package init() {}

    /// `[batch, channels, height, width]` to `[batch, channels, height / 2, width / 2]`.
    package func forward(_ input: Tensor, _ execution: Execution) -> Tensor {
        self.input = input
        let (height, width, channels) = (input.shape[1], input.shape[2], input.shape[3])
        let output = execution.tensor([input.shape[0], height / 2, width / 2, channels])
        self.output = output
        execution.pool.split(input.shape[0]) { _, images in
            var target = output.mutableSpan
            for image in images {
                execution.kernels.maxPool(
                    input.span, image: image, height: height, width: width, channels: channels, into: &target)
            }
        }
        return output
    }

    /// Each gradient goes to its window's first maximum.
    package func backward(_ gradient: Tensor, _ execution: Execution) -> Tensor {
        let (input, output) = (self.input, self.output)
        forget()
        let inputGradient = execution.tensor(input.shape)
        let (height, width, channels) = (input.shape[1], input.shape[2], input.shape[3])
        if height % 2 == 1 || width % 2 == 1 { inputGradient.fill(0) }
        execution.pool.split(input.shape[0]) { _, images in
            var target = inputGradient.mutableSpan
            for image in images {
                execution.kernels.maxPoolGradient(
                    gradient.span, input: input.span, output: output.span, image: image, height: height,
                    width: width, channels: channels, into: &target)
            }
        }
        return inputGradient
    }

    /// Drops input and output.
    package func forget() { (input, output) = (Tensor(), Tensor()) }

    /// The same maximum.
    package func lower(_ input: ProgramValue, into program: inout ProgramBuilder) -> ProgramValue {
        Self.lower(input, into: &program)
    }

    /// The same for layers that end with it.
    static func lower(_ input: ProgramValue, into program: inout ProgramBuilder) -> ProgramValue {
        precondition(input.shape.count == 3, "\(input.shape)")
        return program.append([input.shape[0] / 2, input.shape[1] / 2, input.features]) {
            MaxPoolStep(input: input, output: $0)
        }
    }
}

/// The mean of each 2×2 window, stride 2; a last odd row or column is left out, as in PyTorch.
package final class AveragePool2D: Layer {
    private var inputShape: [Int] = []

    /// Makes the layer.
    package init() {}

    /// `[batch, channels, height, width]` to `[batch, channels, height / 2, width / 2]`.
    package func forward(_ input: Tensor, _ execution: Execution) -> Tensor {
        inputShape = input.shape
        let output = execution.tensor(
            [input.shape[0], input.shape[1] / 2, input.shape[2] / 2, input.shape[3]])
        output.fill(0)
        eachPair { small, large in output[small] += 0.25 * input[large] }
        return output
    }

    /// Each gradient is shared among its window's four inputs.
    package func backward(_ gradient: Tensor, _ execution: Execution) -> Tensor {
        let inputGradient = execution.tensor(inputShape)
        inputGradient.fill(0)
        eachPair { small, large in inputGradient[large] = 0.25 * gradient[small] }
        return inputGradient
    }

    private func eachPair(_ body: (_ small: Int, _ large: Int) -> Void) {
        let (height, width, channels) = (inputShape[1], inputShape[2], inputShape[3])
        for image in 0..<inputShape[0] {
            for y in 0..<height / 2 * 2 {
                for x in 0..<width / 2 * 2 {
                    let small = ((image * (height / 2) + y / 2) * (width / 2) + x / 2) * channels
                    let large = ((image * height + y) * width + x) * channels
                    for channel in 0..<channels { body(small + channel, large + channel) }
                }
            }
        }
    }

    /// The same mean.
    package func lower(_ input: ProgramValue, into program: inout ProgramBuilder) -> ProgramValue {
        precondition(input.shape.count == 3, "\(input.shape)")
        return program.append([input.shape[0] / 2, input.shape[1] / 2, input.features]) {
            AveragePoolStep(input: input, output: $0)
        }
    }
}

/// The mean over all steps of a sequence, or over all cells of a map (global average pooling, Lin et al., 2014).
package final class MeanOverSteps: Layer {
    private var inputShape: [Int] = []

    /// Makes the layer.
    package init() {}

    /// `[batch, steps, features]`, or `[batch, channels, height, width]`, to `[batch, features]`.
    package func forward(_ input: Tensor, _ execution: Execution) -> Tensor {
        inputShape = input.shape
        let (batch, features) = (input.shape[0], input.shape[input.shape.count - 1])
        let steps = input.count / (batch * features)
        let output = execution.tensor([batch, features])
        output.fill(0)
        execution.pool.split(batch) { _, images in
            var target = output.mutableSpan
            for image in images {
                for row in image * steps..<(image + 1) * steps {
                    accumulate(
                        input.span, from: row * features, count: features, into: &target,
                        at: image * features)
                }
                for place in image * features..<(image + 1) * features { target[place] /= Float(steps) }
            }
        }
        return output
    }

    /// Each gradient is shared among the steps.
    package func backward(_ gradient: Tensor, _ execution: Execution) -> Tensor {
        let inputGradient = execution.tensor(inputShape)
        let (batch, features) = (inputShape[0], inputShape[inputShape.count - 1])
        let steps = inputGradient.count / (batch * features)
        let share = 1 / Float(steps)
        execution.pool.split(batch) { _, images in
            var target = inputGradient.mutableSpan
            for image in images {
                // The first step, of which the others are copies.
                let start = image * steps * features
                for feature in 0..<features {
                    target[start + feature] = share * gradient[image * features + feature]
                }
                let first = inputGradient.span.extracting(start..<start + features)
                for step in 1..<steps { copy(first, into: &target, at: start + step * features) }
            }
        }
        return inputGradient
    }

    /// The same mean.
    package func lower(_ input: ProgramValue, into program: inout ProgramBuilder) -> ProgramValue {
        program.append([input.features]) { MeanStep(input: input, output: $0) }
    }
}
