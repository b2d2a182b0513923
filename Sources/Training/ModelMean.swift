import EmotionRecognition
import NeuralNetwork

extension EmotionNetwork {
    /// The mean of several models' weights and running statistics, which is often better than each of them where all
    /// went on from the same one (Izmailov et al., 2018; Wortsman et al., 2022).
    ///
    /// - Parameter models: The contents and the path of each model file, one at least.
    /// - Throws: ``ModelFileError`` where a file is broken, or its network is not the first one's.
    public convenience init(meanOf models: [(file: SafeTensors, path: String)]) throws(ModelFileError) {
        guard let first = models.first else { throw .invalid(path: "", reason: "no model is given") }
        try self.init(first.file, path: first.path)
        for (file, path) in models.dropFirst() {
            let other = try EmotionNetwork(file, path: path)
            guard other.configuration.answersLike(configuration) else {
                throw .invalid(path: path, reason: "its network is not the one of \(first.path)")
            }
            for (own, their) in zip(parameters, other.parameters) { own.value.add(their.value) }
            for (own, their) in zip(statistics, other.statistics) { own.value.add(their.value) }
        }
        let share = 1 / Float(models.count)
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
