import NeuralNetwork
import Testing

/// What ``WholeWeights`` gives, a number at a time by the library's own rounding.
private func plainWhole(_ values: [Double], columns: Int) -> (numbers: [Int8], steps: [Float]) {
    let rows = values.count / columns
    var numbers = [Int8](repeating: 0, count: values.count)
    var steps = [Float](repeating: 1, count: columns)
    for column in 0..<columns {
        let most = (0..<rows).map { abs(values[$0 * columns + column]) }.max() ?? 0
        let step = Float(most / 127)
        guard step > 0 else { continue }
        steps[column] = step
        for place in stride(from: column, to: values.count, by: columns) {
            let value = min(max(values[place] / Double(step), -127), 127)
            numbers[place] = Int8(value.rounded(.toNearestOrEven))
        }
    }
    return (numbers, steps)
}

@Suite("Weights as whole numbers")
struct WholeWeightsTests {
    @Test(
        "are those that rounding one after another gives, halves to the even one, and nothing stays nothing")
    func rounding() {
        var random = Xoshiro256StarStar(seed: 7)
        for columns in [8, 24, 40] {
            var values = (0..<64 * columns).map { _ in Double(random.normal()) }
            for row in 0..<64 {
                values[row * columns] = 0
                values[row * columns + 1] = 1e-300
                // Steps of one: every second number lies in the middle between two.
                values[row * columns + 2] = row == 0 ? -127 : Double(row - 32) + 0.5
                values[row * columns + 3] = row == 0 ? 3e30 : -3e30
            }
            let (whole, plain) = (
                WholeWeights(values, columns: columns), plainWhole(values, columns: columns)
            )
            #expect(whole.numbers == plain.numbers && whole.steps == plain.steps)
            for column in 0..<columns {
                let numbers = stride(from: column, to: values.count, by: columns).map {
                    Int32(whole.numbers[$0])
                }
                #expect(whole.sums[column] == numbers.reduce(0, +))
            }
        }
    }
}

/// A residual network with convolutions of every kind that integers have, and an LSTM that reads its map.
private func network(height: Int = 12, width: Int = 12, firstReLU: Bool = true, seed: UInt64 = 1) -> Network {
    func block(_ name: String, _ inputs: Int, _ outputs: Int, size: Int = 3, relu: Bool) -> [any Layer] {
        [
            Convolution2D(
                name: "\(name).conv", inputChannels: inputs, outputChannels: outputs, kernelSize: size),
            BatchNormalization2D(name: "\(name).bn", channels: outputs, relu: relu),
        ]
    }
    let body: [any Layer] =
        block("first", 1, 24, relu: firstReLU) + block("direct", 24, 40, relu: true)
        + [
            Residual(
                body: Sequential(block("a", 40, 56, relu: true) + block("b", 56, 56, relu: false)),
                shortcut: Sequential(block("shortcut", 40, 56, size: 1, relu: false))),
            BidirectionalLSTM(name: "lstm", inputFeatures: 56, hidden: 24), MeanOverSteps(),
        ]
    let network = Network(
        inputShape: [height, width, 1], body: Sequential(body),
        heads: [Dense(name: "head", inputFeatures: 48, outputFeatures: 7)])
    Initialization.initialize(network.parameters, seed: seed)
    var random = Xoshiro256StarStar(seed: seed)
    for statistic in network.statistics {
        for index in 0..<statistic.value.count {
            statistic.value[index] =
                statistic.name.hasSuffix("var") ? random.uniform(in: 0.5...2) : 0.2 * random.normal()
        }
    }
    return network
}

private func images(_ count: Int, height: Int = 12, width: Int = 12, seed: UInt64) -> [[Float]] {
    var random = Xoshiro256StarStar(seed: seed)
    return (0..<count).map { _ in (0..<height * width).map { _ in random.normal() } }
}

private func outputs(_ program: Program, _ image: [Float]) -> [Float] {
    var memory = ProgramMemory(for: program)
    program.run(image, &memory)
    return (0..<program.outputCounts[0]).map { program.output(0, $0, of: memory) }
}

/// The root of the mean square of how far integers' outputs are from floats', by that of the floats' from their mean.
private func error(_ network: Network, height: Int = 12, width: Int = 12) -> Float {
    let seen = images(40, height: height, width: width, seed: 2)
    let program = network.program(quantization: network.quantization(measuredOn: seen))
    let exact = network.program()
    let new = images(40, height: height, width: width, seed: 3)
    let found = new.map { outputs(program, $0) }
    let expected = new.map { outputs(exact, $0) }
    var (error, spread): (Float, Float) = (0, 0)
    for output in 0..<7 {
        let mean = expected.reduce(0) { $0 + $1[output] } / Float(expected.count)
        for (a, b) in zip(found, expected) {
            error += (a[output] - b[output]) * (a[output] - b[output])
            spread += (b[output] - mean) * (b[output] - mean)
        }
    }
    return (error / spread).squareRoot()
}

