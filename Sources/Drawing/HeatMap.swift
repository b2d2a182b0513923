import Foundation

/// Where on a face its emotion is seen: a square of weights from 0 to 1 over its box, row by row.
package struct HeatMap: Hashable, Sendable {
    /// Weights along a side.
    package let side: Int
    /// `side * side` weights.
    package let weights: [Float]

    /// Asks for the weight of each place; `across` and `down` run from 0 to 1.
    package init(side: Int = 48, _ weight: (_ across: Double, _ down: Double) -> Float) {
        let side = max(1, min(256, side))
        self.side = side
        weights = (0..<side * side).map { index in
            let value = weight(
                (Double(index % side) + 0.5) / Double(side), (Double(index / side) + 0.5) / Double(side))
            return value.isFinite ? max(0, min(1, value)) : 0
        }
    }

    /// Yellow where it matters a little, red where it matters most; so thin that the face stays visible below.
    static func color(_ weight: Float) -> Color {
        Color(red: 255, green: UInt8(max(0, min(255, 210 * (1 - weight)))), blue: 0, opacity: 0.45 * weight)
    }
}
