import EmotionRecognition
import NeuralNetwork

extension EmotionNetwork {
    /// The mean of several models' weights and running statistics, which is often better than each of them where all
    /// went on from the same one (Izmailov et al., 2018; Wortsman et al., 2022).
    ///
    /// - Parameters:
    ///   - models: The contents and the path of each model file, one at least.
    ///   - shares: How much each counts; alike, where none are given.
    /// - Throws: ``ModelFileError`` where a file is broken, or its network is not the first one's.
    package convenience init(
        meanOf models: [(file: SafeTensors, path: String)], shares: [Float] = []
    ) throws(ModelFileError) {
        guard let first = models.first else { throw .invalid(path: "", reason: "no model is given") }
        precondition(shares.isEmpty || shares.count == models.count)
        try self.init(first.file, path: first.path)
        // Weights that are all alike are added as they are: a single model stays the same bit for bit.
        let factors = shares.isEmpty ? [Float](repeating: 1, count: models.count) : shares
        let total = factors.reduce(0, +)
        if !shares.isEmpty {
            for tensor in parameters.map(\.value) + statistics.map(\.value) { tensor.scale(by: factors[0]) }
        }
        for ((file, path), factor) in zip(models, factors).dropFirst() {
            let other = try EmotionNetwork(file, path: path)
            guard other.configuration.answersLike(configuration) else {
                throw .invalid(path: path, reason: "its network is not the one of \(first.path)")
            }
            for (own, their) in zip(parameters, other.parameters) {
                own.value.add(their.value, times: factor)
            }
            for (own, their) in zip(statistics, other.statistics) {
                own.value.add(their.value, times: factor)
            }
        }
        let share = 1 / total
        for tensor in parameters.map(\.value) + statistics.map(\.value) { tensor.scale(by: share) }
    }
}

extension NetworkConfiguration {
    /// Whether both have the same layers, input and answers; how much is dropped while training makes no difference.
    fileprivate func answersLike(_ other: NetworkConfiguration) -> Bool {
        var same = other
        same.dropout = dropout
        same.spatialDropout = spatialDropout
        return self == same
    }
}

extension Tensor {
    fileprivate func add(_ other: Tensor, times factor: Float) {
        for index in 0..<min(count, other.count) { self[index] += factor * other[index] }
    }
}
