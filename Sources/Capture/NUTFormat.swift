/// What is wrong with a NUT stream, in words.
struct NUTError: Error, Equatable {
    let reason: String

    init(_ reason: String) { self.reason = reason }
}

/// The flags of a frame that are read.
enum NUTFlags {
    static let codedTime: UInt64 = 8
    static let stream: UInt64 = 16
    static let size: UInt64 = 32
    static let checksum: UInt64 = 64
    static let reserved: UInt64 = 128
    static let sideData: UInt64 = 256
    static let elision: UInt64 = 1024
    static let matchTime: UInt64 = 2048
    static let coded: UInt64 = 4096
    static let invalid: UInt64 = 8192
}

/// A stream's unit of time: numerator / denominator seconds, both above 0.
struct NUTTimeBase: Equatable {
    let numerator: UInt64
    let denominator: UInt64
}

extension PipeReader {
    /// A number of seven bits a byte, the highest bits first; the top bit of a byte says that another follows.
    func number() throws -> UInt64 {
        var value: UInt64 = 0
        for _ in 0..<10 {
            let byte = try byte()
            value = value << 7 | UInt64(byte & 0x7F)
            if byte & 0x80 == 0 { return value }
        }
        throw NUTError("a number has no end")
    }
}

extension Int64 {
    /// The nearest number that there is; 0 for what is none.
    init(clampingDouble value: Double) {
        if value.isNaN {
            self = 0
        } else {
            self = value >= 9.2e18 ? .max : value <= -9.2e18 ? .min : Int64(value.rounded())
        }
    }
}
