import Imaging

/// The cascade evaluated one window at a time, in the arithmetic of OpenCV's `CascadeClassifier`: features in
/// single precision, votes summed in double.
package struct PlainScan {
    private let cascade: HaarCascade

    package init(_ cascade: HaarCascade) { self.cascade = cascade }

    /// What became of a window.
    package enum Verdict: Equatable {
        /// Too flat to be looked at.
        case flat
        /// Turned down by this stage.
        case rejected(stage: Int)
        /// Passed every stage.
        case passed
    }

    /// Judges the window whose top-left pixel is (x, y).
    package func judge(_ integral: IntegralImage, x: Int, y: Int) -> Verdict {
        let origin = y * integral.stride + x
        let (width, height) = (cascade.windowWidth, cascade.windowHeight)
        let inner = HaarCascade.WeightedRectangle(x: 1, y: 1, width: width - 2, height: height - 2, weight: 1)
        let area = Double(inner.width * inner.height)
        let sum = Double(Int32(bitPattern: inner.sum(in: integral.sums, at: origin, stride: integral.stride)))
        let squares = Double(inner.sum(in: integral.squares, at: origin, stride: integral.stride))
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

    /// The windows of one scale that pass, in reading order. After a window that the first stage turns down, its
    /// right neighbour is left out, as OpenCV does.
    package func passing(_ integral: IntegralImage, step: Int) -> [(x: Int, y: Int)] {
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

extension HaarCascade.WeightedRectangle {
    /// The sum of the upright rectangle's pixels, in a window that begins at `origin`.
    fileprivate func sum(in table: [UInt32], at origin: Int, stride: Int) -> UInt32 {
        let top = origin + y * stride + x
        let bottom = top + height * stride
        return table[top] &- table[top + width] &- table[bottom] &+ table[bottom + width]
    }

    /// The sum of the tilted rectangle's pixels.
    fileprivate func tiltedSum(in table: [UInt32], at origin: Int, stride: Int) -> UInt32 {
        let top = origin + y * stride + x
        let left = top + height * stride - height
        let right = top + width * stride + width
        return table[top] &- table[left] &- table[right] &+ table[right + height * stride - height]
    }
}

extension HaarCascade.Feature {
    fileprivate func value(in integral: IntegralImage, at origin: Int) -> Float {
        var value: Float = 0
        for rectangle in rectangles {
            let sum =
                tilted
                ? rectangle.tiltedSum(in: integral.tilted, at: origin, stride: integral.stride)
                : rectangle.sum(in: integral.sums, at: origin, stride: integral.stride)
            value += rectangle.weight * Float(Int32(bitPattern: sum))
        }
        return value
    }
}
