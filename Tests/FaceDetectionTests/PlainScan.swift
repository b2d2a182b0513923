import FaceDetection
import Imaging

/// The cascade evaluated one window at a time, in the arithmetic of OpenCV's `CascadeClassifier`: features in
/// single precision, votes summed in double.
struct PlainScan {
    private let cascade: HaarCascade

    init(_ cascade: HaarCascade) { self.cascade = cascade }

    /// What became of a window.
    enum Verdict: Equatable {
        /// Too flat to be looked at.
        case flat
        /// Turned down by this stage.
        case rejected(stage: Int)
        /// Passed every stage.
        case passed
    }

    /// Judges the window whose top-left pixel is (x, y).
    func judge(_ integral: IntegralImage, x: Int, y: Int) -> Verdict {
        let origin = y * integral.stride + x
        let (width, height) = (cascade.windowWidth - 2, cascade.windowHeight - 2)
        let inner = { (table: [UInt32]) in
            rectangleSum(
                table, at: origin + integral.stride + 1, stride: integral.stride, width: width,
                height: height
            )
        }
        guard cascade.patterns.isEmpty else { return judgePatterns(integral, origin: origin) }
        let area = Double(width * height)
        let sum = Double(Int32(bitPattern: inner(integral.sums)))
        let squares = Double(inner(integral.squares))
        let spread = area * squares - sum * sum
        guard spread > 0 else { return .flat }
        let normalisation = Float(1 / spread.squareRoot())
        guard area * Double(normalisation) < 0.1 else { return .flat }
        for (index, stage) in cascade.stages.enumerated() {
            var votes = 0.0
            for tree in cascade.trees[stage.trees] {
                var position = 0
                repeat {
                    let node = cascade.nodes[tree.nodes.lowerBound + position]
                    let value = cascade.features[node.feature].value(in: integral, at: origin) * normalisation
                    position = value < node.threshold ? node.left : node.right
                } while position > 0
                votes += Double(cascade.leaves[tree.leaves.lowerBound - position])
            }
            if votes < Double(stage.threshold) { return .rejected(stage: index) }
        }
        return .passed
    }

    private func judgePatterns(_ integral: IntegralImage, origin: Int) -> Verdict {
        // Clockwise from the top left; the bits of the number from the highest down.
        let around = [(0, 0), (1, 0), (2, 0), (2, 1), (2, 2), (1, 2), (0, 2), (0, 1)]
        for (index, stage) in cascade.stages.enumerated() {
            var votes = 0.0
            for pattern in cascade.patterns[stage.trees] {
                func sum(_ column: Int, _ row: Int) -> Int32 {
                    let top =
                        origin + (pattern.y + row * pattern.height) * integral.stride + pattern.x + column
                        * pattern.width
                    return Int32(
                        bitPattern: rectangleSum(
                            integral.sums, at: top, stride: integral.stride, width: pattern.width,
                            height: pattern.height))
                }
                let number = around.reduce(0) { $0 << 1 | (sum($1.0, $1.1) >= sum(1, 1) ? 1 : 0) }
                let isLeft = pattern.subset[number / 32] >> UInt32(number % 32) & 1 == 1
                votes += Double(isLeft ? pattern.left : pattern.right)
            }
            if votes < Double(stage.threshold) { return .rejected(stage: index) }
        }
        return .passed
    }

    /// The windows of one scale that pass, in reading order. After a window that the first stage turns down, its
    /// right neighbour is left out, as OpenCV does.
    func passing(_ integral: IntegralImage, step: Int) -> [(x: Int, y: Int)] {
        var found: [(x: Int, y: Int)] = []
        let columns = integral.stride - cascade.windowWidth
        let rows = integral.rows - cascade.windowHeight
        for y in stride(from: 0, to: max(0, rows), by: step) {
            var x = 0
            while x < columns {
                let verdict = judge(integral, x: x, y: y)
                if verdict == .passed { found.append((x, y)) }
                x += verdict == .rejected(stage: 0) ? 2 * step : step
            }
        }
        return found
    }
}

/// The sum of an upright rectangle whose top-left pixel's entry is `top`.
private func rectangleSum(_ table: [UInt32], at top: Int, stride: Int, width: Int, height: Int)
    -> UInt32
{
    let bottom = top + height * stride
    return table[top] &- table[top + width] &- table[bottom] &+ table[bottom + width]
}

extension HaarCascade.WeightedRectangle {
    /// The sum of the rectangle's pixels, in a window that begins at `origin`.
    fileprivate func sum(in integral: IntegralImage, at origin: Int, tilted: Bool) -> UInt32 {
        let stride = integral.stride
        let top = origin + y * stride + x
        guard tilted else {
            return rectangleSum(integral.sums, at: top, stride: stride, width: width, height: height)
        }
        let left = top + height * stride - height
        let right = top + width * stride + width
        return integral.tilted[top] &- integral.tilted[left] &- integral.tilted[right]
            &+ integral.tilted[right + height * stride - height]
    }
}

extension HaarCascade.Feature {
    fileprivate func value(in integral: IntegralImage, at origin: Int) -> Float {
        rectangles.reduce(0) {
            let sum = Int32(bitPattern: $1.sum(in: integral, at: origin, tilted: tilted))
            return $0 + $1.weight * Float(sum)
        }
    }
}
