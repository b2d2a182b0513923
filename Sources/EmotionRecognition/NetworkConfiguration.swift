import Faces
import NeuralNetwork

/// How a face's pixels become a network's input.
public enum Preprocessing: String, CaseIterable, Sendable {
    /// Scaled from 0…255 to [0, 1].
    case unit
    /// Less the image's own mean, divided by its own deviation.
    case standardized

    /// Fills `target` from as many grey levels, which may lie between whole ones.
    public func apply(_ pixels: Span<Float>, into target: inout MutableSpan<Float>) {
        precondition(target.count == pixels.count)
        switch self {
        case .unit:
            for index in pixels.indices { target[index] = pixels[index] * (1 / 255) }
        case .standardized:
            var sum = 0.0
            var squares = 0.0
            for index in pixels.indices {
                let value = Double(pixels[index])
                sum += value
                squares += value * value
            }
            let mean = sum / Double(pixels.count)
            let variance = max(0, squares / Double(pixels.count) - mean * mean)
            let scale = Float(1 / (variance.squareRoot() + 1))
            for index in pixels.indices { target[index] = (pixels[index] - Float(mean)) * scale }
        }
    }
}

/// What a head of a network names, in the order of its logits.
public enum Head: String, CaseIterable, Sendable {
    /// FER2013's seven labels.
    case fer2013
    /// FER+'s eight: FER2013's seven in the same order, then contempt (Barsoum et al., 2016).
    case ferplus

    /// How many logits it has.
    public var classes: Int { self == .fer2013 ? 7 : 8 }
}

/// Everything that fixes a network's layers; kept in the model file.
public struct NetworkConfiguration: Sendable, Equatable {
    /// Which network.
    public var architecture: Architecture
    /// Output channels of the trunk's stages.
    public var widths: [Int]
    /// Units of the fully connected layer of `cnn`, cells each way of the LSTM of the others.
    public var hidden: Int
    /// How often features before the last layer are dropped while training.
    public var dropout: Float
    /// How often channels between stages are dropped while training.
    public var spatialDropout: Float
    /// What the input is.
    public var preprocessing: Preprocessing
    /// What the network names.
    public var heads: [Head]

    /// The side of the square input in pixels.
    public static let side = 48

    /// The project's own choice for an architecture.
    public init(_ architecture: Architecture) {
        self.architecture = architecture
        let standard = architecture.standard
        widths = standard.widths
        hidden = standard.hidden
        dropout = standard.dropout
        spatialDropout = standard.spatialDropout
        preprocessing = standard.preprocessing
        heads = standard.heads
    }

    /// Output channels of the last stage.
    var lastWidth: Int { widths[widths.count - 1] }

    /// The configuration as strings for a model file.
    public var metadata: [String: String] {
        [
            "architecture": architecture.rawValue,
            "widths": widths.map(String.init).joined(separator: ","),
            "hidden": "\(hidden)",
            "dropout": "\(dropout)",
            "spatial_dropout": "\(spatialDropout)",
            "preprocessing": preprocessing.rawValue,
            "heads": heads.map(\.rawValue).joined(separator: ","),
            "labels": Emotion.allCases.map(\.description).joined(separator: ","),
        ]
    }

    /// Reads what ``metadata`` wrote; nil with the offending key where it is missing or out of range.
    public init(metadata: [String: String], path: String) throws(ModelFileError) {
        func field<Value>(_ key: String, _ parse: (String) -> Value?) throws(ModelFileError) -> Value {
            guard let text = metadata[key] else {
                throw .invalid(path: path, reason: "its metadata lack \(key)")
            }
            guard let value = parse(text) else {
                throw .invalid(path: path, reason: "its metadata say \(key) is '\(text.prefix(40))'")
            }
            return value
        }
        architecture = try field("architecture") { Architecture(rawValue: $0) }
        widths = try field("widths") { text in
            let numbers = text.split(separator: ",").compactMap { Int($0) }
            return numbers.count == 4 && numbers.allSatisfy { $0 > 0 && $0 <= 1024 && $0 % 8 == 0 }
                ? numbers : nil
        }
        hidden = try field("hidden") { Int($0).flatMap { $0 > 0 && $0 <= 1024 && $0 % 8 == 0 ? $0 : nil } }
        dropout = try field("dropout") { Float($0).flatMap { $0 >= 0 && $0 < 1 ? $0 : nil } }
        spatialDropout = try field("spatial_dropout") { Float($0).flatMap { $0 >= 0 && $0 < 1 ? $0 : nil } }
        preprocessing = try field("preprocessing") { Preprocessing(rawValue: $0) }
        heads = try field("heads") { text in
            let heads = text.split(separator: ",").compactMap { Head(rawValue: String($0)) }
            return heads.first == .fer2013 && Set(heads).count == heads.count ? heads : nil
        }
    }
}
