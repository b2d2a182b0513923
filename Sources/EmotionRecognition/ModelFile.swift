import NeuralNetwork

extension EmotionNetwork {
    /// Reads a network from a model file.
    ///
    /// - Throws: ``ModelFileError`` where the file is cut short, misses a tensor or holds one of another shape.
    public convenience init(modelAt path: String) throws(ModelFileError) {
        try self.init(SafeTensors(path: path), path: path)
    }

    /// Takes a network from the contents of a model file; `path` is named in errors.
    public convenience init(_ file: SafeTensors, path: String) throws(ModelFileError) {
        self.init(try NetworkConfiguration(metadata: file.metadata, path: path))
        try load(file, path: path)
    }

    /// Sets all weights and statistics from the contents of a model file of the same configuration.
    public func load(_ file: SafeTensors, path: String) throws(ModelFileError) {
        var entries: [String: SafeTensors.Entry] = [:]
        for entry in file.entries { entries[entry.name] = entry }
        func values(_ name: String, _ shape: [Int]) throws(ModelFileError) -> [Float] {
            guard let entry = entries[name] else {
                throw .invalid(path: path, reason: "it lacks the tensor \(name)")
            }
            guard entry.shape == shape else {
                throw .invalid(
                    path: path, reason: "tensor \(name) has the shape \(entry.shape), not \(shape)")
            }
            guard entry.values.allSatisfy(\.isFinite) else {
                throw .invalid(path: path, reason: "tensor \(name) holds values that are no numbers")
            }
            return entry.values
        }
        for parameter in parameters {
            parameter.setTorchValues(try values(parameter.name, parameter.torchShape), of: parameter.value)
        }
        for statistic in statistics {
            statistic.value.elements = try values(statistic.name, statistic.value.shape)
        }
    }

    /// The contents of a model file: the weights, the statistics, the configuration, and `extra` strings.
    public func modelFile(extra: [String: String] = [:]) -> SafeTensors {
        let weights = parameters.map {
            SafeTensors.Entry(name: $0.name, shape: $0.torchShape, values: $0.torchValues(of: $0.value))
        }
        let running = statistics.map {
            SafeTensors.Entry(name: $0.name, shape: $0.value.shape, values: $0.value.elements)
        }
        return SafeTensors(
            entries: weights + running,
            metadata: configuration.metadata.merging(extra) { own, _ in own })
    }
}
