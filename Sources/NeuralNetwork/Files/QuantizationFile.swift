extension Quantization {
    /// What the names of its tensors in a model file begin with; the layer's name follows, then `.channels` or
    /// `.transform`.
    static let prefix = "int8."
    /// The key of the metadata that tells of which weights the ranges were measured.
    package static let weightsKey = "int8_weights"

    /// Its tensors: `int8.LAYER.channels`, `[2, in]`, the least value and the largest magnitude, and of 3×3 convolutions `int8.LAYER.transform`, `[16, in]`.
    var entries: [SafeTensors.Entry] {
        ranges.sorted { $0.key < $1.key }.flatMap { layer, ranges in
            let name = "\(Self.prefix)\(layer)"
            let count = ranges.channels.count
            let channels = SafeTensors.Entry(
                name: "\(name).channels", shape: [2, count], values: ranges.least + ranges.channels)
            guard !ranges.transform.isEmpty else { return [channels] }
            return [
                channels,
                SafeTensors.Entry(
                    name: "\(name).transform", shape: [ranges.transform.count / count, count],
                    values: ranges.transform),
            ]
        }
    }
}

extension SafeTensors {
    /// Whether it holds ranges for inference in integers.
    package var hasQuantization: Bool { entries.contains { $0.name.hasPrefix(Quantization.prefix) } }
}

extension Network {
    /// The contents of a model file with ranges for inference in integers in it.
    package func file(metadata: [String: String], quantization: Quantization) -> SafeTensors {
        var file = file(metadata: metadata.merging([Quantization.weightsKey: fingerprint]) { $1 })
        file.entries += quantization.entries
        return file
    }

    /// The ranges that a model file holds for this network, whose weights are the file's; nil where it holds none.
    ///
    /// - Throws: ``ModelFileError`` where ranges are missing, of another shape, no ranges, or measured of other weights.
    package func quantization(_ file: SafeTensors, path: String) throws(ModelFileError) -> Quantization? {
        guard file.hasQuantization else { return nil }
        return try quantization(of: lowered().builder.quantizable, in: file, path: path)
    }

    /// The network made ready for one image at a time in integers, by the ranges that a model file holds for it, whose weights
    /// are the file's; nil where it holds none.
    ///
    /// - Throws: ``ModelFileError`` where ranges are missing, of another shape, no ranges, or measured of other weights.
    package func program(
        rangesIn file: SafeTensors, path: String, kernels: KernelSet = .best, integers: IntegerSet = .best
    ) throws(ModelFileError) -> Program? {
        guard file.hasQuantization else { return nil }
        let (builder, outputs) = lowered()
        let quantization = try quantization(of: builder.quantizable, in: file, path: path)
        return builder.finish(
            outputs: outputs, kernels: kernels, quantization: quantization, integers: IntegerKernels(integers)
        )
    }

    private func quantization(
        of layers: [any QuantizableDraft], in file: SafeTensors, path: String
    ) throws(ModelFileError) -> Quantization {
        func invalid(_ reason: String) -> ModelFileError {
            .invalid(path: path, reason: "\(reason); measure them anew: raut quantize")
        }
        let own = file.entries.filter { $0.name.hasPrefix(Quantization.prefix) }
        var entries: [String: SafeTensors.Entry] = [:]
        for entry in own { entries[entry.name] = entry }
        func values(_ name: String, _ shape: [Int]) throws(ModelFileError) -> [Float] {
            guard let entry = entries.removeValue(forKey: name) else {
                throw invalid("it lacks the ranges \(name)")
            }
            guard entry.shape == shape else {
                throw invalid("ranges \(name) have the shape \(entry.shape), not \(shape)")
            }
            return entry.values
        }
        var found: [String: InputRanges] = [:]
        for layer in layers {
            let (name, count) = (Quantization.prefix + layer.layer, layer.input.features)
            let channels = try values("\(name).channels", [2, count])
            let ranges = InputRanges(
                channels: Array(channels[count...]), least: Array(channels[..<count]),
                transform: layer.hasTransform
                    ? try values("\(name).transform", [IntegerWinograd.positions, count]) : [])
            if let fault = ranges.fault { throw invalid("\(name) \(fault)") }
            found[layer.layer] = ranges
        }
        if let other = entries.keys.min() {
            throw invalid("its network has no layer for the ranges \(other)")
        }
        guard file.metadata[Quantization.weightsKey] == fingerprint else {
            throw invalid("its ranges for int8 were measured of other weights than it holds")
        }
        return Quantization(ranges: found)
    }

    /// A number of all weights and statistics: other weights have another one (FNV-1a, Fowler, Noll and Vo).
    private var fingerprint: String {
        var hash: UInt64 = 0xcbf2_9ce4_8422_2325
        for values in parameters.map(\.value) + statistics.map(\.value) {
            for value in values.elements { hash = (hash ^ UInt64(value.bitPattern)) &* 0x100_0000_01b3 }
        }
        return String(hash, radix: 16)
    }
}
