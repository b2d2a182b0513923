import CKernels
import Foundation
import NeuralNetwork
import Testing

/// Each kernel beside its definition, written out plainly, on every instruction set of this processor.
@Suite("Each fast kernel gives what its plain version gives")
struct KernelTests {
    static let sets = KernelSet.supported

    private func kernels(_ set: KernelSet) throws -> network_kernels { try #require(set.table) }

    private func numbers(_ count: Int, seed: UInt64) -> [Float] {
        var random = Xoshiro256StarStar(seed: seed)
        return (0..<count).map { _ in random.normal() }
    }

    private func expectNear(
        _ found: [Float], _ expected: [Float], _ tolerance: Float = 1e-4,
        sourceLocation: SourceLocation = #_sourceLocation
    ) {
        let worst = zip(found, expected).map { abs($0 - $1) / max(1, abs($1)) }.max() ?? .infinity
        #expect(found.count == expected.count && worst <= tolerance, sourceLocation: sourceLocation)
    }

    @Test("matrix products of all shapes, plain and transposed, set and added to", arguments: sets)
    func products(set: KernelSet) throws {
        let kernels = try kernels(set)
        for (m, n, k) in [
            (1, 64, 9), (1, 130, 17), (25, 72, 11), (6, 16, 5), (7, 24, 3), (13, 40, 31), (5, 9, 4),
            (4, 3, 1),
        ] {
            let (a, b) = (numbers(m * k, seed: 1), numbers(k * n, seed: 2))
            for (row, column) in [(k, 1), (1, m)] {
                for accumulate in [false, true] {
                    var c = numbers(m * n, seed: 3)
                    var expected = c
                    for i in 0..<m {
                        for j in 0..<n {
                            let start = accumulate ? Double(c[i * n + j]) : 0
                            expected[i * n + j] = Float(
                                (0..<k).reduce(start) {
                                    $0 + Double(a[i * row + $1 * column]) * Double(b[$1 * n + j])
                                })
                        }
                    }
                    kernels.matrix_product(m, n, k, a, row, column, b, n, &c, n, accumulate)
                    expectNear(c, expected)
                }
            }
        }
    }

    @Test(
        "products are the same to the bit, however wide the registers are",
        .enabled(if: KernelSet.avx512.table != nil))
    func widths() throws {
        let sets = [try #require(KernelSet.avx2.table), try #require(KernelSet.avx512.table)]
        for (m, n, k) in [(37, 112, 56), (4, 208, 112), (1, 512, 128), (12, 40, 9)] {
            let (a, b) = (numbers(m * k, seed: 1), numbers(k * n, seed: 2))
            let products = sets.map { kernels in
                var c = [Float](repeating: .nan, count: m * n)
                kernels.matrix_product(m, n, k, a, k, 1, b, n, &c, n, false)
                return c
            }
            #expect(products[0] == products[1])
        }
    }

    @Test("products that gather the left side", arguments: sets)
    func gathered(set: KernelSet) throws {
        let kernels = try kernels(set)
        let offsets = [0, 1, 2, 10, 11, 12, 25]
        for (m, n) in [(5, 24), (6, 8), (14, 17), (1, 16)] {
            let a = numbers(200, seed: 1)
            let b = numbers(offsets.count * n, seed: 2)
            var c = numbers(m * n, seed: 3)
            var expected = c
            for i in 0..<m {
                for j in 0..<n {
                    for (l, offset) in offsets.enumerated() {
                        expected[i * n + j] += a[i * 3 + offset] * b[l * n + j]
                    }
                }
            }
            kernels.gathered_product(m, n, offsets.count, a, 3, offsets, b, n, &c, n, true)
            expectNear(c, expected)

            let right = numbers(m * n, seed: 4)
            var adjoint = [Float](repeating: .nan, count: offsets.count * n)
            kernels.gathered_product_adjoint(
                offsets.count, n, m, a, offsets, 3, right, n, &adjoint, n, false)
            expectNear(
                adjoint,
                offsets.flatMap { offset in
                    (0..<n).map { j in
                        (0..<m).reduce(Float(0)) { $0 + a[$1 * 3 + offset] * right[$1 * n + j] }
                    }
                })
        }
    }

    @Test("sums over rows, scale and shift", arguments: sets, [8, 24, 13])
    func rows(set: KernelSet, channels: Int) throws {
        let kernels = try kernels(set)
        for rows in [1, 3, 64, 150] {
            let count = rows * channels
            let (x, dy) = (numbers(count, seed: 1), numbers(count, seed: 2))
            let factors = (0..<3).map { numbers(channels, seed: UInt64(10 + $0)) }
            var (sum, square) = (
                [Double](repeating: 0, count: channels), [Double](repeating: 0, count: channels)
            )
            kernels.channel_sums(x, rows, channels, &sum, &square)
            func total(_ value: (Int) -> Float) -> [Float] {
                (0..<channels).map { c in (0..<rows).reduce(Float(0)) { $0 + value($1 * channels + c) } }
            }
            expectNear(sum.map(Float.init), total { x[$0] })
            expectNear(square.map(Float.init), total { x[$0] * x[$0] })
            (sum, square) = (
                [Double](repeating: 0, count: channels), [Double](repeating: 0, count: channels)
            )
            kernels.normalization_sums(dy, x, rows, channels, &sum, &square)
            expectNear(sum.map(Float.init), total { dy[$0] })
            expectNear(square.map(Float.init), total { dy[$0] * x[$0] })
            var dx = [Float](repeating: .nan, count: count)
            kernels.normalization_gradient(dy, x, rows, channels, factors[0], factors[1], factors[2], &dx)
            expectNear(
                dx,
                (0..<count).map {
                    dy[$0] * factors[0][$0 % channels] + x[$0] * factors[1][$0 % channels]
                        + factors[2][$0 % channels]
                })
            for masked in [false, true] {
                var z = [Float](repeating: .nan, count: count)
                kernels.scale_shift(x, rows, channels, factors[0], factors[1], masked, &z)
                expectNear(
                    z,
                    (0..<count).map {
                        let value = x[$0] * factors[0][$0 % channels] + factors[1][$0 % channels]
                        return masked ? max(0, value) : value
                    })
            }
        }
    }

    @Test("sum with ReLU, and ReLU's gradient", arguments: sets)
    func relu(set: KernelSet) throws {
        let kernels = try kernels(set)
        for count in [1, 8, 29] {
            let (a, b) = (numbers(count, seed: 1), numbers(count, seed: 2))
            var found = [Float](repeating: .nan, count: count)
            kernels.add_relu(a, b, count, &found)
            #expect(found == zip(a, b).map { max(0, $0 + $1) })
            kernels.relu_gradient(a, b, count, &found)
            #expect(found == zip(a, b).map { $1 > 0 ? $0 : 0 })
        }
    }

    @Test("maxima of windows, and to which value their gradient goes", arguments: sets, [8, 24, 11])
    func maxima(set: KernelSet, channels: Int) throws {
        let kernels = try kernels(set)
        let (height, width) = (4, 6)
        // Few values, so that maxima are often equal.
        let x = numbers(height * width * channels, seed: 1).map { ($0 * 2).rounded() / 2 }
        let dy = numbers(height * width * channels / 4, seed: 2)
        var y = [Float](repeating: .nan, count: dy.count)
        var dx = [Float](repeating: .nan, count: x.count)
        var (expectedY, expectedX) = (y, [Float](repeating: 0, count: x.count))
        for row in 0..<height / 2 {
            for column in 0..<width / 2 {
                for c in 0..<channels {
                    let places = [(0, 0), (0, 1), (1, 0), (1, 1)].map {
                        ((2 * row + $0.0) * width + 2 * column + $0.1) * channels + c
                    }
                    let best = places.map { x[$0] }.max() ?? 0
                    let small = (row * width / 2 + column) * channels + c
                    expectedY[small] = best
                    if let first = places.first(where: { x[$0] == best }) { expectedX[first] = dy[small] }
                }
            }
        }
        kernels.max_pool(x, height, width, channels, &y)
        #expect(y == expectedY)
        kernels.max_pool_gradient(x, y, dy, height, width, channels, &dx)
        #expect(dx == expectedX)
    }

    @Test("a step of the LSTM and its gradient", arguments: sets)
    func lstm(set: KernelSet) throws {
        let kernels = try kernels(set)
        let (rows, hidden) = (3, 16)
        let gates = numbers(rows * 4 * hidden, seed: 1).map { $0 * 3 }
        let before = numbers(rows * hidden, seed: 2)
        func logistic(_ x: Double) -> Double { 1 / (1 + exp(-x)) }
        for hasBefore in [true, false] {
            var (found, c, h) = (
                gates, [Float](repeating: .nan, count: rows * hidden),
                [Float](repeating: .nan, count: rows * hidden)
            )
            kernels.lstm_step(
                rows, hidden, &found, 4 * hidden, hasBefore ? before : nil, hidden, &c, hidden, &h, hidden)
            var expected = (gates: gates, c: c, h: h)
            let (dh, dc) = (numbers(rows * hidden, seed: 3), numbers(rows * hidden, seed: 4))
            var gradient = (gates: gates, dc: dc)
            for row in 0..<rows {
                for cell in 0..<hidden {
                    let place = row * hidden + cell
                    func gate(_ number: Int) -> Int { row * 4 * hidden + number * hidden + cell }
                    let (i, f) = (logistic(Double(gates[gate(0)])), logistic(Double(gates[gate(1)])))
                    let (g, o) = (tanh(Double(gates[gate(2)])), logistic(Double(gates[gate(3)])))
                    let old = hasBefore ? Double(before[place]) : 0
                    let new = f * old + i * g
                    for (number, value) in [i, f, g, o].enumerated() {
                        expected.gates[gate(number)] = Float(value)
                    }
                    expected.c[place] = Float(new)
                    expected.h[place] = Float(o * tanh(new))
                    let through = Double(dc[place]) + Double(dh[place]) * o * (1 - tanh(new) * tanh(new))
                    gradient.gates[gate(0)] = Float(through * g * i * (1 - i))
                    gradient.gates[gate(1)] = Float(through * old * f * (1 - f))
                    gradient.gates[gate(2)] = Float(through * i * (1 - g * g))
                    gradient.gates[gate(3)] = Float(Double(dh[place]) * tanh(new) * o * (1 - o))
                    gradient.dc[place] = Float(through * f)
                }
            }
            expectNear(found, expected.gates, 1e-5)
            expectNear(c, expected.c, 1e-5)
            expectNear(h, expected.h, 1e-5)
            var after = dc
            kernels.lstm_step_gradient(
                rows, hidden, &found, 4 * hidden, hasBefore ? before : nil, hidden, c, hidden, dh, hidden,
                &after)
            expectNear(found, gradient.gates, 1e-5)
            expectNear(after, gradient.dc, 1e-5)
        }
    }

    @Test("gates that are saturated stay numbers", arguments: sets)
    func saturated(set: KernelSet) throws {
        let kernels = try kernels(set)
        var gates = [Float](repeating: 0, count: 32)
        for index in gates.indices { gates[index] = index % 2 == 0 ? 1e6 : -1e6 }
        var (c, h) = ([Float](repeating: 0, count: 8), [Float](repeating: 0, count: 8))
        kernels.lstm_step(1, 8, &gates, 32, nil, 8, &c, 8, &h, 8)
        #expect(c[0] == 1 && abs(c[1]) < 1e-30)
        #expect(abs(h[0] - Float(tanh(1.0))) < 1e-6)
    }
}
