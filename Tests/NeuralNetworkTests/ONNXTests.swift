import Foundation
import NeuralNetwork
import Testing

/// Reads a message of Protocol Buffers: fields in their order, numbers and bytes.
private struct Message {
    var numbers: [(field: Int, value: Int)] = []
    var bytes: [(field: Int, value: Data)] = []

    init?(_ data: Data) {
        var rest = [UInt8](data)[...]
        func varint() -> Int? {
            var (value, shift) = (UInt64(0), UInt64(0))
            while let byte = rest.popFirst(), shift < 64 {
                value |= UInt64(byte & 0x7F) << shift
                if byte < 0x80 { return Int(truncatingIfNeeded: value) }
                shift += 7
            }
            return nil
        }
        while !rest.isEmpty {
            guard let key = varint() else { return nil }
            switch key & 7 {
            case 0:
                guard let value = varint() else { return nil }
                numbers.append((key >> 3, value))
            case 2:
                guard let count = varint(), count >= 0, count <= rest.count else { return nil }
                bytes.append((key >> 3, Data(rest.prefix(count))))
                rest = rest.dropFirst(count)
            default: return nil
            }
        }
    }

    func messages(_ field: Int) -> [Message] {
        bytes.filter { $0.field == field }.compactMap { Message($0.value) }
    }
    func texts(_ field: Int) -> [String] {
        bytes.filter { $0.field == field }.map { String(decoding: $0.value, as: UTF8.self) }
    }
}

@Suite("ONNX")
struct ONNXTests {
    /// What ONNX Runtime says of such a file, Benchmarks/check_onnx.py asks.
    @Test("a file names its operators' version, inputs and outputs, and each node reads what is there")
    func wellFormed() throws {
        let read = Sequential([
            BidirectionalLSTM(name: "l", inputFeatures: 8, hidden: 8),
            StepAttention(name: "a", inputFeatures: 16, units: 8),
        ])
        let network = Network(
            inputShape: [8, 8, 1],
            body: Sequential([
                Convolution2D(name: "c", inputChannels: 1, outputChannels: 8),
                BatchNormalization2D(name: "b", channels: 8, relu: true, pools: true),
                Concatenation([read, MeanOverSteps()]),
            ]), heads: [Dense(name: "h", inputFeatures: 24, outputFeatures: 7)])
        let data = network.onnx(name: "test", input: "face", outputs: ["head"], metadata: ["key": "value"])
        let model = try #require(Message(data))
        #expect(model.numbers.contains { $0 == (1, 8) })
        #expect(model.messages(8).first?.numbers.contains { $0 == (2, 17) } == true)
        #expect(model.messages(14).first?.texts(2) == ["value"])
        let graph = try #require(model.messages(7).first)
        #expect(graph.messages(11).flatMap { $0.texts(1) } == ["face"])
        #expect(graph.messages(12).flatMap { $0.texts(1) } == ["head"])
        var known = Set(graph.messages(11).flatMap { $0.texts(1) })
        known.formUnion(graph.messages(5).flatMap { $0.texts(8) })
        for node in graph.messages(1) {
            #expect(Set(node.texts(1)).isSubset(of: known), "\(node.texts(4))")
            known.formUnion(node.texts(2))
        }
        #expect(known.contains("head"))
        let operators = Set(graph.messages(1).flatMap { $0.texts(4) })
        let expected = ["Conv", "MaxPool", "LSTM", "Softmax", "ReduceMean", "Concat", "Gemm"]
        #expect(operators.isSuperset(of: expected))
    }
}
