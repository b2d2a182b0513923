import NeuralNetwork
import Testing

/// A weight that decays and a bias that doesn't, with values and gradients given.
private final class Pair {
    let parameters: [Parameter]

    init(_ weight: Float, _ bias: Float) {
        parameters = Dense(name: "d", inputFeatures: 1, outputFeatures: 1).parameters
        parameters[0].value[0] = weight
        parameters[1].value[0] = bias
    }

    func step(_ optimizer: Optimizer, _ gradients: [Float], rate: Float, clip: Float? = nil) {
        for (parameter, gradient) in zip(parameters, gradients) { parameter.gradient[0] = gradient }
        optimizer.update(rate: rate, clip: clip, Execution())
    }

    func values(near expected: [Float]) -> Bool {
        zip(parameters, expected).allSatisfy { abs($0.value[0] - $1) < 1e-6 }
    }
}

@Suite("Optimisers take the steps worked out by hand")
struct OptimizerTests {
    @Test("SGD with momentum")
    func sgd() {
        let pair = Pair(1, 2)
        let optimizer = Optimizer(.sgd(momentum: 0.9), parameters: pair.parameters)
        pair.step(optimizer, [0.5, -1], rate: 0.1)
        #expect(pair.values(near: [0.95, 2.1]))
        // Velocities 0.9 · 0.5 + 0.25 = 0.7 and 0.9 · -1 + 0 = -0.9.
        pair.step(optimizer, [0.25, 0], rate: 0.1)
        #expect(pair.values(near: [0.88, 2.19]))
    }

    @Test("Adam: the first step has the size of the rate, the second is m̂ / √v̂")
    func adam() {
        let pair = Pair(1, 2)
        let optimizer = Optimizer(.adam, parameters: pair.parameters)
        pair.step(optimizer, [0.5, -3], rate: 0.1)
        #expect(pair.values(near: [0.9, 2.1]))
        // m = 0.02, v = 0.00031225; m̂ = 0.02 / 0.19, v̂ = 0.00031225 / 0.001999: a step of 0.0266337.
        pair.step(optimizer, [-0.25, 0], rate: 0.1)
        #expect(abs(pair.parameters[0].value[0] - 0.8733663) < 1e-6)
    }

    @Test("AdamW takes its decay off the weight apart from the step, and off no bias")
    func adamW() {
        let pair = Pair(1, 2)
        let optimizer = Optimizer(.adamW(decay: 0.1), parameters: pair.parameters)
        pair.step(optimizer, [0.5, -3], rate: 0.1)
        #expect(pair.values(near: [0.89, 2.1]))
        pair.step(optimizer, [-0.25, 0], rate: 0.1)
        #expect(abs(pair.parameters[0].value[0] - (0.89 * 0.99 - 0.0266337)) < 1e-6)
    }

    @Test("gradients longer than the clip are scaled down to it together, shorter ones left")
    func clipping() {
        let pair = Pair(0, 0)
        let optimizer = Optimizer(.sgd(momentum: 0), parameters: pair.parameters)
        pair.step(optimizer, [3, 4], rate: 1, clip: 1)
        #expect(optimizer.gradientNorm() == 5)
        #expect(pair.values(near: [-0.6, -0.8]))
        pair.step(optimizer, [0.3, 0.4], rate: 1, clip: 1)
        #expect(pair.values(near: [-0.9, -1.2]))
    }

    @Test("a gradient that is no number changes nothing", arguments: [Float.nan, .infinity])
    func notFinite(gradient: Float) {
        for method in [OptimizerMethod.sgd(momentum: 0.9), .adam, .adamW(decay: 0.1)] {
            let pair = Pair(1, 2)
            let optimizer = Optimizer(method, parameters: pair.parameters)
            pair.step(optimizer, [0.5, gradient], rate: 0.1)
            #expect(pair.values(near: [1, 2]) && optimizer.step == 0)
            #expect(optimizer.firstMoments.allSatisfy { $0[0] == 0 })
        }
    }

