import Foundation
import NeuralNetwork

/// What a search varies from trial to trial.
package struct Hyperparameters: Sendable, Equatable {
    /// The learning rate, at its peak where the schedule varies it.
    package var learningRate: Float
    /// Images a step.
    package var batch: Int
    /// How often features before the last layer are dropped while training.
    package var dropout: Float
    /// What every strength of the augmentation is multiplied by; 0 for images as they are.
    package var augmentation: Float
    /// Any other options of a run that the search varies, in the order of the grid.
    package var others: [Setting] = []

    /// One value of one option of a run.
    package struct Setting: Sendable, Equatable {
        /// The option's name, as `raut train` has it.
        package let name: String
        /// The value as it was typed.
        package let text: String
        private let apply: @Sendable (inout TrainingOptions) -> Void

        /// Takes what the value does.
        package init(name: String, text: String, apply: @escaping @Sendable (inout TrainingOptions) -> Void) {
            (self.name, self.text, self.apply) = (name, text, apply)
        }

        func apply(to options: inout TrainingOptions) { apply(&options) }

        /// Whether both say the same of the same option.
        package static func == (one: Setting, other: Setting) -> Bool {
            one.name == other.name && one.text == other.text
        }
    }

    /// Reads a value of an option of `raut train` by its name; nil where there is no such option.
    package typealias SettingReader =
        @Sendable (_ name: String) -> (@Sendable (_ text: String) throws -> Setting)?

    /// Takes all values.
    package init(learningRate: Float, batch: Int, dropout: Float, augmentation: Float) {
        self.learningRate = learningRate
        self.batch = batch
        self.dropout = dropout
        self.augmentation = augmentation
    }

    /// Those of a run's options.
    package init(_ options: TrainingOptions) {
        self.init(
            learningRate: options.learningRate, batch: options.batch, dropout: options.network.dropout,
            augmentation: 1)
    }

    /// The options with these values in their places.
    package func applied(to options: TrainingOptions) -> TrainingOptions {
        var result = options
        result.learningRate = learningRate
        result.batch = batch
        result.network.dropout = dropout
        result.augmentation = options.augmentation.scaled(by: augmentation)
        for other in others { other.apply(to: &result) }
        return result
    }

    /// The names of those that every search has a column for, as options of `raut train` and in a grid file.
    package static let usualNames = ["learning-rate", "batch", "dropout", "augmentation"]

    /// All names in the order of their columns.
    package var names: [String] { Self.usualNames + others.map(\.name) }

    /// The values as text, in the order of ``names``.
    package var texts: [String] {
        ["\(learningRate)", "\(batch)", "\(dropout)", "\(augmentation)"] + others.map(\.text)
    }

    /// The options of `raut train` that repeat a trial: `--learning-rate 0.001 --batch 32 …`.
    package var words: String { zip(names, texts).map { "--\($0) \($1)" }.joined(separator: " ") }

    /// What a value may be, in words, for each of ``usualNames``.
    static let ranges = [
        "a number from 1e-8 to 10", "a whole number from 2 to 4096", "a number from 0 to 0.95",
        "a number from 0 to 4",
    ]

    /// Sets the value of a name from its text; false where it is out of range.
    mutating func set(_ name: String, to text: String) -> Bool {
        let number = Float(text)
        func within(_ range: ClosedRange<Float>) -> Float? {
            number.flatMap { range.contains($0) ? $0 : nil }
        }
        switch name {
        case "learning-rate":
            guard let value = within(1e-8...10) else { return false }
            learningRate = value
        case "batch":
            guard let value = Int(text), (2...4096).contains(value) else { return false }
            batch = value
        case "dropout":
            guard let value = within(0...0.95) else { return false }
            dropout = value
        case "augmentation":
            guard let value = within(0...4) else { return false }
            augmentation = value
        default: return false
        }
        return true
    }
}
