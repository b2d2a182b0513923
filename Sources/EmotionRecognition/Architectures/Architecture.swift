import NeuralNetwork

/// One of the project's networks, described: its layers and what it is trained with unless said otherwise.
///
/// Each stands in a file of its own beside this one. A new one is such a file and its name in ``allCases``; training,
/// inference, cost, saving and export follow from its layers.
public struct Architecture: RawRepresentable, Hashable, CaseIterable, Sendable, CustomStringConvertible {
    /// All of them, in the order in which they are named to users.
    public static let allCases: [Architecture] = [.cnn, .cnnBiLSTM, .cnnBiLSTMAttention, .raut]

    /// Its name in model files and for `--architecture`: `cnn-bilstm`.
    public let rawValue: String
    /// Its name as papers write it: "CNN-BiLSTM".
    public let title: String
    /// How it is trained unless told otherwise.
    public let recipe: Recipe
    /// What its layers are made of unless told otherwise.
    let standard: Standard
    /// Its layers but for the heads.
    let body: @Sendable (NetworkConfiguration) -> Body

    /// How a network is trained unless told otherwise.
    public enum Recipe: Sendable {
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
    public init?(rawValue: String) {
        guard let known = Self.allCases.first(where: { $0.rawValue == rawValue }) else { return nil }
        self = known
    }

    /// Its name.
    public var description: String { rawValue }

    /// Whether both have the same name.
    public static func == (one: Architecture, other: Architecture) -> Bool { one.rawValue == other.rawValue }

    /// Adds the name.
    public func hash(into hasher: inout Hasher) { hasher.combine(rawValue) }
}
