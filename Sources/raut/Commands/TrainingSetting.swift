import EmotionRecognition
import Training

/// An option of `raut train` that sets one value of a run's ``TrainingOptions``: its name, its range, its help and what it
/// sets are declared here alone. The parser and the help are driven by it as by any ``Option``; the run's facts and its
/// checkpoint's identity hold every value of the options by themselves.
struct TrainingSetting: AnyOption {
    private let option: any AnyOption
    private let set: @Sendable (any Sendable, inout TrainingOptions) -> Void

    var facts: OptionFacts { option.facts }

    func value(of words: [String]) throws(UnusableValue) -> any Sendable { try option.value(of: words) }

    /// Sets the value that was given.
    func apply(_ value: any Sendable, to options: inout TrainingOptions) { set(value, &options) }

    /// A setting that does with its value what a closure says.
    init<Value>(
        _ name: String, _ format: OptionFormat<Value>, help: String,
        set: @escaping @Sendable (Value, inout TrainingOptions) -> Void
    ) {
        option = Option<Value?>(name, format, help: help)
        self.set = { value, options in
            if let value = value as? Value { set(value, &options) }
        }
    }

    /// A number; the help tells its standard.
    init(
        _ name: String, _ format: OptionFormat<Double>, help: String,
        _ path: WritableKeyPath<TrainingOptions, Float> & Sendable
    ) {
        let standard = Architecture.defaults { "\($0[keyPath: path])" }
        self.init(name, format, help: "\(help); \(standard) unless given") { value, options in
            options[keyPath: path] = Float(value)
        }
    }

    /// A whole number; the help tells its standard.
    init(
        _ name: String, _ format: OptionFormat<Int>, help: String,
        _ path: WritableKeyPath<TrainingOptions, Int> & Sendable
    ) {
        let standard = Architecture.defaults { "\($0[keyPath: path])" }
        self.init(name, format, help: "\(help); \(standard) unless given") { value, options in
            options[keyPath: path] = value
        }
    }

    /// A flag that sets a value.
    init(flag name: String, help: String, set: @escaping @Sendable (inout TrainingOptions) -> Void) {
        option = Option<Bool>(name, help: help)
        self.set = { _, options in set(&options) }
    }
}

extension Arguments {
    /// Sets what the settings among these options were given, in the order of their declaration.
    func applySettings(to options: inout TrainingOptions) {
        for (option, value) in given {
            if let setting = option as? TrainingSetting { setting.apply(value, to: &options) }
        }
    }
}
