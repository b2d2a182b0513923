/// A matrix of weights as whole numbers from -127 to 127, times a step a column.
package struct WholeWeights {
    /// `[rows, columns]`.
    package private(set) var numbers: [Int8]
    /// What a unit of each column is worth: 1 where the column holds nothing.
    package private(set) var steps: [Float]
    /// The sum of each column's numbers.
    package private(set) var sums: [Int32]

    /// The largest whole number.
    private static let largest = 127.0

    /// Rounds `[rows, columns]` to the nearest, to the even one of two, in as fine steps as each column's largest allows.
    ///
    /// Row by row, as they lie in memory, and without a call a number, so that compilers take several at a time: a start
    /// of the program does it for millions.
    package init(_ values: [Double], columns: Int) {
        precondition(columns > 0 && values.count % columns == 0)
        let largest = Self.largest
        var most = [Double](repeating: 0, count: columns)
        numbers = [Int8](repeating: 0, count: values.count)
        steps = [Float](repeating: 1, count: columns)
        sums = [Int32](repeating: 0, count: columns)
        var divisors = [Double](repeating: .infinity, count: columns)
        values.withUnsafeBufferPointer { values in
            most.withUnsafeMutableBufferPointer { most in
                for start in stride(from: 0, to: values.count, by: columns) {
                    for column in 0..<columns {
                        let size = values[start + column].magnitude
                        most[column] = size > most[column] ? size : most[column]
                    }
                }
            }
        }
        for column in 0..<columns {
            let step = Float(most[column] / largest)
            // What is divided by infinity is nothing.
            if step > 0, step.isFinite { (steps[column], divisors[column]) = (step, Double(step)) }
        }
        values.withUnsafeBufferPointer { values in
            divisors.withUnsafeBufferPointer { divisors in
                numbers.withUnsafeMutableBufferPointer { numbers in
                    sums.withUnsafeMutableBufferPointer { sums in
                        for start in stride(from: 0, to: values.count, by: columns) {
                            for column in 0..<columns {
                                let number = Self.rounded(values[start + column] / divisors[column], largest)
                                numbers[start + column] = number
                                sums[column] &+= Int32(number)
                            }
                        }
                    }
                }
            }
        }
    }

    /// The nearest whole number from `-largest` to `largest`. What is added has no bits below 1, so that the sum's lowest
    /// byte is the number.
    @inline(__always)
    private static func rounded(_ value: Double, _ largest: Double) -> Int8 {
        let below = value < largest ? value : largest
        let clipped = below > -largest ? below : -largest
        return Int8(truncatingIfNeeded: (clipped + 0x1.8p52).bitPattern)
    }
}
