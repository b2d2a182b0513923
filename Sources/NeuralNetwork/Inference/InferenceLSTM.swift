import CKernels

/// A trained ``BidirectionalLSTM`` made ready for one sequence at a time.
///
/// Immutable after `init`, so that threads can share it.
public final class InferenceLSTM: @unchecked Sendable {
    /// Cells of each direction.
    public let hidden: Int
    private let features: Int
    private let kernels: network_kernels
    /// Of each direction: `[in, 4 · hidden]`, `[hidden, 4 · hidden]`, `[4 · hidden]`.
    private let directions: [(input: PackedMatrix, hidden: PackedMatrix, bias: Tensor)]

    /// Takes the weights of a layer.
    public init(_ layer: BidirectionalLSTM, kernels set: KernelSet = .best) {
        hidden = layer.hidden
        features = layer.inputFeatures
        kernels = Execution(kernels: set).kernels
        let kernels = self.kernels
        func packed(_ weight: Tensor, panel: Int? = nil) -> PackedMatrix {
            let (rows, columns) = (weight.shape[0], weight.shape[1])
            let result = Tensor([columns, rows])
            for row in 0..<rows {
                for column in 0..<columns { result[column * rows + row] = weight[row * columns + column] }
            }
            return PackedMatrix(result.pointer, rows: columns, columns: rows, panel: panel, kernels)
        }
        directions = [layer.forwardDirection, layer.backwardDirection].map { direction in
            let bias = Tensor([4 * direction.hidden])
            for gate in 0..<bias.count {
                bias[gate] = direction.inputBias.value[gate] + direction.hiddenBias.value[gate]
            }
            return (
                packed(direction.inputWeight.value),
                packed(direction.hiddenWeight.value, panel: PackedMatrix.rowPanel), bias
            )
        }
    }

    /// Floats of scratch memory that `apply` needs for a sequence.
    public func scratchCount(steps: Int) -> Int { steps * 4 * hidden + hidden }

    /// `[1, steps, features]` to `[1, steps, 2 · hidden]`.
    public func apply(
        _ input: UnsafePointer<Float>, steps: Int, scratch: UnsafeMutablePointer<Float>,
        into output: UnsafeMutablePointer<Float>
    ) {
        let width = 4 * hidden
        let cell = scratch + steps * width
        for (index, direction) in directions.enumerated() {
            for step in 0..<steps {
                (scratch + step * width).update(from: direction.bias.pointer, count: width)
            }
            direction.input.multiply(input, count: steps, into: scratch, accumulate: true)
            var before: UnsafeMutablePointer<Float>?
            for turn in 0..<steps {
                let step = index == 0 ? turn : steps - 1 - turn
                let gates = scratch + step * width
                let state = output + step * 2 * hidden + index * hidden
                if let before {
                    direction.hidden.multiply(before, count: 1, into: gates, accumulate: true)
                }
                kernels.lstm_step(
                    1, hidden, gates, width, before == nil ? nil : UnsafePointer(cell), hidden, cell, hidden,
                    state,
                    2 * hidden)
                before = state
            }
        }
    }
}
