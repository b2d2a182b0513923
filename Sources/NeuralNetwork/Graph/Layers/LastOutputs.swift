/// The last output of each direction of a bidirectional sequence: what remains when all is read.
package final class LastOutputs: Layer {
    private var inputShape: [Int] = []

    /// Makes the layer.
    package init() {}

    /// `[batch, steps, 2 · hidden]` to `[batch, 2 · hidden]`: the forward half of the last step, the backward half of
    /// the first.
    package func forward(_ input: Tensor, _ execution: Execution) -> Tensor {
        inputShape = input.shape
        let (batch, steps, width) = (input.shape[0], input.shape[1], input.shape[2])
        let output = execution.tensor([batch, width])
        let half = width / 2
        for image in 0..<batch {
            let first = image * steps * width
            for index in 0..<width {
                let step = index < half ? steps - 1 : 0
                output[image * width + index] = input[first + step * width + index]
            }
        }
        return output
    }

    /// The gradient for those outputs, zero for all others.
    package func backward(_ gradient: Tensor, _ execution: Execution) -> Tensor {
        let inputGradient = execution.tensor(inputShape)
        inputGradient.fill(0)
        let (batch, steps, width) = (inputShape[0], inputShape[1], inputShape[2])
        let half = width / 2
        for image in 0..<batch {
            let first = image * steps * width
            for index in 0..<width {
                let step = index < half ? steps - 1 : 0
                inputGradient[first + step * width + index] = gradient[image * width + index]
            }
        }
        return inputGradient
    }

    /// The same outputs.
    package func lower(_ input: ProgramValue, into program: inout ProgramBuilder) -> ProgramValue {
        program.append([input.features]) { LastOutputsStep(input: input, output: $0) }
    }
}