    @Test("the moving average forgets its start soon, and is exchanged for the weights and back")
    func average() {
        let pair = Pair(1, 0)
        let average = WeightAverage(of: pair.parameters, decay: 0.998)
        let pool = ThreadPool(threads: 2)
        pair.parameters[0].value[0] = 12
        average.update(pool)
        // The first step keeps 1 / 11 of the start.
        #expect(abs(average.values[0][0] - 11) < 1e-5)
        average.swap()
        #expect(pair.values(near: [11, 0]) && average.values[0][0] == 12)
        average.swap()
        #expect(pair.values(near: [12, 0]))
        for _ in 0..<20_000 { average.update(pool) }
        #expect(abs(average.values[0][0] - 12) < 1e-4)
        // Late steps keep the decay's share.
        pair.parameters[0].value[0] = 13
        average.update(pool)
        #expect(abs(average.values[0][0] - 12.002) < 1e-4)
    }
}

@Suite("Learning-rate schedules")
struct ScheduleTests {
    private func factors(_ schedule: LearningRateSchedule, total: Int, perEpoch: Int) -> [Float] {
        (0..<total).map { schedule.factor(step: $0, total: total, stepsPerEpoch: perEpoch) }
    }

    private func near(_ a: [Float], _ b: [Float]) -> Bool {
        a.count == b.count && zip(a, b).allSatisfy { abs($0 - $1) < 1e-6 }
    }

    @Test("constant, step, cosine and one cycle give the values of their definitions")
    func values() {
        #expect(factors(.constant, total: 3, perEpoch: 1) == [1, 1, 1])
        #expect(
            near(
                factors(.step(epochs: 2, factor: 0.5), total: 10, perEpoch: 2),
                [1, 1, 1, 1, 0.5, 0.5, 0.5, 0.5, 0.25, 0.25]))
        #expect(near(factors(.cosine, total: 5, perEpoch: 1), [1, 0.8535534, 0.5, 0.1464466, 0]))
        // PyTorch's OneCycleLR of ten steps peaks at the third.
        let cycle = factors(.oneCycle, total: 10, perEpoch: 1)
        #expect(near(Array(cycle[0...2]), [0.04, 0.52, 1]))
        #expect(abs(cycle[9] - 0.000004) < 1e-7)
        #expect(zip(cycle[2...], cycle[3...]).allSatisfy { $0 > $1 })
    }

    @Test("a run of one step divides by nothing")
    func oneStep() {
        for schedule in [LearningRateSchedule.constant, .step(epochs: 0, factor: 0.1), .cosine, .oneCycle] {
            #expect(schedule.factor(step: 0, total: 1, stepsPerEpoch: 0).isFinite)
        }
    }
}

@Suite("Starting weights")
struct InitializationTests {
    private func weights(seed: UInt64) -> [Parameter] {
        let layers: [any Layer] = [
            Convolution2D(name: "c", inputChannels: 32, outputChannels: 64, bias: true),
            BatchNormalization2D(name: "b", channels: 64, relu: true),
            LSTM(name: "l", inputFeatures: 64, hidden: 64),
            Dense(name: "d", inputFeatures: 256, outputFeatures: 128),
        ]
        let parameters = layers.flatMap { $0.parameters }
        Initialization.initialize(parameters, seed: seed)
        return parameters
    }

    @Test("are the same for a seed, others for another")
    func seeds() {
        func values(_ seed: UInt64) -> [[Float]] { weights(seed: seed).map(\.value.elements) }
        #expect(values(1) == values(1))
        #expect(values(1) != values(2))
    }

    @Test("have He's variance, PyTorch's bounds in the LSTM, a forget bias of 1, and biases of 0")
    func distributions() throws {
        var found: [String: [Float]] = [:]
        for parameter in weights(seed: 3) { found[parameter.name] = parameter.value.elements }
        for (name, fanIn) in [("c.weight", 9 * 32), ("d.weight", 256)] {
            let values = try #require(found[name]).map(Double.init)
            let variance = values.reduce(0) { $0 + $1 * $1 } / Double(values.count)
            #expect(abs(variance * Double(fanIn) / 2 - 1) < 0.05)
        }
        let recurrent = try #require(found["l.weight_hh_l0"])
        #expect(recurrent.allSatisfy { abs($0) <= 0.125 } && recurrent.contains { abs($0) > 0.12 })
        let bias = try #require(found["l.bias_ih_l0"])
        #expect(bias[64..<128].allSatisfy { $0 == 1 } && bias[..<64].allSatisfy { $0 == 0 })
        #expect(found["c.bias"]?.allSatisfy { $0 == 0 } == true)
        #expect(found["b.weight"]?.allSatisfy { $0 == 1 } == true)
    }
}
