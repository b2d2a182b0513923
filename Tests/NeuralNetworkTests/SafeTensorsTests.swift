import Foundation
import Mutation
import NeuralNetwork
import Testing

@Suite("safetensors")
struct SafeTensorsTests {
    private let file = SafeTensors(
        entries: [
            SafeTensors.Entry(
                name: "b", shape: [2, 3], values: [1, -2.5, 0, .leastNonzeroMagnitude, 4e30, -0]),
            SafeTensors.Entry(name: "a.weight", shape: [], values: [7]),
            SafeTensors.Entry(name: "none", shape: [0, 4], values: []),
        ],
        metadata: ["quotes": #"a "b" \ c"#, "lines": "one\ntwo\tthree\r\u{1}", "umlaut": "größer, 表情"])

    @Test("what was written is read back, values bit for bit, in the same order")
    func roundTrip() throws {
        let path = NSTemporaryDirectory() + "raut-\(UUID().uuidString).safetensors"
        defer { try? FileManager.default.removeItem(atPath: path) }
        try file.write(to: path)
        let read = try SafeTensors(path: path)
        #expect(read.metadata == file.metadata)
        #expect(read.entries.map(\.name).sorted() == ["a.weight", "b", "none"])
        for entry in file.entries {
            let other = try #require(read.entry(entry.name))
            #expect(other.shape == entry.shape)
            #expect(other.values.map(\.bitPattern) == entry.values.map(\.bitPattern))
        }
        #expect(read.serialized().count == file.serialized().count)
    }

    @Test("the header is the format's: a length, JSON padded to eight bytes, offsets from the header's end")
    func layout() throws {
        let bytes = [UInt8](file.serialized())
        let length = (0..<8).reduce(0) { $0 | Int(bytes[$1]) << (8 * $1) }
        #expect(length % 8 == 0 && bytes.count == 8 + length + 7 * 4)
        let header = try JSONSerialization.jsonObject(with: Data(bytes[8..<8 + length]))
        let second = try #require((header as? [String: Any])?["a.weight"] as? [String: Any])
        #expect(second["data_offsets"] as? [Int] == [24, 28])
        #expect(Array(bytes[8 + length + 24..<8 + length + 28]) == [0, 0, 0xE0, 0x40])
    }

    @Test("a file that is not there, a folder and a device without an end are named")
    func unreadable() {
        #expect(throws: ModelFileError.unreadable(path: "/no/such", reason: "No such file or directory")) {
            try SafeTensors(path: "/no/such")
        }
        #expect(throws: ModelFileError.self) { try SafeTensors(path: "/") }
        #expect(throws: ModelFileError.unreadable(path: "/dev/zero", reason: "a device, no file")) {
            try SafeTensors(path: "/dev/zero")
        }
    }

    @Test("a place that can't be written is named, and nothing is left there")
    func unwritable() {
        #expect(
            throws: ModelFileError.unwritable(path: "/no/such/a", reason: "No such file or directory")
        ) { try file.write(to: "/no/such/a") }
    }

    @Test("weights go to PyTorch's order and back, for each way of lying in memory")
    func torchOrder() {
        let convolution = Convolution2D(name: "c", inputChannels: 2, outputChannels: 3)
        let flattened = Dense(name: "d", inputFeatures: 4 * 2, outputFeatures: 3, flattenedChannels: 2)
        let dense = Dense(name: "e", inputFeatures: 4, outputFeatures: 3)
        for weight in [convolution.weight, flattened.weight, dense.weight] {
            for index in 0..<weight.value.count { weight.value[index] = Float(index) }
            let values = weight.torchValues(of: weight.value)
            #expect(values.sorted() == weight.value.elements)
            let copy = Tensor(weight.value.shape)
            weight.setTorchValues(values, of: copy)
            #expect(copy.elements == weight.value.elements)
        }
        #expect(convolution.weight.torchShape == [3, 2, 3, 3])
        // PyTorch's [out 1][in 1][row 2][column 0] is memory's [row 2][column 0][in 1][out 1].
        let torch = convolution.weight.torchValues(of: convolution.weight.value)
        #expect(torch[((1 * 2 + 1) * 3 + 2) * 3 + 0] == Float(((2 * 3 + 0) * 2 + 1) * 3 + 1))
        // PyTorch's input [channel 1][cell 2] of output 1 is memory's [cell 2][channel 1].
        #expect(
            flattened.weight.torchValues(of: flattened.weight.value)[8 + 1 * 4 + 2] == Float(8 + 2 * 2 + 1))
    }
}

@Suite("Fuzz of safetensors")
struct SafeTensorsFuzz {
    @Test("no damage to a file makes the reader fail otherwise than by an error")
    func damage() {
        let file = SafeTensors(
            entries: [
                SafeTensors.Entry(name: "a", shape: [2, 2], values: [1, 2, 3, 4]),
                SafeTensors.Entry(name: "b", shape: [3], values: [5, 6, 7]),
            ], metadata: ["architecture": "cnn"])
        let seeds = [[UInt8](file.serialized())]
        for number in 0..<Mutation.count {
            var mutation = Mutation(number: number)
            Mutation.note(number, "safetensors")
            _ = try? SafeTensors(Data(mutation.damage(seeds)), path: "damaged")
        }
    }
}
