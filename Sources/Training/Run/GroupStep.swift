import NeuralNetwork

/// What the ranks of a run tell each other in a step: how much their parts of the batch count, and the sum of their
/// gradients. Each then takes the same step from the same weights.
///
/// Gradients travel while the backward pass goes on: what it has finished, from the last layer on, is bundled, and a bundle
/// that is large enough is on its way at once.
final class GroupStep {
    /// Some gradients one behind the other.
    private struct Bundle {
        var parameters: [Parameter] = []
        /// As many numbers as they have, and on the last bundle a few more.
        let values = Tensor()
    }

    /// Whether any rank was told to end.
    private(set) var stops = false
    private let communicator: any Communicator
    private let parameters: [Parameter]
    /// Those of a step, used again for the next one's.
    private var bundles: [Bundle] = []
    /// How many of them are on their way.
    private var sent = 0
    private var waiting: [Parameter] = []
    private var taken: Set<ObjectIdentifier> = []

    /// Numbers of a bundle, at least: 256 KB, of which a network's delay is a small part.
    private static let bundleSize = 65_536

    init(_ communicator: any Communicator, parameters: [Parameter]) {
        self.communicator = communicator
        self.parameters = parameters
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

    /// Takes gradients that are ready, those of them that it does not have.
    func take(_ ready: [Parameter]) {
        for parameter in ready where taken.insert(ObjectIdentifier(parameter)).inserted {
            waiting.append(parameter)
        }
        if waiting.reduce(0, { $0 + $1.value.count }) >= Self.bundleSize { send() }
        communicator.advanceSums()
    }

    /// Makes the gradients, the losses and the number of images named rightly those of the whole batch.
    func sumGradients(_ losses: inout [Float], _ correct: inout Int, wantsStop: Bool) {
        take(parameters)
        // The number of images is below 2^24, where single precision still counts.
        send(losses + [Float(correct), wantsStop ? 1 : 0])
        communicator.finishSums()
        var last: [Float] = []
        for bundle in bundles[..<sent] {
            var place = 0
            let values = bundle.values.span
            for parameter in bundle.parameters {
                var gradient = parameter.gradient.mutableSpan
                for index in gradient.indices { gradient[index] = values[place + index] }
                place += gradient.count
            }
            last = (place..<values.count).map { values[$0] }
        }
        losses = Array(last[..<losses.count])
        correct = Int(exactly: last[losses.count]) ?? 0
        stops = last[losses.count + 1] > 0
        (sent, taken) = (0, [])
    }

    /// Sends the gradients that wait, and a few numbers behind them, on their way.
    private func send(_ others: [Float] = []) {
        if sent == bundles.count { bundles.append(Bundle()) }
        bundles[sent].parameters = waiting
        let target = bundles[sent].values
        target.resize([waiting.reduce(0) { $0 + $1.value.count } + others.count])
        var values = target.mutableSpan
        var place = 0
        for parameter in waiting {
            let gradient = parameter.gradient.span
            for index in gradient.indices { values[place + index] = gradient[index] }
            place += gradient.count
        }
        for (index, other) in others.enumerated() { values[place + index] = other }
        waiting = []
        sent += 1
        communicator.beginSum(target)
    }
}
