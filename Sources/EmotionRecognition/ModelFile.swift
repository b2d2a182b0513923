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
        try load(file, path: path, mayBeNarrower: false)
    }

    /// Begins where a narrower network of the same architecture ended, with the same logits (Net2Net, Chen et al.,
    /// 2016): its weights are taken for the first channels, the other channels keep theirs, and the first read nothing
    /// of them yet.
    public func widen(_ file: SafeTensors, path: String) throws(ModelFileError) {
        let narrow = try NetworkConfiguration(metadata: file.metadata, path: path)
        guard narrow.architecture == configuration.architecture, narrow.hidden == configuration.hidden,
            zip(narrow.widths, configuration.widths).allSatisfy(<=)
        else {
            throw .invalid(
                path: path,
                reason: "its network, \(narrow.architecture.rawValue) of widths \(narrow.widths), is not a "
                    + "narrower one of \(configuration.architecture.rawValue) \(configuration.widths)")
        }
        try load(file, path: path, mayBeNarrower: true)
    }

    private func load(_ file: SafeTensors, path: String, mayBeNarrower: Bool) throws(ModelFileError) {
        var entries: [String: SafeTensors.Entry] = [:]
        for entry in file.entries { entries[entry.name] = entry }
        func values(_ name: String, over own: SafeTensors.Entry) throws(ModelFileError) -> [Float] {
            guard let entry = entries[name] else {
                throw .invalid(path: path, reason: "it lacks the tensor \(name)")
            }
            guard entry.values.allSatisfy(\.isFinite) else {
                throw .invalid(path: path, reason: "tensor \(name) holds values that are no numbers")
            }
            if entry.shape == own.shape { return entry.values }
            guard mayBeNarrower, let wide = own.widening(entry) else {
                throw .invalid(
                    path: path, reason: "tensor \(name) has the shape \(entry.shape), not \(own.shape)")
            }
            return wide
        }
        for parameter in parameters {
            parameter.setTorchValues(try values(parameter.name, over: parameter.entry), of: parameter.value)
        }
        for statistic in statistics {
            statistic.value.elements = try values(statistic.name, over: statistic.entry)
        }
    }

    /// The contents of a model file: the weights, the statistics, the configuration, and `extra` strings.
    public func modelFile(extra: [String: String] = [:]) -> SafeTensors {
        return SafeTensors(
            entries: parameters.map(\.entry) + statistics.map(\.entry),
            metadata: configuration.metadata.merging(extra) { own, _ in own })
    }
}

extension Parameter {
    fileprivate var entry: SafeTensors.Entry {
        SafeTensors.Entry(name: name, shape: torchShape, values: torchValues(of: value))
    }
}

extension Statistic {
    fileprivate var entry: SafeTensors.Entry {
        SafeTensors.Entry(name: name, shape: value.shape, values: value.elements)
    }
}

extension SafeTensors.Entry {
    /// The values with a narrower tensor's, `[out, in, …]`, in place of the first outputs: their further inputs count
    /// nothing. Nil where the other is not narrower.
    fileprivate func widening(_ narrow: Self) -> [Float]? {
        guard let outputs = narrow.shape.first, shape.count == narrow.shape.count,
            zip(narrow.shape, shape).allSatisfy(<=), narrow.shape.dropFirst(2) == shape.dropFirst(2)
        else { return nil }
        let row = shape.dropFirst().reduce(1, *)
        let narrowRow = narrow.shape.dropFirst().reduce(1, *)
        var wide = values
        for output in 0..<outputs {
            let own = output * row
            wide.replaceSubrange(own..<own + row, with: repeatElement(0, count: row))
            wide.replaceSubrange(
                own..<own + narrowRow, with: narrow.values[output * narrowRow..<(output + 1) * narrowRow])
        }
        return wide
    }
}
