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
        var file = file
        if configuration.heads.contains(.combined), !narrow.heads.contains(.combined) {
            file.entries += try combinedHead(of: file, path: path)
        }
        try graph.load(file, path: path, mayBeNarrower: true)
    }

    /// The tensors of a combined head that says what FER2013's and FER+'s say: the mean of their weights.
    private func combinedHead(of file: SafeTensors, path: String) throws(ModelFileError) -> [SafeTensors
        .Entry]
    {
        var entries: [SafeTensors.Entry] = []
        for name in ["weight", "bias"] {
            guard let labels = file.entry("head_\(Head.fer2013.rawValue).\(name)"),
                let votes = file.entry("head_\(Head.ferplus.rawValue).\(name)"),
                labels.values.count <= votes.values.count
            else { throw .invalid(path: path, reason: "it lacks the heads that a combined one begins at") }
            entries.append(
                SafeTensors.Entry(
                    name: "head_\(Head.combined.rawValue).\(name)", shape: labels.shape,
                    values: zip(labels.values, votes.values).map { ($0 + $1) / 2 }))
        }
        return entries
    }

    /// The contents of a model file: the weights, the statistics, the configuration, and `extra` strings.
    package func modelFile(extra: [String: String] = [:]) -> SafeTensors {
        graph.file(metadata: configuration.metadata.merging(extra) { own, _ in own })
    }
}
