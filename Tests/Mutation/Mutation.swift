import Foundation

/// Damaged copies of good files, the same for the same number in every run: what the fuzz tests feed to readers.
///
/// `make fuzz` runs them with the address sanitizer on `RAUT_FUZZ` inputs a reader; otherwise they run on few.
public struct Mutation {
    /// How many inputs a reader gets: from the environment variable `RAUT_FUZZ`, else 2,000.
    public static let count = Int(ProcessInfo.processInfo.environment["RAUT_FUZZ"] ?? "") ?? 2_000

    /// Says on standard error how far a long run is, so that a crash is found again by its number.
    public static func note(_ number: Int, _ what: String) {
        guard count > 10_000, number % 5_000 == 0 else { return }
        FileHandle.standardError.write(Data("\(what): \(number) of \(count)\n".utf8))
    }

    private var state: UInt64

    /// The damage with a number.
    public init(number: Int) {
        // SplitMix64's increment keeps neighbouring numbers far apart (Steele et al., 2014).
        state = UInt64(truncatingIfNeeded: number) &* 0x9E37_79B9_7F4A_7C15 &+ 0x632B_E59B_D9B4_E019
    }

    /// A number from 0 to below `limit`; 0 where the limit is 0.
    public mutating func below(_ limit: Int) -> Int {
        state = state &+ 0x9E37_79B9_7F4A_7C15
        var mixed = state
        mixed = (mixed ^ mixed >> 30) &* 0xBF58_476D_1CE4_E5B9
        mixed = (mixed ^ mixed >> 27) &* 0x94D0_49BB_1331_11EB
        mixed ^= mixed >> 31
        return limit > 0 ? Int(mixed % UInt64(limit)) : 0
    }

    /// One of the good files with one to eight places damaged: bytes changed, cut out, repeated, put in, taken from
    /// another file, or the rest cut off.
    public mutating func damage(_ seeds: [[UInt8]]) -> [UInt8] {
        guard !seeds.isEmpty else { return [] }
        var bytes = seeds[below(seeds.count)]
        for _ in 0...below(8) {
            let at = below(bytes.count)
            let length = min(1 + below(below(4) == 0 ? 64 : 4), bytes.count - at)
            switch below(10) {
            case 0...2: if at < bytes.count { bytes[at] ^= 1 << UInt8(below(8)) }
            case 3...4:
                for place in at..<(at + length) { bytes[place] = UInt8(below(256)) }
            case 5:
                let value: UInt8 = [0, 1, 0x7f, 0x80, 0xfe, 0xff][below(6)]
                for place in at..<(at + length) { bytes[place] = value }
            case 6: bytes.removeSubrange(at..<(at + length))
            case 7: bytes.insert(contentsOf: Array(bytes[at..<(at + length)]), at: below(bytes.count))
            case 8:
                let other = seeds[below(seeds.count)]
                let from = below(other.count)
                let part = other[from..<min(other.count, from + 1 + below(200))]
                bytes.replaceSubrange(at..<min(bytes.count, at + part.count), with: part)
            default: if below(4) == 0 { bytes.removeLast(bytes.count - at) }
            }
        }
        return bytes
    }
}
