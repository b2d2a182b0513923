extension Network {
    /// The contents of a model file: the weights and the statistics under PyTorch's names, and strings about them.
    package func file(metadata: [String: String]) -> SafeTensors {
        SafeTensors(entries: parameters.map(\.entry) + statistics.map(\.entry), metadata: metadata)
    }

    /// Sets all weights and statistics from the contents of a model file; `path` is named in errors.
    ///
    /// - Parameter mayBeNarrower: Takes the weights of a network with fewer channels, too: they become the first
    ///   channels' weights, the other channels keep theirs, and the first read nothing of them yet (Net2Net, Chen et
    ///   al., 2016).
    /// - Throws: ``ModelFileError`` where the file misses a tensor, or holds one of another shape or with values that are
    ///   no numbers.
    package func load(
        _ file: SafeTensors, path: String, mayBeNarrower: Bool = false
    ) throws(ModelFileError) {
        var entries: [String: SafeTensors.Entry] = [:]
        for entry in file.entries { entries[entry.name] = entry }
        func values(
            _ name: String, over shape: [Int], _ own: () -> [Float]
        ) throws(ModelFileError) -> [Float] {
            guard let entry = entries[name] else {
                throw .invalid(path: path, reason: "it lacks the tensor \(name)")
            }
            guard entry.values.allSatisfy(\.isFinite) else {
                throw .invalid(path: path, reason: "tensor \(name) holds values that are no numbers")
            }
            if entry.shape == shape { return entry.values }
            guard mayBeNarrower, let wide = entry.widened(to: shape, over: own()) else {
                throw .invalid(
                    path: path, reason: "tensor \(name) has the shape \(entry.shape), not \(shape)")
            }
            return wide
        }
        for parameter in parameters {
            parameter.setTorchValues(
                try values(parameter.name, over: parameter.torchShape) {
                    parameter.torchValues(of: parameter.value)
                }, of: parameter.value)
        }
        for statistic in statistics {
            statistic.value.elements = try values(statistic.name, over: statistic.value.shape) {
                statistic.value.elements
            }
        }
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
    /// Values of a wider tensor, `[out, in, …]`, with this one's in place of the first outputs: their further inputs
    /// count nothing. Nil where this one is not narrower.
    fileprivate func widened(to wideShape: [Int], over own: [Float]) -> [Float]? {
        guard let outputs = shape.first, shape.count == wideShape.count,
            zip(shape, wideShape).allSatisfy(<=), shape.dropFirst(2) == wideShape.dropFirst(2)
        else { return nil }
        let row = wideShape.dropFirst().reduce(1, *)
        let narrowRow = shape.dropFirst().reduce(1, *)
        var wide = own
        for output in 0..<outputs {
            let start = output * row
            wide.replaceSubrange(start..<start + row, with: repeatElement(0, count: row))
            wide.replaceSubrange(
                start..<start + narrowRow, with: values[output * narrowRow..<(output + 1) * narrowRow])
        }
        return wide
    }
}
