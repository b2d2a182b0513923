/// How the pixels of one axis of a picture are weighed into those of another size: by the area that they share
/// where the picture shrinks, linearly between their centres where it grows. Beyond the border the edge goes on.
///
/// Its storage is kept from one setting to the next.
struct ResampleAxis {
    /// One pixel of the target: the weights `weights[offset..<offset + count]` belong to the source's pixels from
    /// `first` on.
    struct Tap {
        var first: Int
        var count: Int
        var offset: Int
    }

    private struct Setting: Equatable {
        var start: Double
        var length: Double
        var sourceSize: Int
        var targetSize: Int
    }

    private(set) var taps: [Tap] = []
    private(set) var weights: [Float] = []
    /// The source's pixels that any weight belongs to.
    private(set) var used = 0..<0
    private var setting: Setting?

    /// Sets up for a stretch of the source that becomes the whole target; `start` and `length` are in pixels of
    /// the source and may reach beyond it.
    mutating func set(start: Double, length: Double, sourceSize: Int, targetSize: Int) {
        // The stretch is kept to where all arithmetic below is exact enough and its integers can't overflow.
        let limit = 1e9
        let start = start.isFinite ? min(limit, max(-limit, start)) : 0
        let length = length.isFinite ? min(limit, max(1e-6, length)) : 1
        let wanted = Setting(start: start, length: length, sourceSize: sourceSize, targetSize: targetSize)
        guard wanted != setting else { return }
        setting = wanted
        taps.removeAll(keepingCapacity: true)
        weights.removeAll(keepingCapacity: true)
        guard sourceSize > 0, targetSize > 0 else {
            used = 0..<0
            return
        }
        // Counted from a whole pixel, so that a box gives the same weights wherever in the picture it lies.
        let base = start.rounded(.down)
        let rest = start - base
        let scale = length / Double(targetSize)
        for index in 0..<targetSize {
            if scale > 1 {
                addArea(
                    from: rest + Double(index) * scale, to: rest + Double(index + 1) * scale, base: base,
                    sourceSize)
            } else {
                let end = base + (rest + length).rounded(.up) - 1
                addBetweenCenters(
                    rest + (Double(index) + 0.5) * scale - 0.5, base: base, through: end, sourceSize)
            }
        }
        used = (taps.first?.first ?? 0)..<(taps.last.map { $0.first + $0.count } ?? 0)
    }

    private mutating func addArea(from low: Double, to high: Double, base: Double, _ size: Int) {
        let last = Double(size - 1)
        let first = Int(min(last, max(0, base + low.rounded(.down))))
        let final = Int(min(last, max(Double(first), base + high.rounded(.up) - 1)))
        let total = high - low
        taps.append(Tap(first: first, count: final - first + 1, offset: weights.count))
        for pixel in first...final {
            // The edge pixels stand for all that lies beyond them.
            let left = pixel == 0 ? low : max(low, Double(pixel) - base)
            let right = pixel == size - 1 ? high : min(high, Double(pixel + 1) - base)
            weights.append(Float(max(0, right - left) / total))
        }
    }

    /// Weighs the two pixels around a position, neither of them outside the stretch, which ends with the pixel `end`:
    /// a stretch gives the same as a picture of just those pixels.
    private mutating func addBetweenCenters(
        _ position: Double, base: Double, through end: Double, _ size: Int
    ) {
        let last = Double(size - 1)
        let lowest = min(last, max(0, base))
        let highest = min(last, max(lowest, end))
        let whole = position.rounded(.down)
        let first = min(highest, max(lowest, base + whole))
        let isBetween = base + whole == first && first < highest
        let share = isBetween ? Float(position - whole) : 0
        let count = share > 0 ? 2 : 1
        taps.append(Tap(first: Int(first), count: count, offset: weights.count))
        weights.append(1 - share)
        if count == 2 { weights.append(share) }
    }
}
