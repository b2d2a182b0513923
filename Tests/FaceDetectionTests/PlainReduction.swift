import Imaging

/// Makes pictures smaller exactly as OpenCV's `resize` with `INTER_LINEAR_EXACT` does: coefficients rounded to
/// 8 bits, rows blended in 8.8 fixed point, then columns in 16.16, rounded half up.
struct PlainReduction {
    /// For every output place along one side: its first source place, and the second one's share of 256.
    private struct Tap {
        var first: Int
        var second: Int
        var share: UInt32
    }

    private var columns: [Tap] = []
    private var rows: [Tap] = []

    /// Fills `output`, whose size says how small.
    mutating func reduce(_ image: GrayImage, into output: inout GrayImage) {
        Self.place(&columns, source: image.width, target: output.width)
        Self.place(&rows, source: image.height, target: output.height)
        for (y, row) in rows.enumerated() {
            let top = row.first * image.width
            let bottom = row.second * image.width
            for (x, column) in columns.enumerated() {
                let across = { (start: Int) -> UInt32 in
                    UInt32(image.pixels[start + column.first]) * (256 - column.share)
                        + UInt32(image.pixels[start + column.second]) * column.share
                }
                let sum = across(top) * (256 - row.share) + across(bottom) * row.share
                output.pixels[y * output.width + x] = UInt8(min(255, (sum + (1 << 15)) >> 16))
            }
        }
    }

    private static func place(_ taps: inout [Tap], source: Int, target: Int) {
        taps.removeAll(keepingCapacity: true)
        let scale = 1 / (Double(target) / Double(source))
        for index in 0..<target {
            let place = scale * (Double(index) + 0.5) - 0.5
            let first = Int(place.rounded(.down))
            if first < 0 || source < 2 {
                taps.append(Tap(first: 0, second: 0, share: 0))
            } else if first >= source - 1 {
                taps.append(Tap(first: source - 1, second: source - 1, share: 0))
            } else {
                let share = ((place - Double(first)) * 256).rounded(.toNearestOrEven)
                taps.append(Tap(first: first, second: first + 1, share: UInt32(share)))
            }
        }
    }
}
