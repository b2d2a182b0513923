import Foundation

/// The generator xoshiro256** (Blackman and Vigna, 2018), seeded through SplitMix64: the same numbers from the same
/// seed on every machine.
package struct Xoshiro256StarStar: RandomNumberGenerator, Sendable, Equatable {
    /// The generator's state, for a checkpoint.
    package var state: SIMD4<UInt64>

    /// Starts the sequence of one seed.
    package init(seed: UInt64) {
        var mix = SplitMix64(state: seed)
        state = SIMD4(mix.next(), mix.next(), mix.next(), mix.next())
    }

    /// Starts a sequence of its own for each combination of words, such as seed, epoch and image.
    package init(seed: UInt64, _ words: Int...) {
        var mix = SplitMix64(state: seed)
        for word in words { mix = SplitMix64(state: mix.next() ^ UInt64(bitPattern: Int64(word))) }
        state = SIMD4(mix.next(), mix.next(), mix.next(), mix.next())
    }

    /// The next 64 bits.
    package mutating func next() -> UInt64 {
        func rotated(_ x: UInt64, _ k: UInt64) -> UInt64 { (x << k) | (x >> (64 - k)) }
        let result = rotated(state[1] &* 5, 7) &* 9
        let t = state[1] << 17
        state[2] ^= state[0]
        state[3] ^= state[1]
        state[1] ^= state[2]
        state[0] ^= state[3]
        state[2] ^= t
        state[3] = rotated(state[3], 45)
        return result
    }

    /// Uniform in [0, 1), 24 bits.
    package mutating func uniform() -> Float { Float(next() >> 40) * 0x1p-24 }

    /// Uniform in a closed range.
    package mutating func uniform(in range: ClosedRange<Float>) -> Float {
        range.lowerBound + (range.upperBound - range.lowerBound) * uniform()
    }

    /// Normal with mean 0 and deviation 1 (Box and Muller, 1958).
    package mutating func normal() -> Float {
        let radius = (-2 * log(Double(next() >> 11 | 1) * 0x1p-53)).squareRoot()
        return Float(radius * cos(2 * Double.pi * Double(next() >> 11) * 0x1p-53))
    }
}

/// The generator SplitMix64 (Steele, Lea and Flood, 2014), used to seed others.
package struct SplitMix64: RandomNumberGenerator, Sendable {
    /// The generator's state.
    package var state: UInt64

    /// Starts at a state.
    package init(state: UInt64) { self.state = state }

    /// The next 64 bits.
    package mutating func next() -> UInt64 {
        state &+= 0x9e37_79b9_7f4a_7c15
        var z = state
        z = (z ^ (z >> 30)) &* 0xbf58_476d_1ce4_e5b9
        z = (z ^ (z >> 27)) &* 0x94d0_49bb_1331_11eb
        return z ^ (z >> 31)
    }
}
