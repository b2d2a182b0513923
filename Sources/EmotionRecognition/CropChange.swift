import Imaging

extension GrayImage {
    /// How much another picture of the same size shows than this one: the mean difference of their grey levels, but for
    /// light that rose or fell everywhere, by this one's mean deviation from its own mean. 0 where they are equal; two
    /// faces of one person some frames apart give 0.1 to 0.2, two persons 0.7 and more. Infinite where sizes differ.
    package func change(to other: GrayImage) -> Double {
        guard other.width == width, other.height == height, !pixels.isEmpty else { return .infinity }
        let (mine, theirs) = (pixels.span, other.pixels.span)
        var (sum, otherSum): (Int32, Int32) = (0, 0)
        for index in mine.indices {
            sum += Int32(mine[index])
            otherSum += Int32(theirs[index])
        }
        let count = Int32(clamping: mine.count)
        let (mean, shift) = (sum / count, (otherSum - sum) / count)
        var (difference, deviation): (Int32, Int32) = (0, 0)
        for index in mine.indices {
            difference += abs(Int32(theirs[index]) - Int32(mine[index]) - shift)
            deviation += abs(Int32(mine[index]) - mean)
        }
        return Double(difference) / Double(max(deviation, Self.leastDeviation * count))
    }

    /// Grey levels: in a picture flatter than this, noise would count as change.
    private static let leastDeviation: Int32 = 8
}