@Suite("A network in eight-bit integers")
struct QuantizationTests {
    @Test(
        "says nearly what it says in floats, on maps of even and odd sides, of values of one sign and of both"
    )
    func nearFloats() {
        #expect(error(network()) < 0.2)
        #expect(error(network(height: 9, width: 11), height: 9, width: 11) < 0.2)
        #expect(error(network(firstReLU: false)) < 0.2)
        // And not because nothing was in integers.
        #expect(error(network()) > 1e-5)
    }

    @Test("says the very same on every instruction set", arguments: IntegerSet.supported)
    func sameEverywhere(set: IntegerSet) {
        let network = network(height: 9, width: 11)
        let quantization = network.quantization(measuredOn: images(4, height: 9, width: 11, seed: 2))
        let plain = network.program(quantization: quantization, kernels: .portable, integers: .portable)
        let other = network.program(quantization: quantization, kernels: .portable, integers: set)
        for image in images(5, height: 9, width: 11, seed: 3) {
            #expect(outputs(plain, image) == outputs(other, image))
        }
    }

    @Test("values beyond what was measured are cut off, and hurt nothing")
    func beyond() {
        let network = network()
        let program = network.program(
            quantization: network.quantization(measuredOn: images(4, seed: 2)))
        for scale in [100, 1e6, 1e30] as [Float] {
            let far = images(1, seed: 5)[0].map { $0 * scale }
            let isFinite = outputs(program, far).allSatisfy(\.isFinite)
            #expect(isFinite)
        }
    }

    @Test("is the same after it was written and read")
    func roundTrip() throws {
        let network = network()
        let quantization = network.quantization(measuredOn: images(4, seed: 2))
        let file = network.file(metadata: ["a": "b"], quantization: quantization)
        let again = try SafeTensors(file.serialized(), path: "model")
        #expect(try network.quantization(again, path: "model") == quantization)
        #expect(
            Set(quantization.ranges.keys) == [
                "direct.conv", "shortcut.conv", "a.conv", "b.conv", "lstm",
            ])
        let transformed = quantization.ranges.filter { !$0.value.transform.isEmpty }
        #expect(transformed.keys.sorted() == ["a.conv", "b.conv"])
        #expect(try network.quantization(network.file(metadata: [:]), path: "model") == nil)
        // The floats are as they were.
        let other = QuantizationTests.empty()
        try other.load(again, path: "model")
        let image = images(1, seed: 7)[0]
        #expect(outputs(other.program(), image) == outputs(network.program(), image))
    }

    private static func empty() -> Network { network(seed: 9) }

    /// What is said of a file whose ranges were changed.
    private func refusal(_ change: (inout SafeTensors) -> Void) -> String? {
        let network = network()
        var file = network.file(
            metadata: [:], quantization: network.quantization(measuredOn: images(4, seed: 2)))
        change(&file)
        do {
            _ = try network.program(rangesIn: file, path: "m.safetensors")
            return nil
        } catch {
            return "\(error)"
        }
    }

    private static let lstm = "int8.lstm.channels"

    /// The same where one value of the LSTM's ranges, or of the first transform's, is another.
    private func refusal(of value: Float, in name: String = lstm, at place: Int? = nil) -> String? {
        refusal { file in
            for index in file.entries.indices where file.entries[index].name == name {
                let last = file.entries[index].values.count - 1
                file.entries[index].values[place ?? last] = value
            }
        }
    }

    @Test("ranges that are none are refused in one line that says which and what to do")
    func falseRanges() {
        #expect(refusal { _ in } == nil)
        for value in [0, -1, .nan, .infinity, 1e30, 1e-20] as [Float] {
            let line = refusal(of: value) ?? ""
            #expect(
                line.hasPrefix("m.safetensors: not a usable model file: int8.lstm holds the range"), "\(line)"
            )
            #expect(line.hasSuffix("; measure them anew: raut quantize"))
            #expect(!line.contains("\n"))
            #expect(
                refusal(of: value, in: "int8.a.conv.transform")?.contains("int8.a.conv holds the range")
                    == true)
        }
        // Four times what the inputs reach is the most that the transform can give.
        #expect(refusal(of: 999, in: "int8.a.conv.transform")?.contains("four times") == true)
        for value in [1, -1e9, .nan] as [Float] {
            #expect(refusal(of: value, at: 0)?.contains("holds the least value") == true)
        }
    }

    @Test(
        "missing ranges, ranges of another shape, of a layer that is not there, or of other weights are refused"
    )
    func falseTensors() {
        let missing = refusal { file in file.entries.removeAll { $0.name == Self.lstm } }
        #expect(missing?.contains("it lacks the ranges int8.lstm.channels") == true)
        let shape = refusal { file in
            for index in file.entries.indices where file.entries[index].name == Self.lstm {
                file.entries[index].shape = [2, 55]
                file.entries[index].values.removeLast(2)
            }
        }
        #expect(shape?.contains("have the shape [2, 55], not [2, 56]") == true)
        let strange = refusal {
            $0.entries.append(SafeTensors.Entry(name: "int8.other.channels", shape: [1], values: [1]))
        }
        #expect(strange?.contains("no layer for the ranges int8.other.channels") == true)
        let other = refusal { $0.metadata["int8_weights"] = "1" }
        #expect(other?.contains("measured of other weights") == true)
    }
}
