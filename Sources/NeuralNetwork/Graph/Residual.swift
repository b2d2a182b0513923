/// A residual block: `relu(body(x) + shortcut(x))` (He et al., 2016), pooled where asked; the shortcut is the
/// identity where nil.
package final class Residual: Layer {
    /// The layers on the main path.
    package let body: Sequential
    /// The layers beside it, a 1×1 convolution where the number of channels changes.
    package let shortcut: Sequential?
    /// Whether the maximum of each 2×2 window follows, stride 2, as ``MaxPool2D`` does it.
    package let pools: Bool
    /// Nil where the branches don't both end with a normalisation.
    private let join: NormalizationJoin?
    private let pool = MaxPool2D()
    private var output = Tensor()

    /// Takes both paths.
    package init(body: Sequential, shortcut: Sequential?, pools: Bool = false) {
        self.body = body
        self.shortcut = shortcut
        self.pools = pools
        join = NormalizationJoin(body, shortcut, pools: pools)
    }

    /// The weights of the body, then of the shortcut.
    package var parameters: [Parameter] { body.parameters + (shortcut?.parameters ?? []) }
    /// The statistics of the body, then of the shortcut.
    package var statistics: [Statistic] { body.statistics + (shortcut?.statistics ?? []) }

    /// `[batch, channels, height, width]` to the same but for the number of channels, and the size where it is pooled.
    package func forward(_ input: Tensor, _ execution: Execution) -> Tensor {
        if let join, let shortcut {
            join.take(main: body.forward(input, dropping: 1, execution), execution)
            join.take(side: shortcut.forward(input, dropping: 1, execution), execution)
            return join.forward(execution)
        }
        let main = body.forward(input, execution)
        let side = shortcut?.forward(input, execution) ?? input
        let output = execution.tensor(main.shape)
        self.output = output
        // In eights, so that whichever thread works on an element does the same with it.
        let whole = main.count / 8
        execution.pool.split(whole) { _, part in
            var target = output.mutableSpan
            execution.kernels.addReLU(
                main.span, side.span, part.lowerBound * 8..<part.upperBound * 8, into: &target)
        }
        var target = output.mutableSpan
        execution.kernels.addReLU(main.span, side.span, whole * 8..<main.count, into: &target)
        return pools ? pool.forward(output, execution) : output
    }

    /// The gradient for the input: the sum over both paths.
    package func backward(_ gradient: Tensor, _ execution: Execution) -> Tensor {
        if let join, let shortcut {
            let (main, side) = join.backward(gradient, execution)
            let sum = body.backward(main, dropping: 1, execution)
            return shortcut.backward(.whole(side), dropping: 1, addingTo: sum, execution)
        }
        let gradient = pools ? pool.backward(gradient, execution) : gradient
        let output = self.output
        let sumGradient = execution.tensor(gradient.shape)
        execution.pool.split(gradient.count) { _, part in
            var target = sumGradient.mutableSpan
            execution.kernels.reluGradient(gradient.span, output: output.span, part, into: &target)
        }
        self.output = Tensor()
        let main = body.backward(sumGradient, execution)
        let side = shortcut?.backward(sumGradient, execution) ?? sumGradient
        main.setSum(main, side, execution.pool)
        return main
    }

    /// Drops what both paths kept, and the output.
    package func forget() {
        output = Tensor()
        pool.forget()
        join?.forget()
        body.forget()
        shortcut?.forget()
    }

    /// The shortcut first, so that the body's last convolution can add it to its own result.
    package func lower(_ input: ProgramValue, into program: inout ProgramBuilder) -> ProgramValue {
        program.share(input)
        let side = shortcut?.lower(input, into: &program) ?? input
        let main = body.lower(input, into: &program)
        let output =
            if program.absorb(.addition(side), into: main) {
                ReLU.lower(main, into: &program)
            } else {
                program.append(main.shape) { AddReLUStep(first: main, second: side, output: $0) }
            }
        return pools ? MaxPool2D.lower(output, into: &program) : output
    }
}
