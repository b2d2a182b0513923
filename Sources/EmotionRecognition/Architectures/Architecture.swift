import Faces
import NeuralNetwork

/// One of the project's networks, described: its layers and what it is trained with unless said otherwise.
///
/// Each stands in a file of its own beside this one. A new one is such a file and its name in ``allCases``; training,
/// inference, cost, saving and export follow from its layers.
package struct Architecture: RawRepresentable, Hashable, CaseIterable, Sendable, CustomStringConvertible {
    /// All of them, in the order in which they are named to users.
    package static let allCases: [Architecture] = [.cnn, .cnnBiLSTM, .cnnBiLSTMAttention, .raut]

    /// Its name in model files and for `--architecture`: `cnn-bilstm`.
    package let rawValue: String
    /// Its name as papers write it: "CNN-BiLSTM".
    package let title: String
    /// How it is trained unless told otherwise.
    package let recipe: Recipe
    /// What its layers are made of unless told otherwise.
    let standard: Standard
    /// Its layers but for the heads.
    let body: @Sendable (NetworkConfiguration) -> Body

    /// How a network is trained unless told otherwise.
    package enum Recipe: Sendable {
        /// As Sutarti and Syaqqialloh (2025) train theirs.
        case paper
        /// As the project trains the network that it ships.
        case shipped
    }

    /// The values of a new ``NetworkConfiguration``.
    struct Standard: Sendable {
        var widths: [Int]
        var hidden: Int
        var dropout: Float
        var spatialDropout: Float
        var preprocessing: Preprocessing
        var heads: [Head]

        /// Those of the networks after Sutarti and Syaqqialloh (2025).
        static let paper = Standard(
            widths: [24, 48, 96, 128], hidden: 128, dropout: 0.4, spatialDropout: 0.1, preprocessing: .unit,
            heads: [.fer2013])
    }

    /// Layers from an image to the features that the heads read.
    struct Body {
        var layers: [any Layer]
        /// How many features there are.
        var features: Int
    }

    init(
        _ name: String, title: String, recipe: Recipe, standard: Standard,
        body: @escaping @Sendable (NetworkConfiguration) -> Body
    ) {
        rawValue = name
        self.title = title
        self.recipe = recipe
        self.standard = standard
        self.body = body
    }

    /// The one of a name, or nil.
    package init?(rawValue: String) {
        guard let known = Self.allCases.first(where: { $0.rawValue == rawValue }) else { return nil }
        self = known
    }

    /// Its name.
    package var description: String { rawValue }

    /// Whether both have the same name.
    package static func == (one: Architecture, other: Architecture) -> Bool { one.rawValue == other.rawValue }

    /// Adds the name.
    package func hash(into hasher: inout Hasher) { hasher.combine(rawValue) }
}

/// Everything that fixes a network's layers; kept in the model file.
package struct NetworkConfiguration: Sendable, Equatable {
    /// Which network.
    package var architecture: Architecture
    /// Output channels of the trunk's stages.
    package var widths: [Int]
    /// Units of the fully connected layer of `cnn`, cells each way of the LSTM of the others.
    package var hidden: Int
    /// How often features before the last layer are dropped while training.
    package var dropout: Float
    /// How often channels between stages are dropped while training.
    package var spatialDropout: Float
    /// What the input is.
    package var preprocessing: Preprocessing
    /// What the network names.
    package var heads: [Head]

    /// The side of the square input in pixels.
    package static let side = 48

    /// The project's own choice for an architecture.
    package init(_ architecture: Architecture) {
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
    package var metadata: [String: String] {
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
    package init(metadata: [String: String], path: String) throws(ModelFileError) {
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
            NetworkConfiguration.heads(named: text)
        }
    }

    /// Heads by their names with commas between: FER2013's, then FER+'s, then the combined one, as many as there are;
    /// nil for anything else.
    package static func heads(named text: some StringProtocol) -> [Head]? {
        let names = text.split(separator: ",", omittingEmptySubsequences: false)
        let heads = names.compactMap { Head(rawValue: String($0)) }
        return heads.count == names.count && Head.allCases.starts(with: heads) && !heads.isEmpty ? heads : nil
    }
}
