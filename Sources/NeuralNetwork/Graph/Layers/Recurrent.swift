/// A long short-term memory (Hochreiter and Schmidhuber, 1997) that reads a sequence from its first step to its last,
/// with PyTorch's parameters: `weight_ih_l0`, …, gates in the order input, forget, cell, output.
package final class LSTM: Layer {
    /// Features of each step of the input.
    package let inputFeatures: Int
    /// Its cells.
    package let hidden: Int
    private let direction: LSTMDirection
    private var input = Tensor()
    private var output = Tensor()

    /// Makes the layer; its weights are zero until initialised.
    package init(name: String, inputFeatures: Int, hidden: Int) {
        self.inputFeatures = inputFeatures
        self.hidden = hidden
        direction = LSTMDirection(
            name: name, suffix: "", inputFeatures: inputFeatures, hidden: hidden, isReversed: false)
    }

    /// Weights for the input and the state, then their biases.
    package var parameters: [Parameter] { direction.parameters }

    /// `[batch, steps, features]`, or `[batch, channels, height, width]` read cell by cell, row by row, to
    /// `[batch, steps, hidden]`.
    package func forward(_ input: Tensor, _ execution: Execution) -> Tensor {
        self.input = input
        let batch = input.shape[0]
        let steps = input.count / (batch * inputFeatures)
        output = execution.tensor([batch, steps, hidden])
        direction.prepare(batch: batch, steps: steps, execution)
        let (direction, output) = (self.direction, self.output)
        execution.pool.split(batch) { thread, images in
            direction.forward(input, images, steps, thread, into: output, at: 0, execution)
        }
        return output
    }

    /// Sets the gradients of all weights, and returns the gradient for the input.
    package func backward(_ gradient: Tensor, _ execution: Execution) -> Tensor {
        let (direction, input, output) = (self.direction, self.input, self.output)
        (self.input, self.output) = (Tensor(), Tensor())
        let inputGradient = execution.tensor(input.shape)
        let batch = input.shape[0]
        let steps = input.count / (batch * inputFeatures)
        direction.prepareBackward(batch: batch, execution)
        execution.pool.split(batch) { thread, images in
            direction.backward(
                gradient, output, at: 0, input, images, steps, thread, into: inputGradient,
                adding: false, execution)
        }
        direction.collect(threads: execution.pool.threads)
        return inputGradient
    }

    /// Drops input and output, gates and cells.
    package func forget() {
        (input, output) = (Tensor(), Tensor())
        direction.forget()
    }

    /// The weights packed for one sequence at a time.
    package func lower(_ input: ProgramValue, into program: inout ProgramBuilder) -> ProgramValue {
        precondition(input.features == inputFeatures, "\(input.shape)")
        return program.append([input.cells, hidden]) {
            LSTMDraft(
                layer: direction.layer, input: input, output: $0, hidden: hidden,
                directions: [direction.lowered])
        }
    }
}

/// Two ``LSTM`` that read a sequence in both directions (Schuster and Paliwal, 1997), with PyTorch's parameters:
/// `weight_ih_l0`, …, `_reverse` for the backward direction.
package final class BidirectionalLSTM: Layer {
    /// Features of each step of the input.
    package let inputFeatures: Int
    /// Cells of each direction.
    package let hidden: Int
    /// The direction that reads from the first step to the last.
    let forwardDirection: LSTMDirection
    /// The direction that reads from the last step to the first.
    let backwardDirection: LSTMDirection
    private var input = Tensor()
    private var output = Tensor()

    /// Makes the layer; its weights are zero until initialised.
    package init(name: String, inputFeatures: Int, hidden: Int) {
        self.inputFeatures = inputFeatures
        self.hidden = hidden
        forwardDirection = LSTMDirection(
            name: name, suffix: "", inputFeatures: inputFeatures, hidden: hidden, isReversed: false)
        backwardDirection = LSTMDirection(
            name: name, suffix: "_reverse", inputFeatures: inputFeatures, hidden: hidden, isReversed: true)
    }

    /// The forward direction's weights, then the backward's.
    package var parameters: [Parameter] { forwardDirection.parameters + backwardDirection.parameters }

    /// `[batch, steps, features]`, or `[batch, channels, height, width]` read cell by cell, row by row, to
    /// `[batch, steps, 2 · hidden]`.
    package func forward(_ input: Tensor, _ execution: Execution) -> Tensor {
        self.input = input
        let batch = input.shape[0]
        let steps = input.count / (batch * inputFeatures)
        let (output, hidden) = (execution.tensor([batch, steps, 2 * hidden]), self.hidden)
        self.output = output
        for (index, direction) in [forwardDirection, backwardDirection].enumerated() {
            direction.prepare(batch: batch, steps: steps, execution)
            execution.pool.split(batch) { thread, images in
                direction.forward(
                    input, images, steps, thread, into: output, at: index * hidden, execution)
            }
        }
        return output
    }

    /// Sets the gradients of all weights, and returns the gradient for the input.
    package func backward(_ gradient: Tensor, _ execution: Execution) -> Tensor {
        let (input, output, hidden) = (self.input, self.output, self.hidden)
        (self.input, self.output) = (Tensor(), Tensor())
        let inputGradient = execution.tensor(input.shape)
        let batch = input.shape[0]
        let steps = input.count / (batch * inputFeatures)
        for (index, direction) in [forwardDirection, backwardDirection].enumerated() {
            direction.prepareBackward(batch: batch, execution)
            execution.pool.split(batch) { thread, images in
                direction.backward(
                    gradient, output, at: index * hidden, input, images, steps, thread, into: inputGradient,
                    adding: index == 1, execution)
            }
            direction.collect(threads: execution.pool.threads)
        }
        return inputGradient
    }

    /// Drops input and output, gates and cells.
    package func forget() {
        (input, output) = (Tensor(), Tensor())
        forwardDirection.forget()
        backwardDirection.forget()
    }

    /// The weights packed for one sequence at a time.
    package func lower(_ input: ProgramValue, into program: inout ProgramBuilder) -> ProgramValue {
        precondition(input.features == inputFeatures, "\(input.shape)")
        return program.append([input.cells, 2 * hidden]) {
            LSTMDraft(
                layer: forwardDirection.layer, input: input, output: $0, hidden: hidden,
                directions: [forwardDirection.lowered, backwardDirection.lowered])
        }
    }
}
