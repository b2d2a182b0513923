import NeuralNetwork

/// What the ranks of a run tell each other in a step: how much their parts of the batch count, and the sum of their
/// gradients. Each then takes the same step from the same weights.
final class GroupStep {
    /// Whether any rank was told to end.
    private(set) var stops = false
    private let communicator: any Communicator
    private let parameters: [Parameter]
    /// All gradients one after another, and a few numbers behind them: one sum a step.
    private var values: [Float]

    init(_ communicator: any Communicator, parameters: [Parameter]) {
        self.communicator = communicator
        self.parameters = parameters
        values = []
        values.reserveCapacity(parameters.reduce(0) { $0 + $1.value.count } + 8)
    }

    /// What each head's mean loss divides by: the weights of all ranks' images.
    ///
    /// - Parameters:
    ///   - weights: This rank's, for each head; nil for 1 each.
    ///   - count: This rank's images.
    func totals(of weights: [[Float]]?, count: Int, heads: Int) -> [Float] {
        var totals = (0..<heads).map { head in
            weights.map { $0[head].reduce(0) { $0 + Double($1) } } ?? Double(count)
        }
        communicator.sum(&totals)
        return totals.map(Float.init)
    }

    /// Makes the gradients, the losses and the number of images named rightly those of the whole batch.
    func sumGradients(_ losses: inout [Float], _ correct: inout Int, wantsStop: Bool) {
        values.removeAll(keepingCapacity: true)
        for parameter in parameters {
            let gradient = parameter.gradient.span
            for index in gradient.indices { values.append(gradient[index]) }
        }
        values += losses
        // Below 2^24, where single precision still counts.
        values.append(Float(correct))
        values.append(wantsStop ? 1 : 0)
        communicator.sum(&values)
        var place = 0
        for parameter in parameters {
            var gradient = parameter.gradient.mutableSpan
            for index in gradient.indices { gradient[index] = values[place + index] }
            place += gradient.count
        }
        losses = Array(values[place..<place + losses.count])
        correct = Int(exactly: values[place + losses.count]) ?? 0
        stops = values[place + losses.count + 1] > 0
    }
}
