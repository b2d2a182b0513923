import Foundation

/// A network as ONNX's operators, put together node by node (https://onnx.ai/onnx/intro/concepts.html).
///
/// In it a map is `[batch, channels, height, width]`, a sequence `[batch, steps, features]`, features
/// `[batch, features]`; the number of images is left open.
struct ONNXGraph {
    /// The version of the operators' definitions.
    static let operatorSet = 17
    /// The version of the file format that goes with it.
    private static let formatVersion = 8

    private var nodes: [ProtobufMessage] = []
    private var constants: [ProtobufMessage] = []
    private var inputs: [ProtobufMessage] = []
    private var outputs: [ProtobufMessage] = []

    /// An attribute of a node.
    enum Attribute {
        case int(Int)
        case ints([Int])
        case text(String)
    }

    /// The name of a program's value.
    func name(_ value: ProgramValue) -> String { "v\(value.index)" }

    /// Says what the graph reads: images `[batch, channels, height, width]` under a name of its own.
    mutating func addInput(_ value: ProgramValue, as own: String) {
        inputs.append(Self.declaration(own, [value.features, value.shape[0], value.shape[1]]))
        add("Identity", [own], name(value))
    }

    /// Says what the graph gives: features `[batch, features]` under a name of its own.
    mutating func addOutput(_ value: ProgramValue, as own: String) {
        outputs.append(Self.declaration(own, [value.features]))
        add("Identity", [name(value)], own)
    }

    /// Adds a node and returns the name of its output, one that is made up unless given.
    @discardableResult
    mutating func add(
        _ operation: String, _ inputs: [String], _ output: String? = nil,
        _ attributes: [String: Attribute] = [:]
    ) -> String {
        let output = output ?? "n\(nodes.count)"
        var node = ProtobufMessage()
        for input in inputs { node.add(1, input) }
        node.add(2, output)
        node.add(3, "\(operation)_\(nodes.count)")
        node.add(4, operation)
        for (name, value) in attributes.sorted(by: { $0.key < $1.key }) {
            var attribute = ProtobufMessage()
            attribute.add(1, name)
            switch value {
            case .int(let number):
                attribute.add(3, number)
                attribute.add(20, 2)
            case .text(let text):
                attribute.add(4, text)
                attribute.add(20, 3)
            case .ints(let numbers):
                for number in numbers { attribute.add(8, number) }
                attribute.add(20, 7)
            }
            node.add(5, attribute)
        }
        nodes.append(node)
        return output
    }

    /// Adds fixed numbers of a shape and returns their name.
    mutating func constant(_ values: [Float], _ shape: [Int]) -> String {
        precondition(values.count == shape.reduce(1, *))
        return constant(shape, type: 1, Data(values.flatMap { Self.bytes($0.bitPattern) }))
    }

    /// Adds fixed whole numbers in a row and returns their name.
    mutating func constant(_ values: [Int]) -> String {
        constant([values.count], type: 7, Data(values.flatMap { Self.bytes(UInt64(bitPattern: Int64($0))) }))
    }

    private mutating func constant(_ shape: [Int], type: Int, _ raw: Data) -> String {
        let name = "c\(constants.count)"
        var tensor = ProtobufMessage()
        for extent in shape { tensor.add(1, extent) }
        tensor.add(2, type)
        tensor.add(8, name)
        tensor.add(9, raw)
        constants.append(tensor)
        return name
    }

    /// The bytes of the file; `metadata` are strings about the network.
    func serialized(name: String, metadata: [String: String]) -> Data {
        var graph = ProtobufMessage()
        for node in nodes { graph.add(1, node) }
        graph.add(2, name)
        for constant in constants { graph.add(5, constant) }
        for input in inputs { graph.add(11, input) }
        for output in outputs { graph.add(12, output) }
        var model = ProtobufMessage()
        model.add(1, Self.formatVersion)
        model.add(2, "raut")
        model.add(7, graph)
        var operators = ProtobufMessage()
        operators.add(1, "")
        operators.add(2, Self.operatorSet)
        model.add(8, operators)
        for (key, value) in metadata.sorted(by: { $0.key < $1.key }) {
            var entry = ProtobufMessage()
            entry.add(1, key)
            entry.add(2, value)
            model.add(14, entry)
        }
        return model.data
    }

    /// A name with its type: float32, the batch's size open, then the extents.
    private static func declaration(_ name: String, _ extents: [Int]) -> ProtobufMessage {
        var shape = ProtobufMessage()
        var batch = ProtobufMessage()
        batch.add(2, "batch")
        shape.add(1, batch)
        for extent in extents {
            var dimension = ProtobufMessage()
            dimension.add(1, extent)
            shape.add(1, dimension)
        }
        var tensor = ProtobufMessage()
        tensor.add(1, 1)
        tensor.add(2, shape)
        var type = ProtobufMessage()
        type.add(1, tensor)
        var value = ProtobufMessage()
        value.add(1, name)
        value.add(2, type)
        return value
    }

    private static func bytes<Word: FixedWidthInteger>(_ word: Word) -> [UInt8] {
        withUnsafeBytes(of: word.littleEndian) { Array($0) }
    }
}

extension ONNXGraph {
    /// A value as a sequence `[steps, batch, features]`, which is how ONNX's recurrent operators read.
    mutating func stepsFirst(_ value: ProgramValue) -> String {
        guard value.shape.count == 3 else {
            return add("Transpose", [name(value)], nil, ["perm": .ints([1, 0, 2])])
        }
        // The cells of a map, row by row.
        let shape = constant([0, value.features, value.cells])
        let cells = add("Reshape", [name(value), shape])
        return add("Transpose", [cells], nil, ["perm": .ints([2, 0, 1])])
    }

    /// A value as features `[batch, features]`, a map's in the order in which the project keeps them: row by row, cell
    /// by cell, channel by channel.
    mutating func flattened(_ value: ProgramValue) -> String {
        guard value.shape.count > 1 else { return name(value) }
        let source =
            value.shape.count == 3
            ? add("Transpose", [name(value)], nil, ["perm": .ints([0, 2, 3, 1])]) : name(value)
        return add("Reshape", [source, constant([0, value.count])])
    }

    /// Numbers one a channel, shaped so that they are spread over a value.
    mutating func perChannel(_ values: [Float], of value: ProgramValue) -> String {
        constant(values, value.shape.count == 3 ? [values.count, 1, 1] : [values.count])
    }
}
