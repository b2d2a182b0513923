/// How far what a layer reads reaches from zero, seen on many images: what its codes of eight bits are spread over.
package struct InputRanges: Sendable, Equatable {
    /// The largest magnitude of each channel or feature, `[in]`.
    package internal(set) var channels: [Float]
    /// The least value of each channel or feature, 0 or below, `[in]`.
    package internal(set) var least: [Float]
    /// The largest magnitude of each position of Winograd's transform F(2×2, 3×3), `[16, in]`; empty for layers that are not 3×3
    /// convolutions.
    package internal(set) var transform: [Float]

    /// Takes all as they are.
    package init(channels: [Float], least: [Float], transform: [Float]) {
        self.channels = channels
        self.least = least
        self.transform = transform
    }

    /// A channel that reaches less far than this share of the farthest one counts as reaching so far: it may be still on
    /// the images that were seen.
    static let leastShare: Float = 1e-3

    /// Lets every channel reach a little, so that none is divided by nothing.
    mutating func finish() {
        let least = max(channels.max() ?? 0, 1e-6) * Self.leastShare
        for index in channels.indices { channels[index] = max(channels[index], least) }
        for index in transform.indices { transform[index] = max(transform[index], least) }
    }

    /// Why they can't be a layer's, in words that follow its name; nil where they can.
    package var fault: String? {
        let all = channels + transform
        if let wrong = all.first(where: { !($0 > 0) || !$0.isFinite }) {
            return "holds the range \(wrong): expected numbers above 0"
        }
        let most = all.max() ?? 0
        if most > 1e6 { return "holds the range \(most): no value of a network here reaches so far" }
        let smallest = (channels.max() ?? 0) * Self.leastShare * 0.5
        if let wrong = all.first(where: { $0 < smallest }) {
            return "holds the range \(wrong) beside \(most): they were not measured together"
        }
        for (value, reach) in zip(least, channels) where !(value <= 0 && value >= -reach) {
            return "holds the least value \(value): expected one from \(-reach) to 0"
        }
        for index in transform.indices where transform[index] > 4.001 * channels[index % channels.count] {
            return "holds the range \(transform[index]) where its inputs, which reach "
                + "\(channels[index % channels.count]), can give four times that at most"
        }
        return nil
    }
}

/// The ranges of each layer that can work in integers, by the layer's name.
package struct Quantization: Sendable, Equatable {
    /// By the layer's name.
    package internal(set) var ranges: [String: InputRanges]

    /// Takes them as they are.
    package init(ranges: [String: InputRanges]) { self.ranges = ranges }
}

/// A draft whose step can be done in integers.
protocol QuantizableDraft: StepDraft {
    /// The layer's name, which its ranges are kept under.
    var layer: String { get }
    /// The value whose range matters.
    var input: ProgramValue { get }
    /// Whether it can: whether the kernels fit its extents.
    var isQuantizable: Bool { get }
    /// Whether it goes through Winograd's transform, so that it has ranges of that, too.
    var hasTransform: Bool { get }
    /// The step in integers.
    func quantized(_ ranges: InputRanges, _ kernels: IntegerKernels) -> any ProgramStep
}

extension QuantizableDraft {
    /// Widens ranges to what the input holds now.
    func widen(_ ranges: inout InputRanges, _ input: Span<Float>) {
        let channels = self.input.features
        for index in input.indices {
            let channel = index % channels
            ranges.channels[channel] = max(ranges.channels[channel], abs(input[index]))
            ranges.least[channel] = min(ranges.least[channel], input[index])
        }
        guard hasTransform else { return }
        let (height, width) = (self.input.shape[0], self.input.shape[1])
        for top in stride(from: -1, to: height - 1, by: 2) {
            for left in stride(from: -1, to: width - 1, by: 2) {
                for channel in 0..<channels {
                    func cell(_ row: Int, _ column: Int) -> Float {
                        let (y, x) = (top + row, left + column)
                        guard y >= 0, y < height, x >= 0, x < width else { return 0 }
                        return input[(y * width + x) * channels + channel]
                    }
                    // B^T d B of F(2×2, 3×3).
                    func line(_ a: Float, _ b: Float, _ c: Float, _ d: Float) -> SIMD4<Float> {
                        SIMD4(a - c, b + c, c - b, b - d)
                    }
                    var columns: [SIMD4<Float>] = []
                    columns.reserveCapacity(4)
                    for column in 0..<4 {
                        columns.append(
                            line(cell(0, column), cell(1, column), cell(2, column), cell(3, column)))
                    }
                    for row in 0..<4 {
                        let values = line(columns[0][row], columns[1][row], columns[2][row], columns[3][row])
                        for column in 0..<4 {
                            let place = (row * 4 + column) * channels + channel
                            ranges.transform[place] = max(ranges.transform[place], abs(values[column]))
                        }
                    }
                }
            }
        }
    }
}

/// How codes are spread over ranges, so that neither they nor the weights lose much.
enum CodeSpread {
    /// What the values of each channel are multiplied by to become codes of so many levels, for a product with weights of
    /// these magnitudes: a channel that reaches far takes more of the codes than of the weights by the root of its reach
    /// (SmoothQuant, Xiao et al., 2023, with its exponent of a half).
    static func scales(ranges: [Float], weights: [Double], levels: Double) -> [Double] {
        let equal = zip(ranges, weights).map { (Double($0) / max($1, 1e-9)).squareRoot() }
        // The farthest channel of all, once they are equalised, takes all the codes.
        let most = zip(ranges, equal).map { Double($0) / $1 }.max() ?? 1
        return equal.map { levels / (most * $0) }
    }

    /// The codes of inputs, and a matrix `[taps · in, columns]` of weights that fits them.
    static func product(
        _ ranges: InputRanges, taps: Int = 1, columns: Int, _ kernels: IntegerKernels,
        weight: (_ row: Int, _ column: Int) -> Double
    ) -> (IntegerMatrix, Coding) {
        let inputs = ranges.channels.count
        let isPositive = ranges.least.allSatisfy { $0 == 0 }
        let magnitudes = (0..<inputs).map { input in
            (0..<taps).reduce(0.0) { most, tap in
                (0..<columns).reduce(most) { max($0, abs(weight(tap * inputs + input, $1))) }
            }
        }
        let scale = scales(
            ranges: ranges.channels, weights: magnitudes, levels: isPositive ? 255 : 127
        ).map { Float($0) }
        let matrix = IntegerMatrix(rows: taps * inputs, columns: columns, kernels) {
            weight($0, $1) / Double(scale[$0 % inputs])
        }
        return (matrix, Coding(scale: scale, zero: isPositive ? 0 : 128))
    }
}
