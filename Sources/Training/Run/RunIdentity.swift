import EmotionRecognition

/// What fixes a run, by name: every one of its options, its data and its teachers. Two runs whose identities are the same
/// end at the same weights bit for bit.
struct RunIdentity: Equatable, Sendable {
    /// Each name with its value, in the order of the options' declaration.
    private(set) var values: [(name: String, value: String)] = []

    /// The identity of nothing.
    init() {}

    /// Reads what ``text`` wrote; a line that has no name is passed over.
    init(text: String) {
        for line in text.split(separator: "\n") {
            guard let equal = line.firstIndex(of: "=") else { continue }
            add(String(line[..<equal]), String(line[line.index(after: equal)...]))
        }
    }

    /// A line for each value.
    var text: String { values.map { "\($0.name)=\($0.value)" }.joined(separator: "\n") }

    /// The same in one line.
    var line: String { text.split(separator: "\n").joined(separator: " ") }

    mutating func add(_ name: String, _ value: String) { values.append((name, value)) }

    /// Adds every stored value of a structure by its name, those of structures within it as `augmentation.shift`.
    mutating func add(allOf structure: Any, prefix: String = "") {
        for (label, value) in Mirror(reflecting: structure).children {
            guard let label else { continue }
            let mirror = Mirror(reflecting: value)
            if mirror.displayStyle == .struct, !mirror.children.isEmpty {
                add(allOf: value, prefix: "\(prefix)\(label).")
            } else if mirror.displayStyle == .optional {
                add(prefix + label, mirror.children.first.map { "\($0.value)" } ?? "none")
            } else {
                add(prefix + label, "\(value)")
            }
        }
    }

    mutating func remove(_ name: String) { values.removeAll { $0.name == name } }

    /// What differs from another run's, in words: `epochs is 3 there, 4 here`; nil where nothing does.
    func difference(from other: RunIdentity) -> String? {
        let named = 4
        let (here, there) = (Dictionary(pairs: values), Dictionary(pairs: other.values))
        let names = values.map(\.name) + other.values.map(\.name).filter { here[$0] == nil }
        let differing = names.filter { here[$0] != there[$0] }
        guard !differing.isEmpty else { return nil }
        let words = differing.prefix(named).map {
            "\($0) is \(there[$0] ?? "not known") there, \(here[$0] ?? "not known") here"
        }
        let rest = differing.count - words.count
        return words.joined(separator: "; ") + (rest > 0 ? "; and \(rest) more" : "")
    }

    static func == (a: RunIdentity, b: RunIdentity) -> Bool { a.text == b.text }
}

extension [String: String] {
    fileprivate init(pairs: [(name: String, value: String)]) {
        self.init(pairs.map { ($0.name, $0.value) }, uniquingKeysWith: { first, _ in first })
    }
}

extension TrainingOptions {
    /// Every option by its name, `learning_rate` for `learningRate`, for a model's facts. The network's own options are
    /// the model file's anyway, and the threads say nothing about the model.
    package var facts: [String: String] {
        var facts: [String: String] = [:]
        for (label, value) in Mirror(reflecting: self).children {
            guard let label, label != "network", label != "threads" else { continue }
            let name = label.map { $0.isUppercase ? "_\($0.lowercased())" : "\($0)" }.joined()
            let mirror = Mirror(reflecting: value)
            let isOptional = mirror.displayStyle == .optional
            facts[name] = isOptional ? mirror.children.first.map { "\($0.value)" } ?? "none" : "\(value)"
        }
        return facts
    }
}
