/// Where a residual block's two branches meet: both end with a normalisation, and a ReLU and where asked the maximum of
/// windows follow their sum. Done in one pass over both branches' maps, and two in the backward pass.
final class NormalizationJoin {
    private let first: BatchNormalization2D
    private let second: BatchNormalization2D
    private let pools: Bool
    /// Both branches' shifts.
    private let shift: Tensor
    /// Factors and constants of the backward pass for each branch, `[4, channels]`.
    private let slopes: Tensor
    private var (main, side) = (Tensor(), Tensor())

    /// Nil where a branch does not end with a normalisation of which the sum is made.
    init?(_ main: Sequential, _ side: Sequential?, pools: Bool) {
        guard let first = main.layers.last as? BatchNormalization2D, !first.relu,
            let second = side?.layers.last as? BatchNormalization2D, !second.relu,
            first.channels == second.channels
        else { return nil }
        (self.first, self.second, self.pools) = (first, second, pools)
        shift = Tensor([first.channels])
        slopes = Tensor([4 * first.channels])
    }

    /// Takes a branch's map, with what its last normalisation is given, into account.
    func take(main: Tensor, _ execution: Execution) {
        self.main = main
        first.prepare(main, execution)
    }

    /// The same for the branch beside it.
    func take(side: Tensor, _ execution: Execution) {
        self.side = side
        second.prepare(side, execution)
    }

    private var maps: ActivationMaps {
        ActivationMaps(
            first: ActivationMaps.Branch(map: main, scale: first.scale),
            second: ActivationMaps.Branch(map: side, scale: second.scale), shift: shift, pools: pools)
    }

    /// What comes of both branches' maps.
    func forward(_ execution: Execution) -> Tensor {
        for channel in 0..<shift.count { shift[channel] = first.shift[channel] + second.shift[channel] }
        let maps = self.maps
        let output = execution.tensor(maps.outputShape)
        execution.pool.split(maps.parts) { _, part in
            var target = output.mutableSpan
            execution.kernels.activation(maps, part, into: &target)
        }
        return output
    }

    /// The gradients for both branches' maps; those of both normalisations' scale and shift are set. The side's is made while the
    /// main one is.
    func backward(_ gradient: Tensor, _ execution: Execution) -> (main: MapGradient, side: Tensor) {
        let (maps, slopes, channels) = (self.maps, self.slopes, shift.count)
        let sums = execution.sums(over: maps.parts, width: 3 * channels) { _, part, sums in
            execution.kernels.activationSums(maps, gradient.span, part, into: &sums)
        }
        let sumsG = Array(sums[..<channels])
        first.setGradients(sumsG, Array(sums[channels..<2 * channels]), into: slopes, at: 0, execution)
        second.setGradients(sumsG, Array(sums[(2 * channels)...]), into: slopes, at: 2 * channels, execution)
        let sideGradient = execution.tensor(side.shape)
        defer { forget() }
        return (
            maps.pendingGradient(gradient, factors: slopes, second: sideGradient, execution), sideGradient
        )
    }

    /// Drops both branches' maps.
    func forget() {
        (main, side) = (Tensor(), Tensor())
        first.forget()
        second.forget()
    }
}
