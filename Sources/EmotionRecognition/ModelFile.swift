import NeuralNetwork

extension EmotionNetwork {
    /// Reads a network from a model file.
    ///
    /// - Throws: ``ModelFileError`` where the file is cut short, misses a tensor or holds one of another shape.
    package convenience init(modelAt path: String) throws(ModelFileError) {
        try self.init(SafeTensors(path: path), path: path)
    }

    /// Takes a network from the contents of a model file; `path` is named in errors.
    package convenience init(_ file: SafeTensors, path: String) throws(ModelFileError) {
        self.init(unset: try NetworkConfiguration(metadata: file.metadata, path: path))
        try load(file, path: path)
    }

    /// Sets all weights and statistics from the contents of a model file of the same configuration.
    package func load(_ file: SafeTensors, path: String) throws(ModelFileError) {
        try graph.load(file, path: path)
    }

    /// Begins where a narrower network of the same architecture ended, with the same logits (Net2Net, Chen et al.,
    /// 2016): its weights are taken for the first channels, the other channels keep theirs, and the first read nothing
    /// of them yet.
    package func widen(_ file: SafeTensors, path: String) throws(ModelFileError) {
        let narrow = try NetworkConfiguration(metadata: file.metadata, path: path)
        guard narrow.architecture == configuration.architecture, narrow.hidden == configuration.hidden,
            zip(narrow.widths, configuration.widths).allSatisfy(<=)
        else {
            throw .invalid(
                path: path,
                reason: "its network, \(narrow.architecture.rawValue) of widths \(narrow.widths), is not a "
                    + "narrower one of \(configuration.architecture.rawValue) \(configuration.widths)")
        }
        try graph.load(file, path: path, mayBeNarrower: true)
    }

    /// The contents of a model file: the weights, the statistics, the configuration, and `extra` strings.
    package func modelFile(extra: [String: String] = [:]) -> SafeTensors {
        graph.file(metadata: configuration.metadata.merging(extra) { own, _ in own })
    }
}
