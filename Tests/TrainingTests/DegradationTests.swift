import NeuralNetwork
import Testing
import Training

@Suite("what a webcam does to a face")
struct DegradationTests {
    private let side = 48

    private func spoilt(_ degradation: Degradation, _ seed: UInt64 = 1, pixel: (Int, Int) -> Float) -> [Float]
    {
        var pixels = (0..<side * side).map { pixel($0 % side, $0 / side) }
        var random = Xoshiro256StarStar(seed: seed, 1)
        pixels.withUnsafeMutableBufferPointer { buffer in
            if let base = buffer.baseAddress { degradation.apply(base, side: side, using: &random) }
        }
        return pixels
    }

    @Test("without a chance, nothing changes and no random number is drawn")
    func none() {
        var random = Xoshiro256StarStar(seed: 1, 1)
        var untouched = random
        var pixels: [Float] = [10, 20, 30, 40]
        pixels.withUnsafeMutableBufferPointer { buffer in
            if let base = buffer.baseAddress { Degradation.none.apply(base, side: 2, using: &random) }
        }
        #expect(pixels == [10, 20, 30, 40])
        #expect(random.next() == untouched.next())
    }

    @Test("a blur keeps the mean and spreads a dot over its surroundings")
    func blur() {
        let dot = spoilt(Degradation(chance: 1, blur: 1.4)) { x, y in x == 24 && y == 24 ? 200 : 0 }
        #expect(abs(dot.reduce(0, +) - 200) < 0.1)
        #expect(dot[24 * side + 24] < 190)
        #expect(dot[24 * side + 25] > 1)
        #expect(dot[24 * side + 25] == dot[24 * side + 23])
        #expect(dot[24 * side + 25] == dot[25 * side + 24])
    }

    @Test("noise has about the deviation that was drawn, and stays among grey levels")
    func noise() {
        let flat = spoilt(Degradation(chance: 1, noise: 20)) { _, _ in 128 }
        let mean = flat.reduce(0, +) / Float(flat.count)
        let deviation = (flat.reduce(0) { $0 + ($1 - mean) * ($1 - mean) } / Float(flat.count)).squareRoot()
        #expect(abs(mean - 128) < 2)
        #expect(deviation > 0.1 && deviation < 21)
        let bright = spoilt(Degradation(chance: 1, noise: 200)) { _, _ in 250 }
        #expect(bright.allSatisfy { $0 >= 0 && $0 <= 255 })
    }

    @Test("side light darkens steadily toward one side, and never brightens")
    func light() {
        let flat = spoilt(Degradation(chance: 1, light: 0.7)) { _, _ in 100 }
        #expect(flat.allSatisfy { $0 <= 100 && $0 >= 29 })
        let (first, last) = (flat.prefix(side), flat.suffix(side))
        #expect(first.first != last.last || first.last != last.first)
        let row = flat.prefix(side)
        let steps = zip(row, row.dropFirst()).map { $1 - $0 }
        #expect(steps.allSatisfy { $0 <= 1e-3 } || steps.allSatisfy { $0 >= -1e-3 })
    }

    @Test("compression moves pixels little on the whole, and keeps what is flat")
    func compression() {
        let flat = spoilt(Degradation(chance: 1, compression: 88)) { _, _ in 100 }
        #expect(flat.allSatisfy { abs($0 - 100) <= 8 })
        let stripes: (Int, Int) -> Float = { x, y in x / 3 % 2 == 0 ? 60 : Float(y) * 4 }
        let clean = spoilt(.none, pixel: stripes)
        let packed = spoilt(Degradation(chance: 1, compression: 99), 5, pixel: stripes)
        #expect(packed != clean)
        #expect(packed.allSatisfy { $0 >= 0 && $0 <= 255 && $0 == $0.rounded() })
        let change = zip(packed, clean).reduce(0) { $0 + abs($1.0 - $1.1) } / Float(clean.count)
        #expect(change > 0.2 && change < 30)
    }
}
