/// Several branches side by side, each fed with the same input, their outputs one behind the other.
package final class Concatenation: Layer {
    /// The branches in the order of their outputs.
    package let branches: [any Layer]
    /// The shapes of the branches' outputs.
    private var shapes: [[Int]] = []

    /// Takes the branches in the order of their outputs.
    package init(_ branches: [any Layer]) {
        precondition(!branches.isEmpty)
        self.branches = branches
    }

    /// The branches' weights, first branch first.
    package var parameters: [Parameter] { branches.flatMap { $0.parameters } }
    /// The branches' statistics, first branch first.
    package var statistics: [Statistic] { branches.flatMap { $0.statistics } }

    /// Any input that all branches take to `[batch, features]`, the sum of the branches' features.
    package func forward(_ input: Tensor, _ execution: Execution) -> Tensor {
        let outputs = branches.map { $0.forward(input, execution) }
        let batch = input.shape[0]
        let widths = outputs.map { $0.count / batch }
        let width = widths.reduce(0, +)
        let output = execution.tensor([batch, width])
        var target = output.mutableSpan
        var start = 0
        for (branch, share) in zip(outputs, widths) {
            let source = branch.span
            for image in 0..<batch {
                for index in 0..<share {
                    target[image * width + start + index] = source[image * share + index]
                }
            }
            start += share
        }
        shapes = outputs.map(\.shape)
        return output
    }

    /// The sum of the branches' gradients for the input.
    package func backward(_ gradient: Tensor, _ execution: Execution) -> Tensor {
        let batch = gradient.shape[0]
        let width = gradient.count / batch
        let source = gradient.span
        var start = 0
        var sum: Tensor?
        for (branch, shape) in zip(branches, shapes) {
            let own = execution.tensor(shape)
            let share = own.count / batch
            var target = own.mutableSpan
            for image in 0..<batch {
                for index in 0..<share {
                    target[image * share + index] = source[image * width + start + index]
                }
            }
            start += share
            let part = branch.backward(own, execution)
            sum?.add(part)
            // The first one's own: nobody else has it, for a branch that hands its gradient on was given it alone.
            if sum == nil { sum = part }
        }
        return sum ?? gradient
    }

    /// Drops what the branches kept.
    package func forget() {
        for branch in branches { branch.forget() }
    }

    /// All branches' steps, then one that joins their outputs.
    package func lower(_ input: ProgramValue, into program: inout ProgramBuilder) -> ProgramValue {
        if branches.count > 1 { program.share(input) }
        let outputs = branches.map { $0.lower(input, into: &program) }
        return program.append([outputs.reduce(0) { $0 + $1.count }]) {
            ConcatenationStep(inputs: outputs, output: $0)
        }
    }
}
