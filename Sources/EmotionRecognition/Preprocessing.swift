/// How a face's pixels become a network's input.
package enum Preprocessing: String, CaseIterable, Sendable {
    /// Scaled from 0…255 to [0, 1].
    case unit
    /// Less the image's own mean, divided by its own deviation.
    case standardized

    /// Fills `target` from as many grey levels, which may lie between whole ones.
    package func apply(_ pixels: Span<Float>, into target: inout MutableSpan<Float>) {
        precondition(target.count == pixels.count)
        switch self {
        case .unit:
            for index in pixels.indices { target[index] = pixels[index] * (1 / 255) }
        case .standardized:
            var sum = 0.0
            var squares = 0.0
            for index in pixels.indices {
                let value = Double(pixels[index])
                sum += value
                squares += value * value
            }
            let mean = sum / Double(pixels.count)
            let variance = max(0, squares / Double(pixels.count) - mean * mean)
            let scale = Float(1 / (variance.squareRoot() + 1))
            for index in pixels.indices { target[index] = (pixels[index] - Float(mean)) * scale }
        }
    }
}
